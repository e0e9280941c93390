// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/reduce.cuh"

namespace dscope::device {

// Walsh-Hadamard transform of 32 * Values numbers spread over a warp, orthonormal: lane l holds
// numbers l * Values .. l * Values + Values - 1. The same additions in the same order as
// kernels/common/hadamard.h, so equal inputs give equal bits.
template <int Values>
__device__ __forceinline__ void warp_hadamard(float (&x)[Values]) {
#pragma unroll
  for (int half = 1; half < Values; half *= 2) {
#pragma unroll
    for (int i = 0; i < Values; ++i) {
      if ((i & half) != 0) continue;
      const float a = x[i];
      const float b = x[i + half];
      x[i] = a + b;
      x[i + half] = a - b;
    }
  }
  const int lane = static_cast<int>(threadIdx.x % 32);
#pragma unroll
  for (int half = 1; half < 32; half *= 2) {
#pragma unroll
    for (int i = 0; i < Values; ++i) {
      const float other = __shfl_xor_sync(kAllLanes, x[i], half);
      x[i] = (lane & half) != 0 ? other - x[i] : x[i] + other;
    }
  }
  const float scale = 1.0f / sqrtf(32.0f * Values);
#pragma unroll
  for (int i = 0; i < Values; ++i) x[i] *= scale;
}

}  // namespace dscope::device
