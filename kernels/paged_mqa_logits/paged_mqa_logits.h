// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/cache_view.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"

#include <cstdint>

namespace dscope {

// Index scores of one token's query against the compressed entries of its sequence:
//   logits[t, j] = s_k[j] * sum_h W[t, h] * relu(q[t, h] . k[j])   for j < entries[t]
// The work is proportional to the live length; logits beyond it are not written.
struct PagedMqaLogitsParams {
  std::int64_t tokens = 0;              // T
  std::int64_t heads = 0;               // index_heads, Hi
  IndexQueryView q;                     // [T, Hi, cache.dim]
  const float* head_weights = nullptr;  // [T, Hi]
  IndexCacheView cache;
  const std::int32_t* page_table = nullptr;  // [T, page_table_stride] page ids of t's sequence
  std::int64_t page_table_stride = 0;
  const std::int64_t* entries = nullptr;  // [T] live entries: floor(S / 4)
  float* logits = nullptr;                // [T, logits_stride]
  std::int64_t logits_stride = 0;
};

void reference_paged_mqa_logits(const PagedMqaLogitsParams& p);

// Params hold device pointers. Up to 64 heads of 32, 64 or 128 values, BF16 or FP8; cache pages and
// q begin at multiples of 16 bytes.
[[nodiscard]] Support supports(const PagedMqaLogitsParams& p);
void launch_paged_mqa_logits(const PagedMqaLogitsParams& p, Stream stream);

}  // namespace dscope
