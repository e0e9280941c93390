// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/weights.h"
#include "workloads/formats.h"

#include <cstddef>
#include <cstdint>

namespace dscope {

// How MXFP4 experts lie in GPU memory: re-packed so that a warp reads nothing but whole, contiguous
// 512-byte pieces, that a lane's 16 bytes are operands of mma.m16n8k16 as they are, and that
// decoding takes 11 operations for 8 values.
//
// A stripe is 32 rows by 128 columns. Columns beyond the matrix are zero.
//
//   bytes    0 .. 2047   codes [4 groups of 32 columns][32 lanes][4] words: word j of lane
//                        4 g + q holds row 8 j + g, columns 8 q .. 8 q + 7 of the group
//   bytes 2048 .. 2175   scales [8][4 groups][4] bytes: byte j of row g belongs to row 8 j + g
//
// A code word holds columns 0, 2, 4, 6 in its low half and 1, 3, 5, 7 in its high half, each half
// with four codes (sign s, magnitude eem) spread so that one shift and mask puts both parts where
// BF16 has them (bits 15 and 8 .. 6):
//
//   bit    15  14  13  12   11..9  8..6  5..3  2..0
//          s0  s2  s3  s1   m3     m0    m1    m2
//
// A scale byte is the E8M0 byte plus kScaleBias, the exponent field of the float32 that the
// kernels multiply by: decoded codes are 2^-126 of their value, tokens are made 2^64 times theirs
// (which keeps products clear of the smallest float32), so 2^(b - 127) * 2^126 / 2^64 remains.
struct ExpertStripe {
  static constexpr std::int64_t kRows = 32;
  static constexpr std::int64_t kCols = 128;
  static constexpr std::int64_t kGroups = kCols / kMxfp4Group;
  static constexpr std::int64_t kGroupBytes = kRows * kMxfp4Group / 2;
  static constexpr std::int64_t kCodeBytes = kGroups * kGroupBytes;
  static constexpr std::int64_t kBytes = kCodeBytes + kRows * kGroups;
  static constexpr int kTokenExponent = 64;
  static constexpr int kScaleBias = 126 - kTokenExponent;

  // Stripes side by side that cover a row.
  [[nodiscard]] static constexpr std::int64_t across(std::int64_t cols) {
    return ceil_div(cols, kCols);
  }
};
static_assert(ExpertStripe::kBytes == 2176 && ExpertStripe::kBytes % 128 == 0);

// The routed experts of one rank and layer in GPU memory, all of one size, one behind the other:
// expert e begins at data + e * expert_bytes(). Owns nothing.
//
// An expert is [I / 16] tiles of w1 and w3, the first 16 rows of a tile's stripes from w1 and the
// other 16 from w3, then [d / 32] tiles of w2. The stripes of a tile follow each other.
struct ExpertBank {
  std::int64_t hidden = 0;          // d, a multiple of 32
  std::int64_t intermediate = 0;    // I of this rank, a multiple of 32
  const std::byte* data = nullptr;  // 128-byte aligned

  [[nodiscard]] constexpr std::int64_t gate_up_bytes() const {
    return intermediate / 16 * ExpertStripe::across(hidden) * ExpertStripe::kBytes;
  }
  [[nodiscard]] constexpr std::int64_t expert_bytes() const {
    return gate_up_bytes() +
           hidden / 32 * ExpertStripe::across(intermediate) * ExpertStripe::kBytes;
  }
};

// Lays out one expert (host views, sliced along I) as the kernels want it; `out` is host memory of
// expert_bytes(). Throws Error{kUnavailable} naming what the kernels cannot take: a format other
// than MXFP4, sizes that are no multiple of 32, or a scale above 2^1 (scale_limits.h).
void pack_expert(const ExpertWeights& expert, std::byte* out);

}  // namespace dscope
