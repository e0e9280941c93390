// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/base/error.h"
#include "workloads/op_costs.h"
#include "workloads/op_costs_caches.h"
#include "workloads/op_costs_weights.h"

#include <algorithm>

namespace dscope {
namespace {

// Caches are held in pages of 256 tokens. Of the window one sequence keeps the newest tokens only,
// as a ring.
double cache_bytes(std::int64_t entries, std::int64_t page_entries, std::int64_t page_bytes) {
  return static_cast<double>(ceil_div(entries, page_entries) * page_bytes);
}

// KV entries of one layer; FP8 pages are padded (FlashMLA page layout), others are not.
double kv_cache_bytes(const ModelConfig& m, Numerics n, std::int64_t entries,
                      std::int64_t page_entries) {
  const std::int64_t page =
      quantised_caches(n) ? KvPage::stride(page_entries) : page_entries * kv_entry_bytes(m, n);
  return cache_bytes(entries, page_entries, page);
}

// What a layer holds whole, of which a step reads only some rows or nothing.
double tables(const ModelConfig& m, const RankWeightBytes& w, std::int64_t layer, int ratio) {
  double bytes =
      m.is_hash_layer(layer) ? static_cast<double>(m.vocab) * w.hash_row() : w.gate_bias();
  if (ratio != 0) {
    bytes += ratio * w.compressor_ape_row(ratio, m.head_dim) + RankWeightBytes::norm(m.head_dim);
  }
  if (ratio == 4) {
    bytes += ratio * w.compressor_ape_row(ratio, m.index_dim) + RankWeightBytes::norm(m.index_dim);
  }
  return bytes;
}

double layer_weight_bytes(const ModelConfig& m, const RankWeightBytes& w, std::int64_t layer,
                          int ratio) {
  double bytes = 2 * w.hyper_connection() + 2 * RankWeightBytes::norm(m.hidden) + w.qkv_down() +
                 RankWeightBytes::norm(m.q_lora_rank) + w.q_up() +
                 RankWeightBytes::norm(m.head_dim) + w.sink() + w.wo_a() + w.wo_b() + w.gate() +
                 w.shared_expert() + tables(m, w, layer, ratio);
  if (ratio != 0) bytes += w.compressor_projections(ratio, m.head_dim);
  if (ratio == 4) {
    bytes += w.compressor_projections(ratio, m.index_dim) + w.index_q() + w.index_weights();
  }
  return bytes;
}

}  // namespace

MemoryCost memory_cost(const ModelConfig& m, const ParallelLayout& layout, Numerics numerics,
                       bool wo_a_bf16, std::int64_t batch, std::int64_t max_context) {
  DSCOPE_REQUIRE(batch >= 0 && max_context >= 0, "batch {} and max_context {} must not be negative",
                 batch, max_context);
  const RankWeightBytes weights(m, layout, wo_a_bf16);
  const auto sequences = static_cast<double>(batch);
  MemoryCost cost;
  cost.routed_expert_bytes =
      static_cast<double>(m.layers * layout.experts(m).size()) * weights.routed_expert();
  cost.other_weight_bytes =
      2 * weights.vocab_matrix() + weights.hc_head() + RankWeightBytes::norm(m.hidden);
  for (std::int64_t layer = 0; layer < m.layers; ++layer) {
    const int ratio = m.compress_ratios[static_cast<std::size_t>(layer)];
    cost.other_weight_bytes += layer_weight_bytes(m, weights, layer, ratio);
    cost.window_cache_bytes +=
        sequences * kv_cache_bytes(m, numerics, std::min(max_context, m.window), kPageTokens);
    if (ratio == 0) continue;

    const std::int64_t entries = compressed_entries(ratio, max_context);
    const std::int64_t page_entries = kPageTokens / ratio;
    cost.compressed_cache_bytes += sequences * kv_cache_bytes(m, numerics, entries, page_entries);
    std::int64_t state = compressor_state_bytes(ratio, m.head_dim);
    if (ratio == 4) {
      cost.index_cache_bytes +=
          sequences *
          cache_bytes(entries, page_entries, page_entries * index_entry_bytes(m, numerics));
      state += compressor_state_bytes(ratio, m.index_dim);
    }
    cost.compressor_state_bytes +=
        sequences * static_cast<double>(compressor_window(ratio) * state);
  }
  return cost;
}

}  // namespace dscope
