// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/device.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/memory_latency.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace dscope {
namespace {

constexpr std::int64_t kLineBytes = 128;
constexpr int kThreads = 256;
constexpr int kSteps = 16 * 1024;

// Line i begins with the index of the line after it: a linear congruence of full period, since
// `lines` is a power of two, the factor 1 modulo 4 and the increment odd.
__device__ std::uint32_t next_line(std::uint32_t line, std::uint32_t lines) {
  return (line * 2'891'336'453u + 747'796'405u) % lines;
}

__global__ void __launch_bounds__(kThreads)
    chain_kernel(std::uint32_t* words, std::uint32_t lines) {
  const std::uint32_t line = blockIdx.x * kThreads + threadIdx.x;
  if (line < lines) words[line * (kLineBytes / sizeof(std::uint32_t))] = next_line(line, lines);
}

// __ldcg: not out of L1. The last index is written so that the chain is not optimised away.
__global__ void follow_kernel(const std::uint32_t* words, int steps, std::uint32_t* last) {
  std::uint32_t line = 0;
  for (int i = 0; i < steps; ++i) {
    line = __ldcg(words + line * static_cast<std::int64_t>(kLineBytes / sizeof(std::uint32_t)));
  }
  *last = line;
}

// A chain through the largest power of two of lines that `bytes` hold.
class Chain {
 public:
  explicit Chain(std::int64_t bytes)
      : lines_(std::bit_floor(static_cast<std::uint32_t>(bytes / kLineBytes))),
        words_(lines_ * (kLineBytes / static_cast<std::int64_t>(sizeof(std::uint32_t))),
               "a latency measurement"),
        last_(1) {
    chain_kernel<<<(lines_ + kThreads - 1) / kThreads, kThreads, 0, stream_.get()>>>(words_.data(),
                                                                                     lines_);
    DSCOPE_CUDA_CHECK(cudaGetLastError());
    stream_.synchronise();
  }

  [[nodiscard]] int lines() const { return static_cast<int>(lines_); }

  // ns a step.
  double follow(int steps) {
    timer_.start(stream_.get());
    follow_kernel<<<1, 1, 0, stream_.get()>>>(words_.data(), steps, last_.data());
    DSCOPE_CUDA_CHECK(cudaGetLastError());
    timer_.stop(stream_.get());
    return timer_.elapsed_ns() / steps;
  }

 private:
  std::uint32_t lines_;
  CudaStream stream_;
  CudaTimer timer_;
  DeviceArray<std::uint32_t> words_;
  DeviceArray<std::uint32_t> last_;
};

}  // namespace

MemoryLatency measure_memory_latency() {
  const CudaDevice device = current_device();
  const std::int64_t l2 = std::max<std::int64_t>(device.limits.l2_bytes, 4 << 20);
  MemoryLatency latency;
  {
    // Every line once, then again: a small part of L2, but more than the SM could keep.
    Chain chain(l2 / 8);
    chain.follow(chain.lines());
    latency.l2_ns = chain.follow(kSteps);
  }
  // Lines are written in order and L2 keeps the last of them: what follows pushes them out.
  Chain chain(4 * l2);
  const DeviceBuffer other(2 * l2, "a latency measurement");
  fill_device(other.data(), 0, other.bytes());
  latency.dram_ns = chain.follow(kSteps);
  return latency;
}

}  // namespace dscope
