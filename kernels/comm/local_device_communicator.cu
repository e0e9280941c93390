// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/comm/device_communicator.h"
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/device/dependent_launch.cuh"

#include <algorithm>

namespace dscope {
namespace {

constexpr int kThreads = 256;

// out[r, i] = in[i] for this rank, -infinity for the others.
__global__ void shard_gather_kernel(const float* in, std::int64_t count, int size, int rank,
                                    float* out) {
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
       i < size * count; i += step) {
    out[i] = i / count == rank ? in[i % count] : -INFINITY;
  }
}

class ShardCommunicator final : public DeviceCommunicator {
 public:
  ShardCommunicator(int size, int rank) : size_(size), rank_(rank) {}
  [[nodiscard]] std::string_view name() const override { return size_ == 1 ? "single" : "none"; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] int rank() const override { return rank_; }
  using DeviceCommunicator::all_reduce_sum;
  void all_reduce_sum(bf16_t*, std::int64_t, Stream) override {}

  void all_gather(const float* in, std::int64_t count, float* out, Stream stream) override {
    const std::int64_t blocks = std::min<std::int64_t>(1024, (size_ * count - 1) / kThreads + 1);
    launch(shard_gather_kernel, {dim3(static_cast<unsigned>(blocks)), dim3(kThreads)}, stream, in,
           count, size_, rank_, out);
  }

 private:
  int size_;
  int rank_;
};

}  // namespace

std::unique_ptr<DeviceCommunicator> make_device_shard_communicator(int size, int rank) {
  DSCOPE_REQUIRE(size >= 1 && rank >= 0 && rank < size, "rank {} of {}", rank, size);
  return std::make_unique<ShardCommunicator>(size, rank);
}

}  // namespace dscope
