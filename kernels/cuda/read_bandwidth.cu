// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/device.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/median_gbps.h"
#include "kernels/cuda/read_bandwidth.h"
#include "kernels/device/memory.cuh"

#include <algorithm>

namespace dscope {
namespace {

constexpr int kThreads = 512;
constexpr int kLoads = 8;  // 16-byte loads of a thread in flight

// Grid-stride over 16-byte words, kLoads at a time, `rounds` times. The sum is written only if it
// is a value that zeroed memory cannot give, which the compiler does not know.
template <bool kFromL2>
__global__ void __launch_bounds__(kThreads)
    read_kernel(const uint4* data, std::int64_t words, int rounds, std::uint32_t* sink) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  std::uint32_t any = 0;
  for (int round = 0; round < rounds; ++round) {
    for (std::int64_t i = first; i + (kLoads - 1) * stride < words; i += kLoads * stride) {
      uint4 v[kLoads];
#pragma unroll
      for (int k = 0; k < kLoads; ++k) {
        const uint4* const word = data + i + k * stride;
        v[k] = kFromL2 ? __ldcg(word) : device::load_streaming(word);
      }
#pragma unroll
      for (int k = 0; k < kLoads; ++k) any |= v[k].x | v[k].y | v[k].z | v[k].w;
    }
  }
  if (any != 0) *sink = any;
}

// Of passes over `bytes`, rounded down to what all threads read in whole steps.
template <bool kFromL2>
double read_gbps(std::int64_t bytes, int rounds, const DeviceLimits& limits) {
  const dim3 grid(static_cast<unsigned>(4 * limits.sms));
  const std::int64_t step = std::int64_t{16} * kLoads * kThreads * grid.x;
  bytes = std::max<std::int64_t>(1, bytes / step) * step;
  const DeviceBuffer data(bytes, "a bandwidth measurement");
  fill_device(data.data(), 0, bytes);
  const DeviceArray<std::uint32_t> sink(1);
  return median_gbps(bytes * rounds, [&](Stream stream) {
    read_kernel<kFromL2><<<grid, kThreads, 0, stream>>>(reinterpret_cast<const uint4*>(data.data()),
                                                        bytes / 16, rounds, sink.data());
    DSCOPE_CUDA_CHECK(cudaGetLastError());
  });
}

}  // namespace

double measure_device_read_gbps() {
  const CudaDevice device = current_device();
  const std::int64_t bytes =
      std::clamp<std::int64_t>(16 * device.limits.l2_bytes, 256ll << 20, device.free_bytes / 2);
  return read_gbps<false>(bytes, 1, device.limits);
}

double measure_l2_read_gbps() {
  const DeviceLimits limits = current_device().limits;
  constexpr int kRounds = 64;
  return read_gbps<true>(limits.l2_bytes / 4, kRounds, limits);
}

}  // namespace dscope
