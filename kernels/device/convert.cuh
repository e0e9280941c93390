// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/dtypes.h"
#include "workloads/weight_matrix.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

// Number formats on the device. The encoders of workloads/dtypes.h are constexpr and are used as
// they are, so that CPU and GPU round alike to the bit.
namespace dscope::device {

__device__ __forceinline__ float to_float(bf16_t value) {
  return __uint_as_float(static_cast<std::uint32_t>(value.bits) << 16);
}
__device__ __forceinline__ float to_float(float value) {
  return value;
}

template <class T>
__device__ __forceinline__ T from_float(float value);
template <>
__device__ __forceinline__ float from_float<float>(float value) {
  return value;
}
template <>
__device__ __forceinline__ bf16_t from_float<bf16_t>(float value) {
  return {__bfloat16_as_ushort(__float2bfloat16_rn(value))};
}

// Two neighbours in one word, the first in the low half.
__device__ __forceinline__ std::uint32_t pack_bf16(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return reinterpret_cast<const std::uint32_t&>(pair);
}
__device__ __forceinline__ float low_bf16(std::uint32_t pair) {
  return __uint_as_float(pair << 16);
}
__device__ __forceinline__ float high_bf16(std::uint32_t pair) {
  return __uint_as_float(pair & 0xffff0000u);
}

// Element i of a norm weight, bias or sink.
__device__ __forceinline__ float read(const WeightVector& v, std::int64_t i) {
  switch (v.format) {
    case WeightFormat::kF32:
      return reinterpret_cast<const float*>(v.data)[i];
    case WeightFormat::kF16:
      return __half2float(reinterpret_cast<const __half*>(v.data)[i]);
    default:
      return to_float(reinterpret_cast<const bf16_t*>(v.data)[i]);
  }
}

}  // namespace dscope::device
