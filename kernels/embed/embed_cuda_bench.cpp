// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/embed/embed.h"
#include "workloads/random.h"

#include <memory>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

struct Operands {
  DeviceBuffer table;
  DeviceArray<std::int32_t> ids;  // [sets, T]
  DeviceArray<bf16_t> out;
};

// Rows of a rank's slice of the embedding, each call's others.
GpuCase make_embed(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t t = shape.tokens;
  const Slice vocab = shape.layout().vocab(m);
  const double bytes = 2.0 * static_cast<double>(t * m.hidden);
  const std::int64_t sets = bench::cold_sets(bytes);
  const auto o = std::make_shared<Operands>();
  o->table = DeviceBuffer(2 * vocab.size() * m.hidden, "an embedding");
  fill_device(o->table.data(), 0x3c, o->table.bytes());
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < sets * t; ++i) {
    ids.push_back(static_cast<std::int32_t>(hash64(i) % static_cast<std::uint64_t>(vocab.size())));
  }
  o->ids = DeviceArray<std::int32_t>(ids);
  o->out = DeviceArray<bf16_t>(t * m.hidden);
  GpuCase c;
  c.sets = sets;
  c.bytes = 2 * bytes;
  c.enqueue = [o, m, t, vocab](Stream stream, std::int64_t set) {
    launch_embed(EmbedParams<bf16_t>{.tokens = t,
                                     .ids = o->ids.data() + set * t,
                                     .table = {.format = WeightFormat::kBf16,
                                               .rows = vocab.size(),
                                               .cols = m.hidden,
                                               .data = o->table.data(),
                                               .row_bytes = 2 * m.hidden},
                                     .vocab = vocab,
                                     .out = o->out.data()},
                 stream);
  };
  return c;
}

[[maybe_unused]] const int kRegistered = bench::add_gpu_cases("embed", make_embed);

}  // namespace
}  // namespace dscope
