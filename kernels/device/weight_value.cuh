// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "workloads/weight_matrix.h"

#include <cstdint>

namespace dscope::device {

// E2M1 without a table: a table would lie in memory.
__device__ __forceinline__ float e2m1_value(std::uint32_t code) {
  const std::uint32_t exponent = (code >> 1) & 3;
  const std::uint32_t mantissa = code & 1;
  const std::uint32_t bits = exponent == 0 ? mantissa * 0x3f000000u  // 0 or 0.5
                                           : (exponent + 126) << 23 | mantissa << 22;
  return __uint_as_float((code & 8) << 28 | bits);
}

// Element (row, col) of a matrix in any format, as decode_row gives it. For the kernels that take
// what the fast ones do not; every element is decoded on its own.
__device__ __forceinline__ float weight_value(const WeightMatrix& m, std::int64_t row,
                                              std::int64_t col) {
  const std::byte* data = m.data + row * m.row_bytes;
  switch (m.format) {
    case WeightFormat::kF32:
      return reinterpret_cast<const float*>(data)[col];
    case WeightFormat::kF16:
      return __half2float(reinterpret_cast<const __half*>(data)[col]);
    case WeightFormat::kBf16:
      return device::to_float(reinterpret_cast<const bf16_t*>(data)[col]);
    case WeightFormat::kFp8: {
      const std::uint8_t scale = m.scales[(m.row_origin + row) / kFp8Block * m.scale_row_bytes +
                                          (m.col_origin + col) / kFp8Block];
      return e4m3_to_float(static_cast<std::uint8_t>(data[col])) * e8m0_to_float(scale);
    }
    case WeightFormat::kMxfp4: {
      const std::uint8_t scale =
          m.scales[(m.row_origin + row) * m.scale_row_bytes + (m.col_origin + col) / kMxfp4Group];
      const auto pair = static_cast<std::uint32_t>(data[col / 2]);
      return e2m1_value(col % 2 == 0 ? pair & 0xf : pair >> 4) * e8m0_to_float(scale);
    }
  }
  return 0;
}

}  // namespace dscope::device
