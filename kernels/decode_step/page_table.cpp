// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/page_table.h"

namespace dscope {

PageTable::PageTable(const ModelConfig& model, std::int64_t max_batch, std::int64_t max_context)
    : max_batch_(max_batch),
      pages_per_sequence_(ceil_div(max_context, kPageTokens)),
      ring_tokens_(round_up(model.window, kPageTokens)) {
  // Interleaved, as an allocator leaves them when sequences grow side by side: code that confuses
  // page numbers with positions does not survive its first batch.
  ids_.resize(static_cast<std::size_t>(page_count()));
  for (std::int64_t slot = 0; slot < max_batch_; ++slot) {
    for (std::int64_t i = 0; i < pages_per_sequence_; ++i) {
      ids_[slot * pages_per_sequence_ + i] = static_cast<std::int32_t>(i * max_batch_ + slot);
    }
  }
}

}  // namespace dscope
