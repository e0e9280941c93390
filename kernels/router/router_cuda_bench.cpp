// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/router/router.h"
#include "workloads/random.h"

#include <memory>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

struct Operands {
  DeviceArray<float> logits;
  DeviceArray<float> bias;
  DeviceArray<std::int32_t> ids;
  DeviceArray<float> weights;
};

// The choice of experts from finished logits.
GpuCase make_router(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t t = shape.tokens;
  const auto o = std::make_shared<Operands>();
  std::vector<float> logits;
  for (std::int64_t i = 0; i < t * m.experts; ++i) {
    logits.push_back(static_cast<float>(2 * unit_interval(hash64(i)) - 1));
  }
  o->logits = DeviceArray<float>(logits);
  o->bias = bench::filled_device_array(m.experts, 0.1f);
  o->ids = DeviceArray<std::int32_t>(t * m.experts_per_token);
  o->weights = DeviceArray<float>(t * m.experts_per_token);
  GpuCase c;
  c.sets = bench::kWarmSets;
  c.bytes = static_cast<double>(t * (4 * m.experts + 8 * m.experts_per_token));
  c.enqueue = [o, m, t](Stream stream, std::int64_t) {
    launch_router({.tokens = t,
                   .experts = m.experts,
                   .experts_per_token = m.experts_per_token,
                   .logits = o->logits.data(),
                   .bias = {WeightFormat::kF32, m.experts,
                            reinterpret_cast<const std::byte*>(o->bias.data())},
                   .routed_scaling = m.routed_scaling,
                   .ids = o->ids.data(),
                   .weights = o->weights.data()},
                  stream);
  };
  return c;
}

[[maybe_unused]] const int kRegistered =
    bench::add_gpu_cases("router", make_router, {.operands = bench::Operands::kWarm});

}  // namespace
}  // namespace dscope
