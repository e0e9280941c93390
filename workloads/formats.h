// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

// Byte layouts of weights and caches. Every offset is a constant here and nowhere else.
namespace dscope {

// --- Quantised weights --------------------------------------------------------------------------

// FP8 E4M3 weights [rows, cols], one byte each, with one E8M0 scale byte per block of 128 x 128
// (ragged at the edges): scales [ceil(rows/128), ceil(cols/128)].
inline constexpr std::int64_t kFp8Block = 128;

// MXFP4 weights: E2M1 codes [rows, cols/2] bytes, the even column in the low nibble, with one E8M0
// scale byte per 32 consecutive columns of a row: scales [rows, cols/32].
inline constexpr std::int64_t kMxfp4Group = 32;

// FP8 activations (`serving-a8`): groups of 128 along the reduced dimension.
inline constexpr std::int64_t kActivationGroup = 128;

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}
[[nodiscard]] constexpr std::int64_t round_up(std::int64_t a, std::int64_t b) {
  return ceil_div(a, b) * b;
}

// --- The split KV page (FlashMLA "MODEL1") ------------------------------------------------------
//
// A page of P tokens holds all data sections, then all scale sections, then padding:
//
//   t*576 +   0 .. 447   448 FP8 E4M3 values (the part without RoPE)
//   t*576 + 448 .. 575   64 BF16 values (the roped part)
//   P*576 + t*8 + 0..6   7 E8M0 scale bytes, one per 64 FP8 values
//   P*576 + t*8 + 7      unused, written as 0
//   P*584 .. stride      padding
//
// The stride is the used size rounded up to a multiple of 576.
struct KvPage {
  static constexpr std::int64_t kHeadDim = 512;
  static constexpr std::int64_t kNopeDim = 448;
  static constexpr std::int64_t kRopeDim = 64;
  static constexpr std::int64_t kScaleGroup = 64;
  static constexpr std::int64_t kScaleCount = kNopeDim / kScaleGroup;
  static constexpr std::int64_t kDataBytes = kNopeDim + 2 * kRopeDim;
  static constexpr std::int64_t kScaleBytes = 8;
  static constexpr std::int64_t kTokenBytes = kDataBytes + kScaleBytes;

  [[nodiscard]] static constexpr std::int64_t data_offset(std::int64_t token) {
    return token * kDataBytes;
  }
  [[nodiscard]] static constexpr std::int64_t rope_offset(std::int64_t token) {
    return token * kDataBytes + kNopeDim;
  }
  [[nodiscard]] static constexpr std::int64_t scale_offset(std::int64_t page_tokens,
                                                           std::int64_t token) {
    return page_tokens * kDataBytes + token * kScaleBytes;
  }
  [[nodiscard]] static constexpr std::int64_t stride(std::int64_t page_tokens) {
    return round_up(page_tokens * kTokenBytes, kDataBytes);
  }
};

// One logical page id covers 256 raw tokens in every cache of a layer.
inline constexpr std::int64_t kPageTokens = 256;
static_assert(KvPage::kTokenBytes == 584);
static_assert(KvPage::stride(kPageTokens) == 149'760, "window cache, 256 tokens a page");
static_assert(KvPage::stride(kPageTokens / 4) == 37'440, "ratio 4, 64 entries a page");
static_assert(KvPage::stride(kPageTokens / 128) == 1'728, "ratio 128, 2 entries a page");

// --- The indexer page ---------------------------------------------------------------------------
//
// 64 compressed entries: 64 x 128 FP8 E4M3 values, then 64 float32 scales. No padding.
struct IndexPage {
  static constexpr std::int64_t kEntries = 64;
  static constexpr std::int64_t kDim = 128;
  static constexpr std::int64_t kEntryBytes = kDim + 4;

  [[nodiscard]] static constexpr std::int64_t data_offset(std::int64_t entry) {
    return entry * kDim;
  }
  [[nodiscard]] static constexpr std::int64_t scale_offset(std::int64_t entry) {
    return kEntries * kDim + entry * 4;
  }
  static constexpr std::int64_t kStride = kEntries * kEntryBytes;
};
static_assert(IndexPage::kStride == 8'448);
static_assert(IndexPage::kEntries == kPageTokens / 4, "shares page ids with the ratio-4 cache");

}  // namespace dscope
