// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/norm_rope_cache/eight_values.cuh"

#include <cstdint>

// RMS norm with weight:
//   y[t, :] = x[t, :] / sqrt(mean(x[t, :]^2) + eps) * weight    x, y [T, dim]
//
// Memory. Rows of x stand x_stride elements apart, y is contiguous. Work. A block a token; a thread
// holds eight neighbouring values (rms_norm_kernel), or the threads walk over the row twice where
// sizes or addresses do not allow that (rms_norm_any_kernel). Weights are constant and are read
// before the predecessor's end. Synchronisation. One barrier: the sum of squares, whose order is
// fixed. Limits. Latency: a row is read once and is a few KB.
namespace dscope::norm_rope_cache {

inline constexpr int kMostThreads = 1024;
inline constexpr int kAnyThreads = 256;

template <class In>
struct RmsNormArgs {
  const In* x;
  std::int64_t x_stride;
  WeightVector weight;
  bf16_t* y;
  int dim;
  float eps;
};

template <class In>
__global__ __launch_bounds__(kMostThreads) void rms_norm_kernel(
    const __grid_constant__ RmsNormArgs<In> args) {
  __shared__ float scratch[kMostThreads / 32];
  const int i = static_cast<int>(threadIdx.x) * kEight;
  const std::int64_t token = blockIdx.x;
  const bool here = i < args.dim;
  float weight[kEight] = {};
  if (here) load_eight(weight, args.weight, i);
  device::wait_for_previous();
  device::allow_next();
  float x[kEight] = {};
  if (here) load_eight(x, args.x + token * args.x_stride + i);
  const float scale =
      inverse_rms(device::block_sum(sum_of_squares(x), scratch), args.dim, args.eps);
#pragma unroll
  for (int k = 0; k < kEight; ++k) x[k] *= scale * weight[k];
  if (here) store_eight(args.y + token * args.dim + i, x);
}

template <class In>
__global__ __launch_bounds__(kAnyThreads) void rms_norm_any_kernel(
    const __grid_constant__ RmsNormArgs<In> args) {
  __shared__ float scratch[kAnyThreads / 32];
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t token = blockIdx.x;
  const In* x = args.x + token * args.x_stride;
  const int first = static_cast<int>(threadIdx.x);
  float squares = 0;
  for (int i = first; i < args.dim; i += kAnyThreads) {
    const float v = device::to_float(x[i]);
    squares += v * v;
  }
  const float scale = inverse_rms(device::block_sum(squares, scratch), args.dim, args.eps);
  for (int i = first; i < args.dim; i += kAnyThreads) {
    args.y[token * args.dim + i] =
        device::from_float<bf16_t>(device::to_float(x[i]) * (scale * device::read(args.weight, i)));
  }
}

}  // namespace dscope::norm_rope_cache
