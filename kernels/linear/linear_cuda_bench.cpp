// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/bench_support.h"
#include "kernels/cuda/bench_support.h"
#include "kernels/linear/linear.h"
#include "kernels/linear/linear_config.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

template <class Out>
struct LinearOperands {
  std::unique_ptr<bench::RotatingMatrix> weight;
  DeviceArray<bf16_t> x;
  DeviceArray<Out> y;
};

// Times a matrix of this rank; `groups` as in LinearParams.
template <class Out>
GpuCase make_linear(const WeightMatrix& host, std::int64_t tokens, std::int64_t groups = 1) {
  const auto o = std::make_shared<LinearOperands<Out>>();
  o->weight = std::make_unique<bench::RotatingMatrix>(host);
  o->x = bench::random_device_activations(tokens * groups * host.cols);
  o->y = DeviceArray<Out>(tokens * host.rows);
  GpuCase c;
  c.sets = o->weight->sets();
  c.bytes = static_cast<double>(host.bytes());
  c.flops = 2.0 * static_cast<double>(tokens * host.rows * host.cols);
  const auto params = [o, tokens, groups](std::int64_t set) {
    const WeightMatrix& weight = o->weight->view(set);
    return LinearParams<bf16_t, Out>{.tokens = tokens,
                                     .groups = groups,
                                     .x = o->x.data(),
                                     .x_stride = groups * weight.cols,
                                     .weight = weight,
                                     .y = o->y.data(),
                                     .y_stride = weight.rows};
  };
  c.enqueue = [params](Stream stream, std::int64_t set) { launch_linear(params(set), stream); };
  c.tunable =
      bench::Tunable{.op = "linear",
                     .shape = tuning_shape(linear_problem(params(0))),
                     .configs = linear_choices().size(),
                     .enqueue = [params](Stream stream, std::int64_t set, std::size_t choice) {
                       launch_linear_as(params(set), linear_choices()[choice], stream);
                     }};
  return c;
}

// Weights of the layer that all cases use, made once a model.
SyntheticWeights& weights_of(const std::string& model) {
  static std::map<std::string, std::unique_ptr<SyntheticWeights>> made;
  auto& weights = made[model];
  if (!weights) weights = std::make_unique<SyntheticWeights>(preset(model), 1, 1ll << 30);
  return *weights;
}
const AttentionWeights& attention(const Shape& s) {
  return weights_of(s.model).layer(bench::kLayer).attn;
}

GpuCase make_q_down(const Shape& s) {
  return make_linear<bf16_t>(attention(s).wq_a, s.tokens);
}
GpuCase make_q_up(const Shape& s) {
  const ModelConfig m = s.config();
  const Slice heads = s.layout().heads(m);
  return make_linear<bf16_t>(
      attention(s).wq_b.row_slice(heads.begin * m.head_dim, heads.end * m.head_dim), s.tokens);
}
GpuCase make_wo_a(const Shape& s) {
  const ModelConfig m = s.config();
  const Slice groups = s.layout().o_groups(m);
  return make_linear<bf16_t>(
      attention(s).wo_a.row_slice(groups.begin * m.o_lora_rank, groups.end * m.o_lora_rank),
      s.tokens, groups.size());
}
GpuCase make_wo_b(const Shape& s) {
  const ModelConfig m = s.config();
  const Slice groups = s.layout().o_groups(m);
  return make_linear<bf16_t>(
      attention(s).wo_b.col_slice(groups.begin * m.o_lora_rank, groups.end * m.o_lora_rank),
      s.tokens);
}
GpuCase make_compressor(const Shape& s) {
  return make_linear<float>(attention(s).compressor.wkv, s.tokens);
}
GpuCase make_gate(const Shape& s) {
  return make_linear<float>(weights_of(s.model).layer(bench::kLayer).router.gate, s.tokens);
}
GpuCase make_lm_head(const Shape& s) {
  const Slice vocab = s.layout().vocab(s.config());
  return make_linear<float>(weights_of(s.model).ends().head.row_slice(vocab.begin, vocab.end),
                            s.tokens);
}

// Closer together than for other ops: the configuration changes with T, and a larger batch should
// not be faster.
int add_cases(std::string_view name, GpuCase (*make)(const Shape&)) {
  return bench::add_gpu_cases(name, make,
                              {.tokens = {1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128}});
}

[[maybe_unused]] const int kRegistered =
    add_cases("linear/q_down", make_q_down) + add_cases("linear/q_up", make_q_up) +
    add_cases("linear/wo_a", make_wo_a) + add_cases("linear/wo_b", make_wo_b) +
    add_cases("linear/compressor", make_compressor) + add_cases("linear/gate", make_gate) +
    add_cases("linear/lm_head", make_lm_head);

}  // namespace
}  // namespace dscope
