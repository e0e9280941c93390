// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/comm/collective_times.h"

#include "kernels/comm/device_communicator.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/graph.h"
#include "workloads/base/error.h"

#include <algorithm>

namespace dscope {
namespace {

constexpr std::int64_t kSmallest = 8 * 1024;
constexpr std::int64_t kLargest = 1024 * 1024;
constexpr std::int64_t kCalls = 50;  // of a replay
constexpr int kReplays = 15;

// Every rank adds its number plus one, which BF16 holds exactly for any sensible number of ranks.
void check_sum(DeviceCommunicator& comm, std::int64_t count) {
  const auto own = bf16_from_float(static_cast<float>(comm.rank() + 1));
  const DeviceArray<bf16_t> values(std::vector<bf16_t>(static_cast<std::size_t>(count), own));
  const CudaStream stream;
  comm.all_reduce_sum(values.data(), count, stream.get());
  stream.synchronise();
  const float want = static_cast<float>(comm.size()) * static_cast<float>(comm.size() + 1) / 2;
  for (const bf16_t value : values.to_host()) {
    DSCOPE_REQUIRE(bf16_to_float(value) == want, "an all-reduce over {} ranks gave {}, not {}",
                   comm.size(), bf16_to_float(value), want);
  }
}

double median_ns(DeviceCommunicator& comm, std::int64_t count) {
  const DeviceArray<bf16_t> values(std::vector<bf16_t>(static_cast<std::size_t>(count)));
  const CudaGraph graph([&](Stream stream) {
    for (std::int64_t call = 0; call < kCalls; ++call) {
      comm.all_reduce_sum(values.data(), count, stream);
    }
  });
  const CudaStream stream;
  CudaTimer timer;
  std::vector<double> times;
  for (int replay = 0; replay <= kReplays; ++replay) {
    timer.start(stream.get());
    graph.launch(stream.get());
    timer.stop(stream.get());
    const double ns = timer.elapsed_ns() / static_cast<double>(kCalls);
    if (replay > 0) times.push_back(ns);  // the first uploads the graph
  }
  std::nth_element(times.begin(), times.begin() + kReplays / 2, times.end());
  return times[kReplays / 2];
}

double slowest(Communicator& bootstrap, double ns) {
  const auto own = static_cast<float>(ns);
  std::vector<float> all(static_cast<std::size_t>(bootstrap.size()));
  bootstrap.all_gather(std::span(&own, 1), all);
  return *std::max_element(all.begin(), all.end());
}

}  // namespace

std::vector<AllReduceTime> measure_all_reduce(Communicator& bootstrap) {
  const auto ring = make_nccl_communicator(bootstrap, 0);
  const auto gathered = make_nccl_communicator(bootstrap, bootstrap.size() * kLargest);
  std::vector<AllReduceTime> times;
  for (std::int64_t bytes = kSmallest; bytes <= kLargest; bytes *= 2) {
    for (const auto& [name, comm] :
         {std::pair{"ncclAllReduce", ring.get()}, std::pair{"gather+sum", gathered.get()}}) {
      check_sum(*comm, bytes / 2);
      times.push_back({name, bytes, slowest(bootstrap, median_ns(*comm, bytes / 2))});
    }
  }
  return times;
}

}  // namespace dscope
