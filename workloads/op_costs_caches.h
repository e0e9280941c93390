// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/formats.h"
#include "workloads/model_config.h"
#include "workloads/numerics.h"

#include <algorithm>
#include <cstdint>

// How many cache entries a token touches and what one entry weighs. S is the length of its
// sequence, the token itself included; its position is S - 1. Rules: official reference model.
namespace dscope {

// Compressed entries that exist: the one this very token completes is already attendable.
[[nodiscard]] constexpr std::int64_t compressed_entries(int ratio, std::int64_t context) {
  return ratio == 0 ? 0 : context / ratio;
}

// Compressed entries a token attends to: the indexer's choice with ratio 4, all with ratio 128.
[[nodiscard]] constexpr std::int64_t selected_entries(const ModelConfig& m, int ratio,
                                                      std::int64_t context) {
  const std::int64_t present = compressed_entries(ratio, context);
  return ratio == 4 ? std::min(present, m.index_topk) : present;
}

// Everything a token attends to: the window and the compressed entries.
[[nodiscard]] constexpr std::int64_t attended_entries(const ModelConfig& m, int ratio,
                                                      std::int64_t context) {
  return std::min(context, m.window) + selected_entries(m, ratio, context);
}

// One KV entry: 584 B in an FP8 page (FlashMLA page layout), else one activation per dim.
[[nodiscard]] constexpr std::int64_t kv_entry_bytes(const ModelConfig& m, Numerics n) {
  return quantised_caches(n) ? KvPage::kTokenBytes : m.head_dim * activation_bytes(n);
}

// One index key, and one index query head: 132 B in FP8 with its scale, else one activation per
// dim.
[[nodiscard]] constexpr std::int64_t index_entry_bytes(const ModelConfig& m, Numerics n) {
  return quantised_caches(n) ? m.index_dim + 4 : m.index_dim * activation_bytes(n);
}

// Channels C of a compressor with `dim` outputs. Ratio 4 overlaps two blocks: one half of the
// channels serves a token's own block, the other half the next one.
[[nodiscard]] constexpr std::int64_t compressor_channels(int ratio, std::int64_t dim) {
  return ratio == 4 ? 2 * dim : dim;
}

// Tokens whose rows one entry is made of: two blocks with ratio 4, one with ratio 128.
[[nodiscard]] constexpr std::int64_t compressor_window(int ratio) {
  return ratio == 4 ? 2 * ratio : ratio;
}

// State one token adds: kv and score, float32 [C] each, in every numerics.
[[nodiscard]] constexpr std::int64_t compressor_state_bytes(int ratio, std::int64_t dim) {
  return 2 * compressor_channels(ratio, dim) * static_cast<std::int64_t>(sizeof(float));
}

// Whether this token completes a block and so emits an entry.
[[nodiscard]] constexpr bool emits_entry(int ratio, std::int64_t context) {
  return ratio != 0 && context % ratio == 0;
}

}  // namespace dscope
