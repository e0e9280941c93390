// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/formats.h"
#include "workloads/model_config.h"

#include <cstdint>
#include <vector>

namespace dscope {

// Which pages belong to which sequence. One logical page covers 256 raw tokens in every compressed
// cache and in the index cache. The window cache has its own pages, used as a ring per sequence:
// only the newest tokens are ever read.
class PageTable {
 public:
  PageTable(const ModelConfig& model, std::int64_t max_batch, std::int64_t max_context);

  [[nodiscard]] std::int64_t max_batch() const { return max_batch_; }
  [[nodiscard]] std::int64_t pages_per_sequence() const { return pages_per_sequence_; }
  [[nodiscard]] std::int64_t page_count() const { return max_batch_ * pages_per_sequence_; }
  // Tokens of a sequence that its part of the window cache holds: the window, in whole pages.
  [[nodiscard]] std::int64_t ring_tokens() const { return ring_tokens_; }
  [[nodiscard]] std::int64_t window_page_count() const {
    return max_batch_ * ring_tokens_ / kPageTokens;
  }

  // Page ids of a sequence, [pages_per_sequence].
  [[nodiscard]] const std::int32_t* row(std::int64_t slot) const {
    return ids_.data() + slot * pages_per_sequence_;
  }
  // Cache slot of compressed entry `entry` of a sequence.
  [[nodiscard]] std::int64_t entry_slot(std::int64_t slot, std::int64_t entry,
                                        std::int64_t ratio) const {
    const std::int64_t per_page = kPageTokens / ratio;
    return row(slot)[entry / per_page] * per_page + entry % per_page;
  }
  // Slot of a token in the window cache.
  [[nodiscard]] std::int64_t window_slot(std::int64_t slot, std::int64_t position) const {
    return slot * ring_tokens_ + position % ring_tokens_;
  }

 private:
  std::int64_t max_batch_;
  std::int64_t pages_per_sequence_;
  std::int64_t ring_tokens_;
  std::vector<std::int32_t> ids_;
};

}  // namespace dscope
