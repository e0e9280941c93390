// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dscope::device {

inline constexpr unsigned kAllLanes = 0xffffffffu;

template <int Lanes = 32>
__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
  for (int offset = Lanes / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, offset);
  }
  return value;
}

template <int Lanes = 32>
__device__ __forceinline__ float warp_max(float value) {
#pragma unroll
  for (int offset = Lanes / 2; offset > 0; offset /= 2) {
    value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, offset));
  }
  return value;
}

// Sum over the block, known to every thread; the order is fixed, so results repeat to the bit.
// `scratch` holds one float a warp and may be used again after the next __syncthreads().
__device__ __forceinline__ float block_sum(float value, float* scratch) {
  const int warps = static_cast<int>((blockDim.x + 31) / 32);
  const int lane = static_cast<int>(threadIdx.x % 32);
  value = warp_sum(value);
  if (lane == 0) scratch[threadIdx.x / 32] = value;
  __syncthreads();
  return warp_sum(lane < warps ? scratch[lane] : 0.0f);
}

}  // namespace dscope::device
