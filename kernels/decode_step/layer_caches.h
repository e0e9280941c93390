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

// What the caches of one layer take for all sequence slots; 0 for what the layer does not have.
struct LayerCacheSizes {
  std::int64_t window = 0;       // bytes
  std::int64_t compressed = 0;   // bytes
  std::int64_t index = 0;        // bytes
  std::int64_t state = 0;        // floats
  std::int64_t index_state = 0;  // floats

  [[nodiscard]] std::int64_t bytes() const {
    return window + compressed + index + 4 * (state + index_state);
  }
};
[[nodiscard]] LayerCacheSizes layer_cache_sizes(const ModelConfig& model, int ratio,
                                                CacheFormat format, const PageTable& pages);

// Views of a layer's caches over memory of those sizes, on either side.
struct LayerCacheViews {
  KvCacheView window;
  KvCacheView compressed;  // ratio 4 and 128
  IndexCacheView index;    // ratio 4
};
[[nodiscard]] LayerCacheViews layer_cache_views(const ModelConfig& model, int ratio,
                                                CacheFormat format, std::byte* window,
                                                std::byte* compressed, std::byte* index);

// The caches of one layer for all sequence slots, in the order of dependence on the compress
// ratio: every layer has the window; ratio 4 and 128 add compressed entries and compressor state;
// ratio 4 also has index keys and their compressor state.
class LayerCaches {
 public:
  LayerCaches(const ModelConfig& model, int ratio, CacheFormat format, const PageTable& pages);

  [[nodiscard]] const KvCacheView& window() const { return views_.window; }
  [[nodiscard]] const KvCacheView& compressed() const { return views_.compressed; }
  [[nodiscard]] const IndexCacheView& index() const { return views_.index; }
  [[nodiscard]] float* state() { return state_.data(); }
  [[nodiscard]] float* index_state() { return index_state_.data(); }

  // Fills what a sequence of `history` tokens in `slot` would have left behind from the pool of the
  // seed (synthetic_history.h): the same for the same seed and sequence number.
  void fill_synthetic(const PageTable& pages, std::int64_t slot, std::int64_t history,
                      std::uint64_t seed, std::int64_t sequence);

 private:
  int ratio_;
  std::vector<std::byte> window_bytes_;
  std::vector<std::byte> compressed_bytes_;
  std::vector<std::byte> index_bytes_;
  std::vector<float> state_;
  std::vector<float> index_state_;
  LayerCacheViews views_;
};

}  // namespace dscope
