// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/bench_support.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode.h"

#include <cmath>
#include <numeric>

namespace dscope {
namespace {

// One token of V4-Flash: 64 heads over a window of 128 and 512 selected entries, FP8 pages.
void sparse_mla_decode(benchmark::State& state) {
  const ModelConfig m = preset("dsv4-flash");
  const std::int64_t stride = kv_page_stride(CacheFormat::kFp8, 64, m.head_dim);
  const auto compressed = static_cast<std::int32_t>(state.range(0));
  const std::int64_t pages = ceil_div(std::max<std::int64_t>(compressed, m.window), 64);
  std::vector<std::byte> bytes(static_cast<std::size_t>(pages * stride));
  const KvCacheView cache{bytes.data(), CacheFormat::kFp8, m.head_dim, m.rope_dim, 64, stride};
  std::vector<float> entry(static_cast<std::size_t>(m.head_dim), 0.5f);
  for (std::int64_t slot = 0; slot < pages * 64; ++slot) store_kv(cache, slot, entry.data());
  std::vector<std::int32_t> indices(static_cast<std::size_t>(pages * 64));
  std::iota(indices.begin(), indices.end(), 0);
  const auto window = static_cast<std::int32_t>(m.window);
  const std::vector<bf16_t> q = bench::random_activations(m.heads * m.head_dim);
  std::vector<float> o(q.size());
  const WeightVector& sink = bench::flash_weights().layer(bench::kLayer).attn.sink;
  for (auto _ : state) {
    reference_sparse_mla_decode<bf16_t>(
        {.tokens = 1,
         .heads = m.heads,
         .head_dim = m.head_dim,
         .q = q.data(),
         .window = {cache, indices.data(), pages * 64, &window},
         .compressed = {cache, indices.data(), pages * 64, &compressed},
         .sink = sink,
         .scale = 1 / std::sqrt(static_cast<double>(m.head_dim)),
         .o = o.data()});
  }
  const double entries = static_cast<double>(window + compressed);
  bench::set_counters(state, entries * KvPage::kTokenBytes,
                      4.0 * static_cast<double>(m.heads * m.head_dim) * entries);
}
BENCHMARK(sparse_mla_decode)
    ->Name("cpu/sparse_mla_decode")
    ->ArgName("compressed")
    ->Arg(0)
    ->Arg(512)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace dscope
