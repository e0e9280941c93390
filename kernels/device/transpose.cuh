// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dscope::device {

// Transposes an 8x8 matrix of 16-bit values held by a warp: lane l gives the neighbours
// M[l / 4][2 (l % 4), + 1] and gets M[2 (l % 4), + 1][l / 4]. So the B operand of one product
// (keys, reduced along their values) becomes that of another (values, reduced along the keys).
__device__ __forceinline__ std::uint32_t transpose_matrix(std::uint32_t pair) {
  std::uint32_t transposed;
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(transposed) : "r"(pair));
  return transposed;
}

}  // namespace dscope::device
