// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/cuda_caches.h"

namespace dscope {
namespace {

DeviceBuffer zeroed(std::int64_t bytes, const char* what) {
  DeviceBuffer buffer(bytes, what);
  if (bytes > 0) fill_device(buffer.data(), 0, bytes);
  return buffer;
}

}  // namespace

CudaLayerCaches::CudaLayerCaches(const ModelConfig& m, int ratio, CacheFormat format,
                                 const PageTable& pages)
    : ratio_(ratio) {
  const LayerCacheSizes sizes = layer_cache_sizes(m, ratio, format, pages);
  state_bytes_per_slot_ = 4 * sizes.state / pages.max_batch();
  index_state_bytes_per_slot_ = 4 * sizes.index_state / pages.max_batch();
  window_bytes_ = zeroed(sizes.window, "a window cache");
  compressed_bytes_ = zeroed(sizes.compressed, "a compressed cache");
  index_bytes_ = zeroed(sizes.index, "an index cache");
  state_bytes_ = zeroed(4 * sizes.state, "a compressor state");
  index_state_bytes_ = zeroed(4 * sizes.index_state, "an index compressor state");
  const LayerCacheViews views = layer_cache_views(m, ratio, format, window_bytes_.data(),
                                                  compressed_bytes_.data(), index_bytes_.data());
  window_ = views.window;
  compressed_ = views.compressed;
  index_ = views.index;
}

void CudaLayerCaches::copy_sequence(const PageTable& pages, std::int64_t slot,
                                    const PageTable& one_pages, LayerCaches& one) {
  // Window pages of a sequence lie one behind the other.
  const std::int64_t window_pages = pages.ring_tokens() / kPageTokens;
  copy_to_device(window_bytes_.data() + slot * window_pages * window_.page_stride,
                 one.window().data, window_pages * window_.page_stride);
  if (ratio_ == 0) return;
  copy_to_device(state_bytes_.data() + slot * state_bytes_per_slot_, one.state(),
                 state_bytes_per_slot_);
  const bool indexed = ratio_ == 4;
  if (indexed) {
    copy_to_device(index_state_bytes_.data() + slot * index_state_bytes_per_slot_,
                   one.index_state(), index_state_bytes_per_slot_);
  }
  for (std::int64_t i = 0; i < pages.pages_per_sequence(); ++i) {
    const std::int64_t to = pages.row(slot)[i];
    const std::int64_t from = one_pages.row(0)[i];
    copy_to_device(compressed_.data + to * compressed_.page_stride,
                   one.compressed().data + from * compressed_.page_stride, compressed_.page_stride);
    if (indexed) {
      copy_to_device(index_.data + to * index_.page_stride,
                     one.index().data + from * index_.page_stride, index_.page_stride);
    }
  }
}

}  // namespace dscope
