// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/bench_support.h"
#include "kernels/moe/moe.h"

#include <memory>

namespace dscope {
namespace {

// The routed experts of one token: six MXFP4 experts of V4-Flash.
void moe_routed(benchmark::State& state) {
  SyntheticWeights& weights = bench::flash_weights();
  const ModelConfig& m = weights.config();
  std::vector<std::shared_ptr<const ExpertWeights>> handles;
  std::vector<const ExpertWeights*> experts;
  std::vector<std::int32_t> ids;
  double bytes = 0;
  for (std::int64_t id = 0; id < m.experts_per_token; ++id) {
    handles.push_back(weights.expert(bench::kLayer, id));
    experts.push_back(handles.back().get());
    ids.push_back(static_cast<std::int32_t>(id));
    bytes += static_cast<double>(experts.back()->w1.bytes() + experts.back()->w3.bytes() +
                                 experts.back()->w2.bytes());
  }
  const std::vector<float> routing_weights(ids.size(), 0.25f);
  const std::vector<bf16_t> x = bench::random_activations(m.hidden);
  std::vector<float> routed(static_cast<std::size_t>(m.hidden));
  for (auto _ : state) {
    reference_moe_routed<bf16_t>({.tokens = 1,
                                  .hidden = m.hidden,
                                  .experts_per_token = m.experts_per_token,
                                  .x = x.data(),
                                  .ids = ids.data(),
                                  .weights = routing_weights.data(),
                                  .expert_count = std::ssize(experts),
                                  .experts = experts.data(),
                                  .swiglu_limit = m.swiglu_limit,
                                  .routed = routed.data()});
  }
  bench::set_counters(
      state, bytes,
      2.0 * 3 * static_cast<double>(m.experts_per_token * m.hidden * m.moe_intermediate));
}
BENCHMARK(moe_routed)->Name("cpu/moe/routed")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace dscope
