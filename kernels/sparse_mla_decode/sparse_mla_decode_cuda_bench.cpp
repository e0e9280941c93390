// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode_config.h"
#include "workloads/formats.h"
#include "workloads/random.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

// An FP8 cache of random valid entries, larger than the L2 cache.
struct Cache {
  DeviceBuffer memory;
  KvCacheView view;
  std::int64_t entries = 0;
};

Cache make_cache(std::int64_t page_entries, std::int64_t entries) {
  Cache cache;
  const std::int64_t stride = kv_page_stride(CacheFormat::kFp8, page_entries, KvPage::kHeadDim);
  const std::int64_t pages = ceil_div(entries, page_entries);
  cache.entries = pages * page_entries;
  std::vector<std::byte> page(static_cast<std::size_t>(stride));
  const KvCacheView host{.data = page.data(),
                         .format = CacheFormat::kFp8,
                         .page_entries = page_entries,
                         .page_stride = stride};
  std::vector<float> entry(KvPage::kHeadDim);
  for (std::int64_t slot = 0; slot < page_entries; ++slot) {
    for (std::size_t i = 0; i < entry.size(); ++i) {
      entry[i] = static_cast<float>(2 * unit_interval(hash64(slot, i)) - 1);
    }
    store_kv(host, slot, entry.data());
  }
  cache.memory = DeviceBuffer(pages * stride, "a cache");
  cache.view = host;
  cache.view.data = cache.memory.data();
  copy_to_device(cache.memory.data(), page.data(), stride);
  for (std::int64_t p = 1; p < pages; ++p) {
    copy_on_device(cache.memory.data() + p * stride, cache.memory.data(), stride);
  }
  return cache;
}

struct Operands {
  Cache window;
  Cache compressed;
  DeviceArray<bf16_t> q;
  DeviceArray<std::int32_t> window_indices;      // [sets, T, 128]
  DeviceArray<std::int32_t> compressed_indices;  // [sets, T, topk]
  DeviceArray<std::int32_t> window_length;       // [T]
  DeviceArray<std::int32_t> compressed_length;   // [T]
  DeviceArray<float> sink;
  DeviceArray<float> o;
  DeviceBuffer workspace;
};

DeviceArray<std::int32_t> random_slots(std::int64_t count, std::int64_t entries) {
  std::vector<std::int32_t> slots;
  for (std::int64_t i = 0; i < count; ++i) {
    slots.push_back(static_cast<std::int32_t>(hash64(i) % static_cast<std::uint64_t>(entries)));
  }
  return DeviceArray<std::int32_t>(slots);
}

DeviceArray<std::int32_t> repeated(std::int64_t count, std::int64_t value) {
  return DeviceArray<std::int32_t>(
      std::vector<std::int32_t>(static_cast<std::size_t>(count), static_cast<std::int32_t>(value)));
}

// A ratio-4 layer: the window and the selected entries, each call's at other random places.
GpuCase make_sparse_mla(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t heads = shape.layout().heads(m).size();
  const std::int64_t t = shape.tokens;
  const std::int64_t window = std::min(m.window, shape.context);
  const std::int64_t selected = std::min(m.index_topk, shape.context / 4);
  const double bytes = static_cast<double>(t * (window + selected) * KvPage::kTokenBytes);
  const auto o = std::make_shared<Operands>();
  constexpr std::int64_t kCacheEntries = 1 << 20;  // 600 MB
  o->window = make_cache(kPageTokens, kCacheEntries / 4);
  o->compressed = make_cache(kPageTokens / 4, kCacheEntries);
  const std::int64_t sets = bench::cold_sets(bytes);
  o->window_indices = random_slots(sets * t * window, o->window.entries);
  o->compressed_indices = random_slots(sets * t * selected, o->compressed.entries);
  o->window_length = repeated(t, window);
  o->compressed_length = repeated(t, selected);
  o->q = bench::random_device_activations(t * heads * m.head_dim);
  o->sink = DeviceArray<float>(std::vector<float>(static_cast<std::size_t>(heads), 0.5f));
  o->o = DeviceArray<float>(t * heads * m.head_dim);
  o->workspace = DeviceBuffer(sparse_mla_workspace_bytes(t, heads, m.head_dim), "a workspace");
  fill_device(o->workspace.data(), 0, o->workspace.bytes());
  GpuCase c;
  c.sets = sets;
  c.bytes = bytes + static_cast<double>(t * heads * m.head_dim) * (2 + 4);
  c.flops = 4.0 * static_cast<double>(t * heads * m.head_dim * (window + selected));
  const auto call = [o, m, heads, t, window, selected](Stream stream, std::int64_t set,
                                                       const SparseMlaConfig* config) {
    launch_sparse_mla_decode(
        {.tokens = t,
         .heads = heads,
         .head_dim = m.head_dim,
         .q = o->q.data(),
         .window = {o->window.view, o->window_indices.data() + set * t * window, window,
                    o->window_length.data()},
         .compressed = {o->compressed.view, o->compressed_indices.data() + set * t * selected,
                        selected, o->compressed_length.data()},
         .sink = {WeightFormat::kF32, heads, reinterpret_cast<const std::byte*>(o->sink.data())},
         .scale = 1 / std::sqrt(static_cast<double>(m.head_dim)),
         .o = o->o.data(),
         .workspace = o->workspace.data()},
        stream, config);
  };
  c.enqueue = [call](Stream stream, std::int64_t set) { call(stream, set, nullptr); };
  c.tunable =
      bench::Tunable{.op = "sparse_mla",
                     .shape = tuning_shape({.tokens = t,
                                            .heads = heads,
                                            .head_dim = m.head_dim,
                                            .tiles = sparse_mla_tiles(window, selected)}),
                     .configs = sparse_mla_choices(),
                     .enqueue = [call](Stream stream, std::int64_t set, std::size_t config) {
                       const SparseMlaConfig chosen = sparse_mla_choice(config);
                       call(stream, set, &chosen);
                     }};
  return c;
}

[[maybe_unused]] const int kRegistered =
    bench::add_gpu_cases("sparse_mla", make_sparse_mla, {.contexts = bench::kContexts});

}  // namespace
}  // namespace dscope
