// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/indexer_query/indexer_query.h"

#include <memory>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

struct Operands {
  DeviceArray<bf16_t> q;
  DeviceArray<bf16_t> w;
  DeviceArray<std::int64_t> positions;
  DeviceArray<double> frequencies;
  DeviceBuffer out;
  DeviceArray<float> head_weights;
};

// The epilogue of the index query projection, to FP8.
GpuCase make_indexer_query(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t t = shape.tokens;
  const std::int64_t values = t * m.index_heads * m.index_dim;
  const auto o = std::make_shared<Operands>();
  o->q = bench::random_device_activations(values);
  o->w = bench::random_device_activations(t * m.index_heads);
  o->positions = bench::filled_device_array(t, shape.context);
  o->frequencies = DeviceArray<double>(Rope(m, 4).frequencies());
  o->out = DeviceBuffer(values, "index queries");
  o->head_weights = DeviceArray<float>(t * m.index_heads);
  GpuCase c;
  c.sets = bench::kWarmSets;
  c.bytes = 3.0 * static_cast<double>(values);
  c.enqueue = [o, m, t](Stream stream, std::int64_t) {
    launch_indexer_query(
        IndexerQueryParams<bf16_t>{.tokens = t,
                                   .heads = m.index_heads,
                                   .dim = m.index_dim,
                                   .rope_dim = m.rope_dim,
                                   .q = o->q.data(),
                                   .w = o->w.data(),
                                   .positions = o->positions.data(),
                                   .rope = {o->frequencies.data(), o->frequencies.size()},
                                   .out = {o->out.data(), CacheFormat::kFp8},
                                   .head_weights = o->head_weights.data()},
        stream);
  };
  return c;
}

[[maybe_unused]] const int kRegistered =
    bench::add_gpu_cases("indexer_query", make_indexer_query, {.operands = bench::Operands::kWarm});

}  // namespace
}  // namespace dscope
