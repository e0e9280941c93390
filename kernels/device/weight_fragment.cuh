// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/scale_limits.h"
#include "workloads/weight_matrix.h"

#include <cuda_bf16.h>

#include <cstdint>

// Skinny products y[t, n] = sum_k w[n, k] x[t, k] on mma.m16n8k16: weight rows are A (16 of them),
// tokens are the 8 columns of B. Weights are read once, straight from global memory into the
// registers of A, in the layout of the checkpoint; tokens lie in shared memory.
//
// A chunk is 64 bytes of each of 16 rows. With g = lane / 4 and q = lane % 4, a lane loads the 16
// bytes at 16 q of rows g and g + 8: whole sectors, 128-bit loads. The order of k inside a product
// is free, so the chunk's bytes are used where they land, and the tokens are permuted to match when
// they are staged:
//
//   format   values a chunk   mma steps   order inside each 8 consecutive k of a lane
//   BF16     32               2           0 1 2 3 4 5 6 7
//   FP8      64               4           0 2 1 3 4 6 5 7   (bytes 0, 2 and 1, 3 unpack together)
//   MXFP4    128              8           0 4 1 5 2 6 3 7   (nibbles 4 apart unpack together)
//
// Codes become BF16 exactly: the exponent and mantissa bits are shifted into place, and one
// multiplication by a power of two corrects the exponent bias and applies the E8M0 scale.
namespace dscope::device {

template <WeightFormat Format>
struct Fragment;

template <>
struct Fragment<WeightFormat::kBf16> {
  static constexpr int kValues = 32;  // of a row in a chunk
};
template <>
struct Fragment<WeightFormat::kFp8> {
  static constexpr int kValues = 64;
  static constexpr int kBias = kFp8MultiplierBias;
};
template <>
struct Fragment<WeightFormat::kMxfp4> {
  static constexpr int kValues = 128;
  static constexpr int kBias = kMxfp4MultiplierBias;
};

inline constexpr int kChunkBytes = 64;
inline constexpr int kFragmentRows = 16;

// Mma steps of a chunk, and 16-byte pieces of staged tokens that a lane reads for it.
template <WeightFormat Format>
inline constexpr int kFragmentSteps = Fragment<Format>::kValues / 16;
template <WeightFormat Format>
inline constexpr int kFragmentPieces = Fragment<Format>::kValues / 32;

// Both halves 2^(byte - 127 + bias).
template <WeightFormat Format>
__device__ __forceinline__ std::uint32_t scale_multiplier(std::uint32_t e8m0) {
  const std::uint32_t half = (e8m0 + Fragment<Format>::kBias) << 7;
  return half << 16 | half;
}

// Where 8 consecutive values of a token, those from 8 * group on, are staged: byte offset within
// the token's row. Lanes q = 0 .. 3 read neighbouring 16-byte pieces; with a row stride of 64 bytes
// modulo 128 (staged_stride) so do the rows of two tokens, and no bank is hit twice.
template <WeightFormat Format>
__device__ __forceinline__ int staged_offset(int group) {
  constexpr int kPieces = kFragmentPieces<Format>;
  const int chunk = group / (4 * kPieces);
  const int in_chunk = group % (4 * kPieces);
  const int q = in_chunk / kPieces;
  const int piece = in_chunk % kPieces;
  return ((chunk * kPieces + piece) * 4 + q) * 16;
}

// Bytes between staged tokens for rows of `values` values (a multiple of a chunk's).
[[nodiscard]] __host__ __device__ constexpr int staged_stride(int values) {
  const int bytes = 2 * values;
  return bytes % 128 == 64 ? bytes : bytes + 64;
}

// Eight BF16 values of a token in the order of the table above.
template <WeightFormat Format>
__device__ __forceinline__ uint4 permute_staged(uint4 v) {
  if constexpr (Format == WeightFormat::kFp8) {
    return {__byte_perm(v.x, v.y, 0x5410), __byte_perm(v.x, v.y, 0x7632),
            __byte_perm(v.z, v.w, 0x5410), __byte_perm(v.z, v.w, 0x7632)};
  } else if constexpr (Format == WeightFormat::kMxfp4) {
    return {__byte_perm(v.x, v.z, 0x5410), __byte_perm(v.x, v.z, 0x7632),
            __byte_perm(v.y, v.w, 0x5410), __byte_perm(v.y, v.w, 0x7632)};
  } else {
    return v;
  }
}

__device__ __forceinline__ std::uint32_t multiply_bf16(std::uint32_t pair, std::uint32_t factor) {
  const __nv_bfloat162 product = __hmul2_rn(reinterpret_cast<const __nv_bfloat162&>(pair),
                                            reinterpret_cast<const __nv_bfloat162&>(factor));
  return reinterpret_cast<const std::uint32_t&>(product);
}

// One word of a row's chunk bytes as BF16 pairs, in the order the tokens are staged: BF16 gives one
// pair, FP8 two, MXFP4 four.
template <WeightFormat Format>
__device__ __forceinline__ void decode_word(std::uint32_t word, std::uint32_t multiplier,
                                            std::uint32_t* pairs) {
  if constexpr (Format == WeightFormat::kFp8) {
    // seeeemmm at the top of each half -> s at bit 15, eeeemmm at bits 10 .. 4.
    const std::uint32_t odd = (word & 0x80008000u) | ((word >> 4) & 0x07f007f0u);
    const std::uint32_t even = ((word << 8) & 0x80008000u) | ((word << 4) & 0x07f007f0u);
    pairs[0] = multiply_bf16(even, multiplier);
    pairs[1] = multiply_bf16(odd, multiplier);
  } else if constexpr (Format == WeightFormat::kMxfp4) {
    // Nibble i of each half: s at bit 15, eem at bits 8 .. 6.
    constexpr std::uint32_t kSign = 0x80008000u;
    constexpr std::uint32_t kMagnitude = 0x01c001c0u;
    pairs[0] = multiply_bf16(((word << 12) & kSign) | ((word << 6) & kMagnitude), multiplier);
    pairs[1] = multiply_bf16(((word << 8) & kSign) | ((word << 2) & kMagnitude), multiplier);
    pairs[2] = multiply_bf16(((word << 4) & kSign) | ((word >> 2) & kMagnitude), multiplier);
    pairs[3] = multiply_bf16((word & kSign) | ((word >> 6) & kMagnitude), multiplier);
  } else {
    pairs[0] = word;
  }
}

// All pairs of a lane's 16 bytes: registers 2 s and 2 s + 1 belong to mma step s.
template <WeightFormat Format>
__device__ __forceinline__ void decode_row_chunk(
    const uint4& bytes, std::uint32_t multiplier,
    std::uint32_t (&pairs)[2 * kFragmentSteps<Format>]) {
  constexpr int kPairs = kFragmentSteps<Format> / 2;  // of a word
  decode_word<Format>(bytes.x, multiplier, pairs);
  decode_word<Format>(bytes.y, multiplier, pairs + kPairs);
  decode_word<Format>(bytes.z, multiplier, pairs + 2 * kPairs);
  decode_word<Format>(bytes.w, multiplier, pairs + 3 * kPairs);
}

}  // namespace dscope::device
