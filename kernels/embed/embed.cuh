// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// out[t, :] = table[ids[t] - vocab.begin, :] as BF16, or zeros where the id is in another rank's
// slice.
//
//   table [V / N, d]   ids [T] int32   out [T, d] BF16
//
// Grid: one block a token and 2048 columns; a thread moves 8 of them, as one 16-byte piece where
// the table is BF16 and lies right, else value by value. No shared memory, no barriers. Limited by
// latency: one dependent pair of loads.

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/weight_value.cuh"
#include "kernels/embed/embed.h"

#include <cstdint>

namespace dscope::embed {

inline constexpr int kThreads = 256;
inline constexpr int kThreadValues = 8;

// kPieces: 16-byte pieces of BF16 are copied as they are.
template <bool kPieces>
__global__ void __launch_bounds__(kThreads)
    embed_kernel(const __grid_constant__ EmbedParams<bf16_t> p) {
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t t = blockIdx.y;
  const std::int64_t first = (std::int64_t{blockIdx.x} * kThreads + threadIdx.x) * kThreadValues;
  const std::int64_t cols = p.table.cols;
  if (first >= cols) return;
  const std::int64_t row = p.ids[t] - p.vocab.begin;
  const bool mine = row >= 0 && row < p.table.rows;
  bf16_t* out = p.out + t * cols + first;
  if constexpr (kPieces) {
    uint4 piece{0, 0, 0, 0};
    if (mine) {
      const std::byte* from = p.table.data + row * p.table.row_bytes;
      piece = *reinterpret_cast<const uint4*>(from + first * sizeof(bf16_t));
    }
    *reinterpret_cast<uint4*>(out) = piece;
  } else {
    for (int i = 0; i < kThreadValues && first + i < cols; ++i) {
      const float value = mine ? device::weight_value(p.table, row, first + i) : 0.0f;
      out[i] = device::from_float<bf16_t>(value);
    }
  }
}

}  // namespace dscope::embed
