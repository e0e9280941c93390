// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/compressor/compressor.h"
#include "kernels/cuda/bench_support.h"
#include "workloads/formats.h"

#include <memory>
#include <numeric>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

struct Operands {
  DeviceArray<float> kv;
  DeviceArray<float> score;
  DeviceArray<float> ape;
  DeviceArray<float> norm;
  DeviceArray<double> frequencies;
  DeviceArray<std::int64_t> positions;
  DeviceArray<std::int64_t> slots;
  DeviceArray<float> state;
  DeviceBuffer cache;
};

// One token of every sequence, all of which complete an entry: the longest case.
GpuCase make_compressor(const Shape& shape, std::int64_t ratio) {
  const ModelConfig m = shape.config();
  const std::int64_t t = shape.tokens;
  const std::int64_t channels = compressor_channels(ratio, m.head_dim);
  const std::int64_t page_entries = kPageTokens / ratio;
  const std::int64_t state = compressor_ring(ratio) * 2 * channels;
  const auto o = std::make_shared<Operands>();
  o->kv = bench::filled_device_array(t * channels, 0.5f);
  o->score = bench::filled_device_array(t * channels, 0.5f);
  o->ape = bench::filled_device_array(ratio * channels, 0.1f);
  o->norm = bench::filled_device_array(m.head_dim, 1.0f);
  o->frequencies = DeviceArray<double>(Rope(m, 4).frequencies());
  o->positions = bench::filled_device_array(t, shape.context / ratio * ratio - 1);
  std::vector<std::int64_t> slots(static_cast<std::size_t>(t));
  std::iota(slots.begin(), slots.end(), 0);
  o->slots = DeviceArray<std::int64_t>(slots);
  o->state = bench::filled_device_array(t * state, 0.25f);
  o->cache = DeviceBuffer(ceil_div(t, page_entries) * KvPage::stride(page_entries), "a cache");
  GpuCase c;
  c.sets = bench::kWarmSets;
  c.bytes = static_cast<double>(t * (4 * state + 16 * channels + KvPage::kTokenBytes));
  c.enqueue = [o, m, t, ratio, channels, page_entries](Stream stream, std::int64_t) {
    launch_compressor(
        CompressorParams<bf16_t>{.tokens = t,
                                 .ratio = ratio,
                                 .dim = m.head_dim,
                                 .rope_dim = m.rope_dim,
                                 .kv = o->kv.data(),
                                 .score = o->score.data(),
                                 .ape = {.format = WeightFormat::kF32,
                                         .rows = ratio,
                                         .cols = channels,
                                         .data = reinterpret_cast<const std::byte*>(o->ape.data()),
                                         .row_bytes = 4 * channels},
                                 .norm = {WeightFormat::kF32, m.head_dim,
                                          reinterpret_cast<const std::byte*>(o->norm.data())},
                                 .eps = m.rms_eps,
                                 .rope = {o->frequencies.data(), o->frequencies.size()},
                                 .positions = o->positions.data(),
                                 .state_slots = o->slots.data(),
                                 .state = o->state.data(),
                                 .entry_slots = o->slots.data(),
                                 .kv_cache = {.data = o->cache.data(),
                                              .page_entries = page_entries,
                                              .page_stride = KvPage::stride(page_entries)}},
        stream);
  };
  return c;
}

constexpr auto kWarm = bench::Operands::kWarm;
[[maybe_unused]] const int kRegistered =
    bench::add_gpu_cases("compressor/ratio:4", [](const Shape& s) { return make_compressor(s, 4); },
                         {.operands = kWarm}) +
    bench::add_gpu_cases("compressor/ratio:128",
                         [](const Shape& s) { return make_compressor(s, 128); },
                         {.operands = kWarm});

}  // namespace
}  // namespace dscope
