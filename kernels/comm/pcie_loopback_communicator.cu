// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// A one-shot all-reduce through host memory, as boxes without peer access between their GPUs run
// it: every rank writes its values to pinned host memory, then reads all the others'. Here the
// others are buffers that nobody writes, so the PCIe traffic of one rank is real and its partners'
// arrival is not: the time is emulated.
//
// Mapping: 16 bytes a thread, grid-stride. The kernel reads and writes host memory directly, past
// the caches, which is how such all-reduces avoid the latency of separate copies. All reads of a
// thread are in flight at once.
// Limits: PCIe latency (one write, one read) for small sizes, PCIe read bandwidth for large ones.
#include "kernels/comm/device_communicator.h"
#include "kernels/comm/rank_sum.cuh"
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/device/dependent_launch.cuh"

#include <algorithm>
#include <cstring>

namespace dscope {
namespace {

constexpr int kThreads = 256;
using device::kRankSumVector;
constexpr int kMaxRanks = 16;  // of one box

// 16 bytes of host memory that another device may write: never from a cache.
__device__ uint4 load_system(const bf16_t* host) {
  uint4 v;
  asm volatile("ld.relaxed.sys.global.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(host)
               : "memory");
  return v;
}
__device__ void store_system(bf16_t* host, const uint4& v) {
  asm volatile("st.relaxed.sys.global.v4.u32 [%0], {%1,%2,%3,%4};" ::"l"(host), "r"(v.x), "r"(v.y),
               "r"(v.z), "r"(v.w)
               : "memory");
}

// `shared` [size, capacity] in host memory; this rank's row is written, the others' are read. Added
// in the order of ranks.
__global__ void one_shot_all_reduce_kernel(bf16_t* values, std::int64_t count, bf16_t* shared,
                                           std::int64_t capacity, int size, int rank) {
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x * kRankSumVector;
  const std::int64_t first =
      (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * kRankSumVector;
  for (std::int64_t i = first; i < count; i += step) {
    const uint4 own = *reinterpret_cast<const uint4*>(values + i);
    store_system(shared + rank * capacity + i, own);
    uint4 parts[kMaxRanks];
#pragma unroll
    for (int r = 0; r < kMaxRanks; ++r) {
      if (r < size && r != rank) parts[r] = load_system(shared + r * capacity + i);
    }
    float sum[kRankSumVector] = {};
#pragma unroll
    for (int r = 0; r < kMaxRanks; ++r) {
      if (r < size) device::add_eight(sum, r == rank ? own : parts[r]);
    }
    *reinterpret_cast<uint4*>(values + i) = device::round_eight(sum);
  }
}

class PcieLoopbackCommunicator final : public DeviceCommunicator {
 public:
  PcieLoopbackCommunicator(int size, int rank, std::int64_t max_count)
      : capacity_((max_count + kRankSumVector - 1) / kRankSumVector * kRankSumVector),
        shared_(size * capacity_ * 2),
        gather_(make_device_shard_communicator(size, rank)) {
    std::memset(shared_.data(), 0, static_cast<std::size_t>(size * capacity_ * 2));
  }
  [[nodiscard]] std::string_view name() const override { return "pcie_loopback"; }
  [[nodiscard]] int size() const override { return gather_->size(); }
  [[nodiscard]] int rank() const override { return gather_->rank(); }
  [[nodiscard]] bool emulated() const override { return true; }

  using DeviceCommunicator::all_reduce_sum;
  void all_reduce_sum(bf16_t* values, std::int64_t count, Stream stream) override {
    DSCOPE_REQUIRE(count <= capacity_ && count % kRankSumVector == 0,
                   "all-reduce of {} values: expected a multiple of {} up to {}", count,
                   kRankSumVector, capacity_);
    const std::int64_t blocks =
        std::min<std::int64_t>(64, (count / kRankSumVector + kThreads - 1) / kThreads);
    launch(one_shot_all_reduce_kernel, {dim3(static_cast<unsigned>(blocks)), dim3(kThreads)},
           stream, values, count, reinterpret_cast<bf16_t*>(shared_.data()), capacity_, size(),
           rank());
  }
  // Once a step and small beside the others; its transfer is left out.
  void all_gather(const float* in, std::int64_t count, float* out, Stream stream) override {
    gather_->all_gather(in, count, out, stream);
  }

 private:
  std::int64_t capacity_;  // values of a rank
  PinnedBuffer shared_;    // [size, capacity]
  std::unique_ptr<DeviceCommunicator> gather_;
};

}  // namespace

std::unique_ptr<DeviceCommunicator> make_pcie_loopback_communicator(int size, int rank,
                                                                    std::int64_t max_count) {
  DSCOPE_REQUIRE(size >= 1 && size <= kMaxRanks && rank >= 0 && rank < size,
                 "rank {} of {}: expected up to {} ranks", rank, size, kMaxRanks);
  return std::make_unique<PcieLoopbackCommunicator>(size, rank, max_count);
}

}  // namespace dscope
