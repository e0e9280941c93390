// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// y[t, g, n] = sum_k x[t, g, k] * w[g, n, k] for any weight format, any K and any alignment: for
// the formats and odd shapes of small checkpoints that linear.cuh does not take.
//
//   x  [T, G, K]   BF16, tokens x_stride apart
//   w  [G, N, K]   any WeightFormat
//   y  [T, G, N]   BF16 or float32, tokens y_stride apart
//
// Grid: x: 8 rows of w a block, one for each of its warps; y: passes of 4 tokens. A warp goes along
// its row 128 values at a time, lane l at k = l, l + 32, l + 64, l + 96 of them: the values that an
// FP8 activation group shares a scale with are those the warp holds at one time. No shared memory
// and no barriers. Limited by instructions: every weight is decoded on its own.

#include "kernels/device/activation_quant.cuh"
#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/device/weight_value.cuh"
#include "workloads/weight_matrix.h"

#include <cstdint>

namespace dscope::linear {

struct PlainArgs {
  const bf16_t* x = nullptr;
  std::int64_t x_stride = 0;
  int tokens = 0;
  int group_rows = 0;  // N
  WeightMatrix weight;
  void* y = nullptr;
  std::int64_t y_stride = 0;
  bool quantise = false;
  bool float_out = false;
};

inline constexpr int kPlainWarps = 8;
inline constexpr int kPlainTokens = 4;
inline constexpr int kLaneValues = static_cast<int>(kActivationGroup) / 32;

// This lane's part of 128 inputs from k on; zeros behind the end.
__device__ __forceinline__ void load_inputs(const bf16_t* x, int cols, int k, bool quantise,
                                            float (&values)[kLaneValues]) {
  float largest = 0;
#pragma unroll
  for (int i = 0; i < kLaneValues; ++i) {
    const int at = k + 32 * i;
    values[i] = at < cols ? device::to_float(x[at]) : 0.0f;
    largest = fmaxf(largest, fabsf(values[i]));
  }
  if (!quantise) return;
  const std::uint32_t scale = device::activation_scale_byte(device::warp_max(largest));
#pragma unroll
  for (float& value : values) value = device::fake_quantise(value, scale);
}

__global__ void __launch_bounds__(32 * kPlainWarps)
    linear_plain_kernel(const __grid_constant__ PlainArgs args) {
  device::wait_for_previous();
  device::allow_next();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const std::int64_t row = std::int64_t{blockIdx.x} * kPlainWarps + threadIdx.x / 32;
  if (row >= args.weight.rows) return;
  const int cols = static_cast<int>(args.weight.cols);
  const int first_token = static_cast<int>(blockIdx.y) * kPlainTokens;
  const bf16_t* x = args.x + row / args.group_rows * cols;
  float sums[kPlainTokens] = {};
  for (int base = 0; base < cols; base += static_cast<int>(kActivationGroup)) {
    float weights[kLaneValues];
#pragma unroll
    for (int i = 0; i < kLaneValues; ++i) {
      const int at = base + lane + 32 * i;
      weights[i] = at < cols ? device::weight_value(args.weight, row, at) : 0.0f;
    }
#pragma unroll
    for (int t = 0; t < kPlainTokens; ++t) {
      if (first_token + t >= args.tokens) break;
      float inputs[kLaneValues];
      load_inputs(x + (first_token + t) * args.x_stride, cols, base + lane, args.quantise, inputs);
#pragma unroll
      for (int i = 0; i < kLaneValues; ++i) sums[t] += weights[i] * inputs[i];
    }
  }
#pragma unroll
  for (int t = 0; t < kPlainTokens; ++t) {
    if (first_token + t >= args.tokens) break;
    const float sum = device::warp_sum(sums[t]);
    const std::int64_t at = (first_token + t) * args.y_stride + row;
    if (lane != 0) continue;
    if (args.float_out) {
      static_cast<float*>(args.y)[at] = sum;
    } else {
      static_cast<bf16_t*>(args.y)[at] = device::from_float<bf16_t>(sum);
    }
  }
}

}  // namespace dscope::linear
