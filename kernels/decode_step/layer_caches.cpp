// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/layer_caches.h"

#include "kernels/compressor/compressor.h"
#include "kernels/decode_step/synthetic_history.h"

#include <algorithm>
#include <span>

namespace dscope {
namespace {

std::int64_t state_floats(std::int64_t ratio, std::int64_t dim) {
  return compressor_ring(ratio) * 2 * compressor_channels(ratio, dim);
}

}  // namespace

LayerCacheSizes layer_cache_sizes(const ModelConfig& m, int ratio, CacheFormat format,
                                  const PageTable& pages) {
  LayerCacheSizes s;
  s.window = pages.window_page_count() * kv_page_stride(format, kPageTokens, m.head_dim);
  if (ratio == 0) return s;
  s.compressed = pages.page_count() * kv_page_stride(format, kPageTokens / ratio, m.head_dim);
  s.state = pages.max_batch() * state_floats(ratio, m.head_dim);
  if (ratio != 4) return s;
  s.index = pages.page_count() * index_page_stride(format, kPageTokens / ratio, m.index_dim);
  s.index_state = pages.max_batch() * state_floats(ratio, m.index_dim);
  return s;
}

LayerCacheViews layer_cache_views(const ModelConfig& m, int ratio, CacheFormat format,
                                  std::byte* window, std::byte* compressed, std::byte* index) {
  const auto kv_view = [&](std::byte* data, std::int64_t page_entries) {
    return KvCacheView{data,       format,       m.head_dim,
                       m.rope_dim, page_entries, kv_page_stride(format, page_entries, m.head_dim)};
  };
  LayerCacheViews views;
  views.window = kv_view(window, kPageTokens);
  if (ratio == 0) return views;
  views.compressed = kv_view(compressed, kPageTokens / ratio);
  if (ratio != 4) return views;
  views.index = {index, format, m.index_dim, kPageTokens / ratio,
                 index_page_stride(format, kPageTokens / ratio, m.index_dim)};
  return views;
}

LayerCaches::LayerCaches(const ModelConfig& m, int ratio, CacheFormat format,
                         const PageTable& pages)
    : ratio_(ratio) {
  const LayerCacheSizes sizes = layer_cache_sizes(m, ratio, format, pages);
  window_bytes_.resize(static_cast<std::size_t>(sizes.window));
  compressed_bytes_.resize(static_cast<std::size_t>(sizes.compressed));
  index_bytes_.resize(static_cast<std::size_t>(sizes.index));
  state_.resize(static_cast<std::size_t>(sizes.state));
  index_state_.resize(static_cast<std::size_t>(sizes.index_state));
  views_ = layer_cache_views(m, ratio, format, window_bytes_.data(), compressed_bytes_.data(),
                             index_bytes_.data());
}

void LayerCaches::fill_synthetic(const PageTable& pages, std::int64_t slot, std::int64_t history,
                                 std::uint64_t seed, std::int64_t sequence) {
  if (history == 0) return;
  const SyntheticPool pool(seed, views_.window.dim);
  const std::int64_t oldest = std::max<std::int64_t>(0, history - pages.ring_tokens());
  for (std::int64_t p = oldest; p < history; ++p) {
    store_kv(views_.window, pages.window_slot(slot, p), pool.vector(p));
  }
  if (ratio_ == 0) return;
  for (std::int64_t e = 0; e < history / ratio_; ++e) {
    const std::int64_t at = pages.entry_slot(slot, e, ratio_);
    store_kv(views_.compressed, at, pool.vector(e + sequence));
    if (ratio_ == 4) store_index_key(views_.index, at, pool.vector(e + sequence));
  }
  const auto fill_state = [&](std::vector<float>& states) {
    const std::size_t size = states.size() / static_cast<std::size_t>(pages.max_batch());
    pool.fill_state(std::span(states).subspan(static_cast<std::size_t>(slot) * size, size));
  };
  fill_state(state_);
  if (ratio_ == 4) fill_state(index_state_);
}

}  // namespace dscope
