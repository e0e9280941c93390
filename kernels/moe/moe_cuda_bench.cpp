// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/bench_support.h"
#include "kernels/cuda/bench_support.h"
#include "kernels/moe/moe.h"
#include "kernels/moe/moe_config.h"
#include "workloads/routing/generator.h"

#include <algorithm>
#include <memory>
#include <set>

namespace dscope {
namespace {

using bench::GpuCase;
using bench::Shape;

// Slices of one rank, as views of a host expert.
ExpertWeights rank_slice(const ExpertWeights& expert, const Slice& rows) {
  return {expert.w1.row_slice(rows.begin, rows.end), expert.w3.row_slice(rows.begin, rows.end),
          expert.w2.col_slice(rows.begin, rows.end)};
}

// A MoE layer on one rank: all routed experts of a bank (copies of one: what they hold does not
// matter), the shared expert (or, as `moe_routed`, without), uniform routing, other experts in
// every call.
struct MoeOperands {
  static constexpr std::int64_t kSharedCopies = 4;
  DeviceBuffer bank_memory;
  ExpertBank bank;
  std::vector<std::unique_ptr<DeviceMatrix>> shared_matrices;
  std::vector<ExpertWeights> shared;
  DeviceArray<bf16_t> x;
  DeviceArray<std::int32_t> ids;  // [sets, T, k]
  DeviceArray<float> weights;     // [T, k]
  DeviceBuffer workspace;
  DeviceArray<bf16_t> out;
};

void make_experts(MoeOperands& o, const ModelConfig& m, const ParallelLayout& layout) {
  SyntheticWeights source(m, 1, 1ll << 30);
  o.bank = {.hidden = m.hidden, .intermediate = layout.routed_intermediate(m).size()};
  const std::int64_t bytes = o.bank.expert_bytes();
  std::vector<std::byte> packed(static_cast<std::size_t>(bytes));
  pack_expert(rank_slice(*source.expert(bench::kLayer, 0), layout.routed_intermediate(m)),
              packed.data());
  o.bank_memory = DeviceBuffer(m.experts * bytes, "the routed experts of a layer");
  o.bank.data = o.bank_memory.data();
  copy_to_device(o.bank_memory.data(), packed.data(), bytes);
  for (std::int64_t e = 1; e < m.experts; ++e) {
    copy_on_device(o.bank_memory.data() + e * bytes, o.bank_memory.data(), bytes);
  }
  const ExpertWeights host =
      rank_slice(source.layer(bench::kLayer).shared_expert, layout.shared_intermediate(m));
  const auto upload = [&](const WeightMatrix& matrix) {
    o.shared_matrices.push_back(std::make_unique<DeviceMatrix>(matrix));
    return o.shared_matrices.back()->view();
  };
  for (std::int64_t copy = 0; copy < MoeOperands::kSharedCopies; ++copy) {
    o.shared.push_back({upload(host.w1), upload(host.w3), upload(host.w2)});
  }
}

enum class SharedExpert : bool { kNone, kInTheSameWaves };

GpuCase make_moe(const Shape& shape, SharedExpert with) {
  const ModelConfig m = shape.config();
  const ParallelLayout layout = shape.layout();
  const auto o = std::make_shared<MoeOperands>();
  make_experts(*o, m, layout);
  const std::int64_t k = m.experts_per_token;
  const bool shared = with == SharedExpert::kInTheSameWaves;
  const std::int64_t shared_intermediate = shared ? layout.shared_intermediate(m).size() : 0;
  const double shared_bytes =
      shared ? static_cast<double>(o->shared[0].w1.bytes() + o->shared[0].w3.bytes() +
                                   o->shared[0].w2.bytes())
             : 0;
  const std::int64_t sets =
      bench::cold_sets(static_cast<double>(k * o->bank.expert_bytes()) + shared_bytes);
  routing::RoutingGenerator router(routing::parse_routing_spec("uniform"),
                                   {.layers = 1, .experts = m.experts, .experts_per_token = k}, 3);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(sets * shape.tokens * k));
  double unique = 0;
  for (std::int64_t set = 0; set < sets; ++set) {
    const auto first = ids.begin() + set * shape.tokens * k;
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      router.pick(set, t, 0, {first + t * k, static_cast<std::size_t>(k)});
    }
    unique += static_cast<double>(std::set<std::int32_t>(first, first + shape.tokens * k).size());
  }
  unique /= static_cast<double>(sets);
  o->ids = DeviceArray<std::int32_t>(ids);
  o->weights = bench::filled_device_array(shape.tokens * k, 0.25f);
  o->x = bench::random_device_activations(shape.tokens * m.hidden);
  o->out = DeviceArray<bf16_t>(shape.tokens * m.hidden);
  const std::int64_t intermediate = std::max(o->bank.intermediate, shared_intermediate);
  o->workspace =
      DeviceBuffer(moe_workspace_bytes(shape.tokens, k, m.hidden, intermediate), "a workspace");
  fill_device(o->workspace.data(), 0, o->workspace.bytes());
  const double expert_values = 3.0 * static_cast<double>(m.hidden * o->bank.intermediate);
  GpuCase c;
  c.sets = sets;
  c.bytes = unique * expert_values * (0.5 + 1.0 / 32) + shared_bytes;
  c.flops = 2 * static_cast<double>(shape.tokens) *
            (static_cast<double>(k) * expert_values +
             3.0 * static_cast<double>(m.hidden * shared_intermediate));
  const auto call = [o, m, k, shape, shared](Stream stream, std::int64_t set,
                                             const MoeConfig* config) {
    launch_moe(
        MoeParams<bf16_t>{.tokens = shape.tokens,
                          .hidden = m.hidden,
                          .experts_per_token = k,
                          .x = o->x.data(),
                          .ids = o->ids.data() + set * shape.tokens * k,
                          .weights = o->weights.data(),
                          .expert_count = m.experts,
                          .bank = o->bank,
                          .shared = shared ? &o->shared[set % MoeOperands::kSharedCopies] : nullptr,
                          .swiglu_limit = m.swiglu_limit,
                          .workspace = o->workspace.data(),
                          .out = o->out.data()},
        stream, config);
  };
  c.enqueue = [call](Stream stream, std::int64_t set) { call(stream, set, nullptr); };
  c.tunable =
      bench::Tunable{.op = "moe",
                     .shape = tuning_shape({.tokens = shape.tokens,
                                            .hidden = m.hidden,
                                            .experts_per_token = k,
                                            .expert_count = m.experts,
                                            .intermediate = o->bank.intermediate,
                                            .shared_intermediate = shared_intermediate}),
                     .configs = moe_configs().size(),
                     .enqueue = [call](Stream stream, std::int64_t set, std::size_t config) {
                       const MoeConfig chosen = moe_configs()[config];
                       call(stream, set, &chosen);
                     }};
  return c;
}

[[maybe_unused]] const int kRegistered =
    bench::add_gpu_cases(
        "moe", [](const Shape& shape) { return make_moe(shape, SharedExpert::kInTheSameWaves); }) +
    bench::add_gpu_cases("moe_routed",
                         [](const Shape& shape) { return make_moe(shape, SharedExpert::kNone); });

}  // namespace
}  // namespace dscope
