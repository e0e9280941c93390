// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dscope {

// The k entries with the largest logits; equal logits: the lower index first. With at most k live
// entries all of them are taken. Result in ascending order of index, filled up with -1.
struct TopKParams {
  std::int64_t tokens = 0;        // T
  std::int64_t k = 0;             // index_topk
  const float* logits = nullptr;  // [T, logits_stride]
  std::int64_t logits_stride = 0;
  const std::int64_t* entries = nullptr;  // [T] live entries; logits beyond are never read
  std::int32_t* selected = nullptr;       // [T, k] entry indices, -1 padded
};

void reference_topk(const TopKParams& p);

}  // namespace dscope
