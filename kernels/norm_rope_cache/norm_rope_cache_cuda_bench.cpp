// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/norm_rope_cache/norm_rope_cache.h"
#include "kernels/norm_rope_cache/rms_norm.h"
#include "workloads/formats.h"

#include <memory>
#include <numeric>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

struct Operands {
  DeviceArray<bf16_t> x;
  DeviceArray<float> x_float;
  DeviceArray<bf16_t> y;
  DeviceArray<bf16_t> weight;
  DeviceArray<std::int64_t> positions;
  DeviceArray<std::int64_t> slots;
  DeviceArray<double> frequencies;
  DeviceBuffer cache;

  Operands(const Shape& shape, std::int64_t values_per_token)
      : x(bench::random_device_activations(shape.tokens * values_per_token)),
        x_float(bench::filled_device_array(shape.tokens * values_per_token, 0.5f)),
        y(shape.tokens * values_per_token),
        weight(bench::random_device_activations(values_per_token)),
        positions(bench::filled_device_array(shape.tokens, shape.context)),
        frequencies(Rope(shape.config(), 4).frequencies()) {}

  [[nodiscard]] RopeView rope() const { return {frequencies.data(), frequencies.size()}; }
  [[nodiscard]] WeightVector norm(std::int64_t size) const {
    return {WeightFormat::kBf16, size, reinterpret_cast<const std::byte*>(weight.data())};
  }
};

GpuCase warm_case(double bytes, std::function<void(Stream, std::int64_t)> enqueue) {
  GpuCase c;
  c.sets = bench::kWarmSets;
  c.bytes = bytes;
  c.enqueue = std::move(enqueue);
  return c;
}

GpuCase make_rms_norm(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t dim = m.q_lora_rank;
  const auto o = std::make_shared<Operands>(shape, dim);
  return warm_case(4.0 * static_cast<double>(shape.tokens * dim),
                   [o, m, dim, t = shape.tokens](Stream stream, std::int64_t) {
                     launch_rms_norm(RmsNormParams<bf16_t, bf16_t>{.tokens = t,
                                                                   .x = o->x.data(),
                                                                   .x_stride = dim,
                                                                   .weight = o->norm(dim),
                                                                   .eps = m.rms_eps,
                                                                   .y = o->y.data()},
                                     stream);
                   });
}

GpuCase make_q_norm_rope(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t heads = shape.layout().heads(m).size();
  const auto o = std::make_shared<Operands>(shape, heads * m.head_dim);
  return warm_case(4.0 * static_cast<double>(shape.tokens * heads * m.head_dim),
                   [o, m, heads, t = shape.tokens](Stream stream, std::int64_t) {
                     launch_q_norm_rope({.tokens = t,
                                         .heads = heads,
                                         .head_dim = m.head_dim,
                                         .rope_dim = m.rope_dim,
                                         .q = o->x.data(),
                                         .positions = o->positions.data(),
                                         .rope = o->rope(),
                                         .eps = m.rms_eps},
                                        stream);
                   });
}

GpuCase make_inverse_rope(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t heads = shape.layout().heads(m).size();
  const auto o = std::make_shared<Operands>(shape, heads * m.head_dim);
  return warm_case(6.0 * static_cast<double>(shape.tokens * heads * m.head_dim),
                   [o, m, heads, t = shape.tokens](Stream stream, std::int64_t) {
                     launch_inverse_rope({.tokens = t,
                                          .heads = heads,
                                          .head_dim = m.head_dim,
                                          .rope_dim = m.rope_dim,
                                          .x = o->x_float.data(),
                                          .o = o->y.data(),
                                          .positions = o->positions.data(),
                                          .rope = o->rope()},
                                         stream);
                   });
}

GpuCase make_kv_store(const Shape& shape) {
  const ModelConfig m = shape.config();
  const auto o = std::make_shared<Operands>(shape, m.head_dim);
  std::vector<std::int64_t> slots(static_cast<std::size_t>(shape.tokens));
  std::iota(slots.begin(), slots.end(), 0);
  o->slots = DeviceArray<std::int64_t>(slots);
  o->cache = DeviceBuffer(KvPage::stride(kPageTokens), "a cache page");
  return warm_case(
      static_cast<double>(shape.tokens * (2 * m.head_dim + KvPage::kTokenBytes)),
      [o, m, t = shape.tokens](Stream stream, std::int64_t) {
        launch_kv_norm_rope_store(
            {.tokens = t,
             .kv = o->x.data(),
             .kv_stride = m.head_dim,
             .weight = o->norm(m.head_dim),
             .positions = o->positions.data(),
             .slots = o->slots.data(),
             .rope = o->rope(),
             .cache = {.data = o->cache.data(), .page_stride = KvPage::stride(kPageTokens)},
             .eps = m.rms_eps},
            stream);
      });
}

constexpr auto kWarm = bench::Operands::kWarm;
[[maybe_unused]] const int kRegistered =
    bench::add_gpu_cases("rms_norm", make_rms_norm, {.operands = kWarm}) +
    bench::add_gpu_cases("q_norm_rope", make_q_norm_rope, {.operands = kWarm}) +
    bench::add_gpu_cases("inverse_rope", make_inverse_rope, {.operands = kWarm}) +
    bench::add_gpu_cases("kv_norm_rope_store", make_kv_store, {.operands = kWarm});

}  // namespace
}  // namespace dscope
