// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/stream.h"
#include "kernels/decode_step/cuda_caches.h"
#include "kernels/decode_step/page_table.h"
#include "workloads/model_config.h"

#include <cstdint>
#include <vector>

namespace dscope {

// Synthetic histories in GPU memory, the same bytes as LayerCaches::fill_synthetic() leaves: the
// entries of a layer's pool are encoded once, on the host, and a kernel spreads them over the pages
// of a sequence.
class CudaHistories {
 public:
  // Encodes nothing yet. `model`, `format` and `pages` are those of the caches that are filled;
  // layer l has the pool of seed hash64(seed, l).
  CudaHistories(const ModelConfig& model, CacheFormat format, const PageTable& pages,
                std::uint64_t seed);

  // Enqueues what a sequence of `history` tokens (at least 1) in `slot` would have left in the
  // caches of all layers.
  void fill(const std::vector<CudaLayerCaches>& caches, std::int64_t slot, std::int64_t history,
            Stream stream);

 private:
  // A layer's pool as cache entries, and the state of one sequence.
  struct Layer {
    DeviceBuffer entries;     // SyntheticPool::kVectors of them
    DeviceBuffer index_keys;  // ratio 4: likewise
    DeviceBuffer state;       // ratio 4 and 128
    DeviceBuffer index_state;
  };
  void encode(const std::vector<CudaLayerCaches>& caches);
  void fill_layer(const Layer& layer, const CudaLayerCaches& caches, std::int64_t slot,
                  std::int64_t history, Stream stream) const;

  ModelConfig model_;
  CacheFormat format_;
  std::uint64_t seed_;
  std::int64_t ring_tokens_;
  std::int64_t pages_per_sequence_;
  DeviceArray<std::int32_t> page_ids_;  // [max_batch, pages_per_sequence]
  std::vector<Layer> layers_;           // empty until the first history
};

}  // namespace dscope
