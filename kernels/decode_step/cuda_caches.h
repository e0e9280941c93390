// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/device_buffer.h"
#include "kernels/decode_step/layer_caches.h"

#include <cstdint>

namespace dscope {

// The caches of one layer in GPU memory: the same views as LayerCaches, with device pointers.
class CudaLayerCaches {
 public:
  CudaLayerCaches(const ModelConfig& model, int ratio, CacheFormat format, const PageTable& pages);

  [[nodiscard]] const KvCacheView& window() const { return window_; }
  [[nodiscard]] const KvCacheView& compressed() const { return compressed_; }
  [[nodiscard]] const IndexCacheView& index() const { return index_; }
  [[nodiscard]] float* state() const { return reinterpret_cast<float*>(state_bytes_.data()); }
  [[nodiscard]] float* index_state() const {
    return reinterpret_cast<float*>(index_state_bytes_.data());
  }
  [[nodiscard]] int ratio() const { return ratio_; }
  // Of one sequence; 0 where the layer has none.
  [[nodiscard]] std::int64_t state_bytes_per_slot() const { return state_bytes_per_slot_; }
  [[nodiscard]] std::int64_t index_state_bytes_per_slot() const {
    return index_state_bytes_per_slot_;
  }

 private:
  int ratio_;
  std::int64_t state_bytes_per_slot_ = 0;
  std::int64_t index_state_bytes_per_slot_ = 0;
  DeviceBuffer window_bytes_;
  DeviceBuffer compressed_bytes_;
  DeviceBuffer index_bytes_;
  DeviceBuffer state_bytes_;
  DeviceBuffer index_state_bytes_;
  KvCacheView window_;
  KvCacheView compressed_;
  IndexCacheView index_;
};

}  // namespace dscope
