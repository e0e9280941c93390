// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/cache_view.h"
#include "kernels/decode_step/page_table.h"
#include "workloads/model_config.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dscope {

// The caches of one layer for all sequence slots, in the order of dependence on the compress
// ratio: every layer has the window; ratio 4 and 128 add compressed entries and compressor state;
// ratio 4 also has index keys and their compressor state.
class LayerCaches {
 public:
  LayerCaches(const ModelConfig& model, int ratio, CacheFormat format, const PageTable& pages);

  [[nodiscard]] const KvCacheView& window() const { return window_; }
  [[nodiscard]] const KvCacheView& compressed() const { return compressed_; }
  [[nodiscard]] const IndexCacheView& index() const { return index_; }
  [[nodiscard]] float* state() { return state_.data(); }
  [[nodiscard]] float* index_state() { return index_state_.data(); }

  // Fills what a sequence of `history` tokens in `slot` would have left behind with entries drawn
  // from the seed: finite, of unit size, the same for the same arguments.
  void fill_synthetic(const PageTable& pages, std::int64_t slot, std::int64_t history,
                      std::uint64_t seed);

  [[nodiscard]] static std::int64_t bytes(const ModelConfig& model, int ratio, CacheFormat format,
                                          const PageTable& pages);

 private:
  int ratio_;
  std::vector<std::byte> window_bytes_;
  std::vector<std::byte> compressed_bytes_;
  std::vector<std::byte> index_bytes_;
  std::vector<float> state_;
  std::vector<float> index_state_;
  KvCacheView window_;
  KvCacheView compressed_;
  IndexCacheView index_;
};

}  // namespace dscope
