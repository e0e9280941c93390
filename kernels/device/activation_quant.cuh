// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/reduce.cuh"
#include "workloads/dtypes.h"

#include <cstdint>

// fake_quantise_activations (kernels/common/activation_quant.h) on the device, to the same bits.
namespace dscope::device {

// The power-of-two scale of a group whose largest magnitude is `largest`: its E8M0 byte.
__device__ __forceinline__ std::uint32_t activation_scale_byte(float largest) {
  return e8m0_ceil(__fdiv_rn(fmaxf(largest, 1e-4f), kE4m3Max));
}

// x rounded to FP8 and back. Dividing by a power of two is multiplying by its inverse, exactly.
__device__ __forceinline__ float fake_quantise(float x, std::uint32_t scale_byte) {
  const float inverse = e8m0_to_float(static_cast<std::uint8_t>(254 - scale_byte));
  const float scale = e8m0_to_float(static_cast<std::uint8_t>(scale_byte));
  return e4m3_to_float(e4m3_from_float(x * inverse)) * scale;
}

// A group of 128 values held by 16 neighbouring lanes, 8 BF16 values each; every lane of the warp
// takes part. Values of an FP8 group are exact in BF16.
__device__ __forceinline__ uint4 fake_quantise_group(uint4 v) {
  std::uint32_t words[4] = {v.x, v.y, v.z, v.w};
  float largest = 0;
#pragma unroll
  for (const std::uint32_t word : words) {
    largest = fmaxf(largest, fmaxf(fabsf(low_bf16(word)), fabsf(high_bf16(word))));
  }
  const std::uint32_t scale = activation_scale_byte(warp_max<16>(largest));
#pragma unroll
  for (std::uint32_t& word : words) {
    word = pack_bf16(fake_quantise(low_bf16(word), scale), fake_quantise(high_bf16(word), scale));
  }
  return {words[0], words[1], words[2], words[3]};
}

}  // namespace dscope::device
