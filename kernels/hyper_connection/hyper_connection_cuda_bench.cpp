// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/bench_support.h"
#include "kernels/cuda/bench_support.h"
#include "kernels/hyper_connection/hyper_connection.h"

#include <memory>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

struct Operands {
  std::unique_ptr<bench::RotatingMatrix> fn;
  DeviceVector base;
  DeviceVector scale;
  DeviceVector norm;
  std::vector<HyperConnectionWeights> weights;  // a set each
  DeviceArray<bf16_t> streams;
  DeviceArray<bf16_t> f;
  DeviceArray<bf16_t> x;
  DeviceArray<float> post;
  DeviceArray<float> mixing;
  DeviceBuffer workspace;
};

// Leaving one sublayer, entering the next and the norm behind it.
GpuCase make_transition(const Shape& shape) {
  const ModelConfig m = shape.config();
  const std::int64_t t = shape.tokens;
  SyntheticWeights source(m, 1, 1ll << 30);
  const LayerWeights& layer = source.layer(bench::kLayer);
  const auto o = std::make_shared<Operands>();
  o->fn = std::make_unique<bench::RotatingMatrix>(layer.hc_attn.fn);
  o->base = DeviceVector(layer.hc_attn.base);
  o->scale = DeviceVector(layer.hc_attn.scale);
  o->norm = DeviceVector(layer.attn_norm);
  for (std::int64_t set = 0; set < o->fn->sets(); ++set) {
    o->weights.push_back({o->fn->view(set), o->base.view(), o->scale.view()});
  }
  o->streams = bench::random_device_activations(t * m.hc_mult * m.hidden);
  o->f = bench::random_device_activations(t * m.hidden);
  o->x = DeviceArray<bf16_t>(t * m.hidden);
  o->post = bench::filled_device_array(t * m.hc_mult, 1.0f);
  o->mixing = bench::filled_device_array(t * m.hc_mult * m.hc_mult, 0.25f);
  o->workspace = DeviceBuffer(hc_workspace_bytes(t, m.hc_mult, m.hidden), "a workspace");
  fill_device(o->workspace.data(), 0, o->workspace.bytes());
  GpuCase c;
  c.sets = o->fn->sets();
  // fn once; streams read and written, f read, x written.
  c.bytes = static_cast<double>(layer.hc_attn.fn.bytes()) +
            2.0 * static_cast<double>(t * m.hidden * (2 * m.hc_mult + 2));
  c.enqueue = [o, m, t](Stream stream, std::int64_t set) {
    const HcPostParams<bf16_t> post{.tokens = t,
                                    .streams = m.hc_mult,
                                    .hidden = m.hidden,
                                    .f = o->f.data(),
                                    .post = o->post.data(),
                                    .mixing = o->mixing.data(),
                                    .x = o->streams.data()};
    launch_hc_transition(&post,
                         HcPreParams<bf16_t>{.tokens = t,
                                             .streams = m.hc_mult,
                                             .hidden = m.hidden,
                                             .x = o->streams.data(),
                                             .weights = &o->weights[set],
                                             .rms_eps = m.rms_eps,
                                             .hc_eps = m.hc_eps,
                                             .sinkhorn_iterations = m.sinkhorn_iterations,
                                             .post = o->post.data(),
                                             .mixing = o->mixing.data(),
                                             .workspace = o->workspace.data()},
                         HcNorm{.weight = o->norm.view(), .eps = m.rms_eps, .x = o->x.data()},
                         stream);
  };
  return c;
}

[[maybe_unused]] const int kRegistered = bench::add_gpu_cases("hc_transition", make_transition);

}  // namespace
}  // namespace dscope
