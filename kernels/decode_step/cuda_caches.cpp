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

}  // namespace dscope
