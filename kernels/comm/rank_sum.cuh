// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"

#include <cstdint>

namespace dscope::device {

inline constexpr int kRankSumVector = 8;  // BF16 values in 16 bytes

__device__ __forceinline__ void add_eight(float (&sum)[kRankSumVector], const uint4& v) {
  const std::uint32_t words[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
  for (int w = 0; w < 4; ++w) {
    sum[2 * w] += low_bf16(words[w]);
    sum[2 * w + 1] += high_bf16(words[w]);
  }
}

__device__ __forceinline__ uint4 round_eight(const float (&sum)[kRankSumVector]) {
  return {pack_bf16(sum[0], sum[1]), pack_bf16(sum[2], sum[3]), pack_bf16(sum[4], sum[5]),
          pack_bf16(sum[6], sum[7])};
}

}  // namespace dscope::device
