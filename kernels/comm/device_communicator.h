// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/comm/communicator.h"
#include "kernels/comm/rank_sum.h"
#include "kernels/cuda/stream.h"
#include "workloads/base/error.h"
#include "workloads/dtypes.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace dscope {

// The collectives of a decode step on GPU memory. Every rank enqueues the same operations in the
// same order; nothing waits on the host, and all of it can be captured in a graph.
class DeviceCommunicator {
 public:
  virtual ~DeviceCommunicator() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  [[nodiscard]] virtual int rank() const = 0;
  // True where ranks stand in for others that do not exist: the time is real, the sums are not.
  [[nodiscard]] virtual bool emulated() const { return false; }

  // In place over `count` values.
  virtual void all_reduce_sum(bf16_t* values, std::int64_t count, Stream stream) = 0;
  // Whether the parts of a sum of so many values are better handed over in float32: small sums,
  // whose time is latency, are then rounded once instead of once a rank and once more.
  [[nodiscard]] virtual bool takes_float32(std::int64_t /*count*/) const { return false; }
  // out = the sum of the ranks' `parts`, each [count] in device memory, rounded once. Only where
  // takes_float32(count).
  virtual void all_reduce_sum(const float* /*parts*/, std::int64_t /*count*/, bf16_t* /*out*/,
                              Stream /*stream*/) {
    DSCOPE_REQUIRE(false, "{} takes no float32 parts", name());
  }
  // out [size, count] = the ranks' `in` [count], one behind the other.
  virtual void all_gather(const float* in, std::int64_t count, float* out, Stream stream) = 0;
};

// One rank of `size` without the others: sums stay partial, gathered parts of other ranks are
// -infinity (see make_shard_communicator).
[[nodiscard]] std::unique_ptr<DeviceCommunicator> make_device_shard_communicator(int size,
                                                                                 int rank);

// One rank of `size` whose others are emulated by buffers in pinned host memory: an all-reduce
// writes this rank's values to the host and reads those of size - 1 others back over the real PCIe
// link, as a one-shot all-reduce through host memory does: per rank, N - 1 times the BF16 vector,
// whatever its size. Their values are zero.
// `max_count`: the largest all-reduce.
[[nodiscard]] std::unique_ptr<DeviceCommunicator> make_pcie_loopback_communicator(
    int size, int rank, std::int64_t max_count);

// NCCL among the ranks of `bootstrap`, each with a GPU of its own (or, for tests, processes with
// different NCCL_HOSTID on one). Sums whose gathered parts are at most
// kGatheredAllReduceBytes (rank_sum.h) are an ncclAllGather and one kernel that adds the parts in
// float32, in the order of the ranks, and rounds once: the same bits on every rank. Float32 parts
// where those fit, else BF16 ones. Larger sums are ncclAllReduce, whose partial sums are rounded to
// BF16 at every hop. libnccl.so.2 is looked up when this is called. Throws
// Error{kUnavailable} where it is not there. `gathered_bytes` replaces kGatheredAllReduceBytes: 0
// leaves every sum to ncclAllReduce.
[[nodiscard]] std::unique_ptr<DeviceCommunicator> make_nccl_communicator(
    Communicator& bootstrap, std::int64_t gathered_bytes = kGatheredAllReduceBytes);

}  // namespace dscope
