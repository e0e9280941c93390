// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/decode_step/cuda_history.h"
#include "kernels/decode_step/synthetic_history.h"
#include "kernels/device/dependent_launch.cuh"
#include "workloads/random.h"

#include <algorithm>
#include <span>

namespace dscope {
namespace {

constexpr int kThreads = 256;

// Pages of entries as bytes: all entries' data of a page, then all entries' tails (the scales of
// FP8 formats; none otherwise). See formats.h.
struct EntryPages {
  std::byte* data;
  std::int64_t page_entries;
  std::int64_t page_stride;
  int data_words;  // of 4 bytes, of an entry
  int tail_words;
};

EntryPages pages_of(const KvCacheView& view) {
  const bool fp8 = view.format == CacheFormat::kFp8;
  const std::int64_t bytes = fp8 ? KvPage::kDataBytes : view.dim * element_bytes(view.format);
  return {view.data, view.page_entries, view.page_stride, static_cast<int>(bytes / 4),
          static_cast<int>(fp8 ? KvPage::kScaleBytes / 4 : 0)};
}

EntryPages pages_of(const IndexCacheView& view) {
  return {view.data, view.page_entries, view.page_stride,
          static_cast<int>(view.dim * element_bytes(view.format) / 4),
          view.format == CacheFormat::kFp8 ? 1 : 0};
}

struct SpreadArgs {
  EntryPages pool;
  EntryPages cache;
  const std::int32_t* page_ids;  // of the sequence; null: its pages follow each other
  std::int64_t first_page;       // where page_ids is null
  std::int64_t ring;             // entry e is kept at place e mod ring
  std::int64_t first;            // entries [first, end)
  std::int64_t end;
  std::int64_t shift;  // entry e is vector (e + shift) of the pool
};

__device__ std::byte* page_at(const EntryPages& pages, std::int64_t page) {
  return pages.data + page * pages.page_stride;
}

// A warp copies an entry at a time: bound by what memory takes.
__global__ void __launch_bounds__(kThreads) spread_entries_kernel(SpreadArgs a) {
  device::wait_for_previous();
  device::allow_next();
  const int lane = static_cast<int>(threadIdx.x % 32);
  const std::int64_t warps = static_cast<std::int64_t>(gridDim.x) * (kThreads / 32);
  const std::int64_t warp =
      static_cast<std::int64_t>(blockIdx.x) * (kThreads / 32) + threadIdx.x / 32;
  for (std::int64_t e = a.first + warp; e < a.end; e += warps) {
    const std::int64_t vector = (e + a.shift) % SyntheticPool::kVectors;
    const std::int64_t from_offset = vector % a.pool.page_entries;
    const std::byte* const from = page_at(a.pool, vector / a.pool.page_entries);
    const std::int64_t place = e % a.ring;
    const std::int64_t to_offset = place % a.cache.page_entries;
    const std::int64_t number = place / a.cache.page_entries;
    std::byte* const to =
        page_at(a.cache, a.page_ids != nullptr ? a.page_ids[number] : a.first_page + number);
    const auto copy = [&](std::int64_t from_word, std::int64_t to_word, int count) {
      const auto* const in = reinterpret_cast<const std::uint32_t*>(from) + from_word;
      auto* const out = reinterpret_cast<std::uint32_t*>(to) + to_word;
      for (int w = lane; w < count; w += 32) out[w] = in[w];
    };
    copy(from_offset * a.pool.data_words, to_offset * a.cache.data_words, a.pool.data_words);
    copy(a.pool.page_entries * a.pool.data_words + from_offset * a.pool.tail_words,
         a.cache.page_entries * a.cache.data_words + to_offset * a.cache.tail_words,
         a.pool.tail_words);
  }
}

void spread(const SpreadArgs& args, Stream stream) {
  if (args.first >= args.end) return;
  const std::int64_t blocks =
      std::min<std::int64_t>(2048, ceil_div(args.end - args.first, kThreads / 32));
  launch(spread_entries_kernel,
         {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kThreads)}, stream, args);
}

// Copies to the GPU that are complete on return.
DeviceBuffer upload(std::span<const std::byte> bytes, std::string_view what) {
  DeviceBuffer buffer(std::ssize(bytes), what);
  copy_to_device(buffer.data(), bytes.data(), buffer.bytes());
  return buffer;
}

constexpr std::string_view kWhat = "the pool of synthetic histories";

// Views of a pool's memory: KV entries as the window has them, keys as the index cache.
KvCacheView pool_view(const ModelConfig& m, CacheFormat format, std::byte* data) {
  return {data,       format,      m.head_dim,
          m.rope_dim, kPageTokens, kv_page_stride(format, kPageTokens, m.head_dim)};
}
IndexCacheView pool_index_view(const ModelConfig& m, CacheFormat format, std::byte* data) {
  return {data, format, m.index_dim, IndexPage::kEntries,
          index_page_stride(format, IndexPage::kEntries, m.index_dim)};
}

constexpr std::int64_t kPoolPages = ceil_div(SyntheticPool::kVectors, kPageTokens);
constexpr std::int64_t kPoolIndexPages = ceil_div(SyntheticPool::kVectors, IndexPage::kEntries);

std::vector<std::byte> encoded_entries(const ModelConfig& m, CacheFormat format,
                                       const SyntheticPool& pool) {
  const std::int64_t stride = kv_page_stride(format, kPageTokens, m.head_dim);
  std::vector<std::byte> bytes(static_cast<std::size_t>(kPoolPages * stride));
  const KvCacheView view = pool_view(m, format, bytes.data());
  for (std::int64_t i = 0; i < SyntheticPool::kVectors; ++i) store_kv(view, i, pool.vector(i));
  return bytes;
}

std::vector<std::byte> encoded_keys(const ModelConfig& m, CacheFormat format,
                                    const SyntheticPool& pool) {
  const std::int64_t stride = index_page_stride(format, IndexPage::kEntries, m.index_dim);
  std::vector<std::byte> bytes(static_cast<std::size_t>(kPoolIndexPages * stride));
  const IndexCacheView view = pool_index_view(m, format, bytes.data());
  for (std::int64_t i = 0; i < SyntheticPool::kVectors; ++i) {
    store_index_key(view, i, pool.vector(i));
  }
  return bytes;
}

std::vector<float> encoded_state(const SyntheticPool& pool, std::int64_t bytes) {
  std::vector<float> state(static_cast<std::size_t>(bytes / 4));
  pool.fill_state(state);
  return state;
}

}  // namespace

CudaHistories::CudaHistories(const ModelConfig& model, CacheFormat format, const PageTable& pages,
                             std::uint64_t seed)
    : model_(model),
      format_(format),
      seed_(seed),
      ring_tokens_(pages.ring_tokens()),
      pages_per_sequence_(pages.pages_per_sequence()),
      page_ids_(std::span(pages.row(0), static_cast<std::size_t>(pages.page_count()))) {}

void CudaHistories::encode(const std::vector<CudaLayerCaches>& caches) {
  struct Host {
    std::vector<std::byte> entries;
    std::vector<std::byte> keys;
    std::vector<float> state;
    std::vector<float> index_state;
  };
  std::vector<Host> hosts(caches.size());
#pragma omp parallel for schedule(dynamic)
  for (std::size_t l = 0; l < hosts.size(); ++l) {
    const SyntheticPool pool(hash64(seed_, static_cast<std::int64_t>(l)), model_.head_dim);
    Host& host = hosts[l];
    host.entries = encoded_entries(model_, format_, pool);
    host.state = encoded_state(pool, caches[l].state_bytes_per_slot());
    host.index_state = encoded_state(pool, caches[l].index_state_bytes_per_slot());
    if (model_.compress_ratios[l] == 4) host.keys = encoded_keys(model_, format_, pool);
  }
  for (const Host& host : hosts) {
    layers_.push_back({upload(host.entries, kWhat), upload(host.keys, kWhat),
                       upload(std::as_bytes(std::span(host.state)), kWhat),
                       upload(std::as_bytes(std::span(host.index_state)), kWhat)});
  }
}

void CudaHistories::fill(const std::vector<CudaLayerCaches>& caches, std::int64_t slot,
                         std::int64_t history, Stream stream) {
  if (layers_.empty()) encode(caches);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    fill_layer(layers_[l], caches[l], slot, history, stream);
  }
}

void CudaHistories::fill_layer(const Layer& layer, const CudaLayerCaches& caches, std::int64_t slot,
                               std::int64_t history, Stream stream) const {
  const EntryPages entries = pages_of(pool_view(model_, format_, layer.entries.data()));
  spread({.pool = entries,
          .cache = pages_of(caches.window()),
          .page_ids = nullptr,
          .first_page = slot * (ring_tokens_ / kPageTokens),
          .ring = ring_tokens_,
          .first = std::max<std::int64_t>(0, history - ring_tokens_),
          .end = history,
          .shift = 0},
         stream);
  if (caches.ratio() == 0) return;
  SpreadArgs compressed{.pool = entries,
                        .cache = pages_of(caches.compressed()),
                        .page_ids = page_ids_.data() + slot * pages_per_sequence_,
                        .first_page = 0,
                        .ring = pages_per_sequence_ * (kPageTokens / caches.ratio()),
                        .first = 0,
                        .end = history / caches.ratio(),
                        .shift = slot};
  spread(compressed, stream);
  const auto copy_state = [&](float* states, const DeviceBuffer& state) {
    copy_on_device_async(reinterpret_cast<std::byte*>(states) + slot * state.bytes(), state.data(),
                         state.bytes(), stream);
  };
  copy_state(caches.state(), layer.state);
  if (caches.ratio() != 4) return;
  compressed.pool = pages_of(pool_index_view(model_, format_, layer.index_keys.data()));
  compressed.cache = pages_of(caches.index());
  spread(compressed, stream);
  copy_state(caches.index_state(), layer.index_state);
}

}  // namespace dscope
