// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/paged_mqa_logits/paged_mqa_logits.h"
#include "workloads/formats.h"

#include <algorithm>
#include <memory>
#include <numeric>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

struct Operands {
  DeviceBuffer cache;
  DeviceBuffer q;
  DeviceArray<float> head_weights;
  DeviceArray<std::int32_t> pages;  // [sets, T, pages of a sequence]
  DeviceArray<std::int64_t> entries;
  DeviceArray<float> logits;
};

// Index scores over all entries of T sequences, FP8; every call reads other pages.
GpuCase make_logits(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t t = shape.tokens;
  const std::int64_t entries = shape.context / 4;
  const std::int64_t pages = ceil_div(entries, IndexPage::kEntries);
  const double key_bytes = static_cast<double>(t * entries * IndexPage::kEntryBytes);
  const std::int64_t sets = bench::cold_sets(key_bytes);
  const auto o = std::make_shared<Operands>();
  o->cache = DeviceBuffer(sets * t * pages * IndexPage::kStride, "an index cache");
  // Codes and scales of 2^-63 or so: finite, small, never NaN.
  fill_device(o->cache.data(), 0x20, o->cache.bytes());
  o->q = DeviceBuffer(t * m.index_heads * m.index_dim, "index queries");
  fill_device(o->q.data(), 0x30, o->q.bytes());
  o->head_weights =
      DeviceArray<float>(std::vector<float>(static_cast<std::size_t>(t * m.index_heads), 0.01f));
  std::vector<std::int32_t> ids(static_cast<std::size_t>(sets * t * pages));
  std::iota(ids.begin(), ids.end(), 0);
  o->pages = DeviceArray<std::int32_t>(ids);
  o->entries =
      DeviceArray<std::int64_t>(std::vector<std::int64_t>(static_cast<std::size_t>(t), entries));
  o->logits = DeviceArray<float>(t * entries);
  GpuCase c;
  c.sets = sets;
  c.bytes = key_bytes + 4.0 * static_cast<double>(t * entries);
  c.flops = 2.0 * static_cast<double>(t * entries * m.index_heads * m.index_dim);
  c.enqueue = [o, m, t, pages, entries](Stream stream, std::int64_t set) {
    launch_paged_mqa_logits({.tokens = t,
                             .heads = m.index_heads,
                             .q = {o->q.data(), CacheFormat::kFp8},
                             .head_weights = o->head_weights.data(),
                             .cache = {.data = o->cache.data(),
                                       .format = CacheFormat::kFp8,
                                       .page_stride = IndexPage::kStride},
                             .page_table = o->pages.data() + set * t * pages,
                             .page_table_stride = pages,
                             .entries = o->entries.data(),
                             .logits = o->logits.data(),
                             .logits_stride = entries},
                            stream);
  };
  return c;
}

[[maybe_unused]] const int kRegistered =
    bench::add_gpu_cases("paged_mqa_logits", make_logits, {.contexts = bench::kContexts});

}  // namespace
}  // namespace dscope
