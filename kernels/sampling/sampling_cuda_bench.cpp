// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/sampling/sampling.h"
#include "workloads/random.h"

#include <memory>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

struct Operands {
  DeviceArray<float> logits;
  DeviceArray<std::int64_t> streams;
  DeviceArray<std::int64_t> positions;
  DeviceArray<std::int32_t> next;
  DeviceArray<SamplePartial> workspace;
};

// Drawing the next tokens at temperature 1 from logits that were just written.
GpuCase make_sample(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t t = shape.tokens;
  const auto o = std::make_shared<Operands>();
  std::vector<float> logits;
  for (std::int64_t i = 0; i < t * m.vocab; ++i) {
    logits.push_back(static_cast<float>(unit_interval(hash64(i))));
  }
  o->logits = DeviceArray<float>(logits);
  o->streams = bench::filled_device_array<std::int64_t>(t, 1);
  o->positions = bench::filled_device_array<std::int64_t>(t, 1);
  o->next = DeviceArray<std::int32_t>(t);
  o->workspace = DeviceArray<SamplePartial>(t * sample_segments(m.vocab));
  GpuCase c;
  c.sets = bench::kWarmSets;
  c.bytes = 4.0 * static_cast<double>(t * m.vocab);
  c.enqueue = [o, m, t](Stream stream, std::int64_t) {
    launch_sample({.tokens = t,
                   .vocab = m.vocab,
                   .logits = o->logits.data(),
                   .streams = o->streams.data(),
                   .positions = o->positions.data(),
                   .temperature = 1,
                   .next = o->next.data(),
                   .workspace = o->workspace.data()},
                  stream);
  };
  return c;
}

[[maybe_unused]] const int kRegistered =
    bench::add_gpu_cases("sample", make_sample, {.operands = bench::Operands::kWarm});

}  // namespace
}  // namespace dscope
