// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "workloads/dtypes.h"
#include "workloads/weight_matrix.h"

#include <cstdint>

// Eight neighbouring values in registers, read and written with 128-bit accesses.
namespace dscope::norm_rope_cache {

inline constexpr int kEight = 8;

__device__ __forceinline__ void unpack_eight(float (&v)[kEight], uint4 words) {
  v[0] = device::low_bf16(words.x), v[1] = device::high_bf16(words.x);
  v[2] = device::low_bf16(words.y), v[3] = device::high_bf16(words.y);
  v[4] = device::low_bf16(words.z), v[5] = device::high_bf16(words.z);
  v[6] = device::low_bf16(words.w), v[7] = device::high_bf16(words.w);
}

__device__ __forceinline__ void load_eight(float (&v)[kEight], const bf16_t* from) {
  unpack_eight(v, *reinterpret_cast<const uint4*>(from));
}
__device__ __forceinline__ void load_eight(float (&v)[kEight], const float* from) {
  const float4 low = *reinterpret_cast<const float4*>(from);
  const float4 high = *reinterpret_cast<const float4*>(from + 4);
  v[0] = low.x, v[1] = low.y, v[2] = low.z, v[3] = low.w;
  v[4] = high.x, v[5] = high.y, v[6] = high.z, v[7] = high.w;
}

// Values i .. i + 7 of a weight vector that begins at 16 bytes.
__device__ __forceinline__ void load_eight(float (&v)[kEight], const WeightVector& weight, int i) {
  if (weight.format == WeightFormat::kBf16) {
    load_eight(v, reinterpret_cast<const bf16_t*>(weight.data) + i);
  } else if (weight.format == WeightFormat::kF32) {
    load_eight(v, reinterpret_cast<const float*>(weight.data) + i);
  } else {
#pragma unroll
    for (int k = 0; k < kEight; ++k) v[k] = device::read(weight, i + k);
  }
}

__device__ __forceinline__ void store_eight(bf16_t* to, const float (&v)[kEight]) {
  *reinterpret_cast<uint4*>(to) = {device::pack_bf16(v[0], v[1]), device::pack_bf16(v[2], v[3]),
                                   device::pack_bf16(v[4], v[5]), device::pack_bf16(v[6], v[7])};
}

__device__ __forceinline__ float sum_of_squares(const float (&v)[kEight]) {
  float sum = 0;
#pragma unroll
  for (int k = 0; k < kEight; ++k) sum += v[k] * v[k];
  return sum;
}

// 1 / sqrt(mean of n squares + eps).
__device__ __forceinline__ float inverse_rms(float squares, int n, float eps) {
  return 1.0f / sqrtf(squares / static_cast<float>(n) + eps);
}

}  // namespace dscope::norm_rope_cache
