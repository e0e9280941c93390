// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/forced_choice.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"

#include <cstddef>
#include <cstdint>

namespace dscope {

// The k entries with the largest logits; equal logits (0 and -0 are equal): the lower index first.
// With at most k live entries all of them are taken. Result in ascending order of index, filled up
// with -1.
struct TopKParams {
  std::int64_t tokens = 0;        // T
  std::int64_t k = 0;             // index_topk
  const float* logits = nullptr;  // [T, logits_stride]
  std::int64_t logits_stride = 0;
  const std::int64_t* entries = nullptr;  // [T] live entries; logits beyond are never read
  std::int32_t* selected = nullptr;       // [T, k] entry indices, -1 padded

  // Choices made elsewhere, or null: a row is copied as it stands (each value -1 or below
  // entries[t]), unless it begins with kNotForced. So one captured graph serves both kinds of step.
  const std::int32_t* forced = nullptr;  // [T, k]

  // Where the selected entries lie in the cache, or null: page * page_entries + offset in the page,
  // -1 for -1.
  std::int32_t* slots = nullptr;             // [T, k]
  const std::int32_t* page_table = nullptr;  // [T, page_table_stride] page ids of t's sequence
  std::int64_t page_table_stride = 0;
  std::int64_t page_entries = 0;

  // GPU only: topk_workspace_bytes(), zeroed before first use; null where that is 0. Every launch
  // leaves it ready for the next, which may have other sizes within those it was made for.
  std::byte* workspace = nullptr;
};

// Throws Error{kInternal} for a forced entry that is not live.
void reference_topk(const TopKParams& p);

// Params hold device pointers. A forced entry that is not live stops the kernel with a trap.
[[nodiscard]] Support supports(const TopKParams& p);
void launch_topk(const TopKParams& p, Stream stream);
// For at most so many tokens, k and stride; 0 where one block ranks all logits of a token.
[[nodiscard]] std::int64_t topk_workspace_bytes(std::int64_t tokens, std::int64_t k,
                                                std::int64_t logits_stride);

}  // namespace dscope
