// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/stage_range.h"
#include "kernels/decode_step/cpu_decoder.h"
#include "kernels/decode_step/rank_weights.h"
#include "kernels/moe/moe.h"
#include "kernels/router/router.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <memory>

namespace dscope {
namespace {

// The experts that a step's ids name, sliced for this rank, by local id. Handles keep synthetic
// weights alive for the step.
struct RankExperts {
  std::vector<std::shared_ptr<const ExpertWeights>> handles;
  std::vector<ExpertWeights> slices;              // [owned experts]
  std::vector<const ExpertWeights*> by_local_id;  // [owned experts], null: not named
};

// Turns global ids into local ones (-1: owned elsewhere) and fetches the experts they name.
RankExperts fetch_experts(WeightSource& weights, std::int64_t layer, const Slice& owned,
                          const Slice& intermediate, std::vector<std::int32_t>& ids) {
  RankExperts experts;
  experts.slices.resize(static_cast<std::size_t>(owned.size()));
  experts.by_local_id.resize(static_cast<std::size_t>(owned.size()));
  for (std::int32_t& id : ids) {
    const std::int64_t local = owned.contains(id) ? id - owned.begin : -1;
    if (local >= 0 && experts.by_local_id[local] == nullptr) {
      experts.handles.push_back(weights.expert(layer, id));
      experts.slices[local] = rank_slice(*experts.handles.back(), intermediate);
      experts.by_local_id[local] = &experts.slices[local];
    }
    id = static_cast<std::int32_t>(local);
  }
  return experts;
}

}  // namespace

template <Activation Act>
std::vector<std::int32_t> CpuDecoder<Act>::forced_experts(StepState& s, std::int64_t layer) const {
  if (!s.hooks->force_routing) return {};
  const std::int64_t k = model_.experts_per_token;
  std::vector<std::int32_t> ids(static_cast<std::size_t>(s.tokens * k));
  std::int64_t forced = 0;
  for (std::int64_t t = 0; t < s.tokens; ++t) {
    const auto begin = ids.begin() + t * k;
    if (s.hooks->force_routing(t, layer, {begin, begin + k})) ++forced;
  }
  DSCOPE_REQUIRE(forced == 0 || forced == s.tokens,
                 "routing of layer {} is forced for {} of {} tokens", layer, forced, s.tokens);
  for (const std::int32_t id : ids) {
    DSCOPE_REQUIRE(id >= -1 && id < model_.experts, "forced expert {} of {} in layer {}", id,
                   model_.experts, layer);
  }
  if (forced == 0) ids.clear();
  return ids;
}

template <Activation Act>
void CpuDecoder<Act>::moe(StepState& s, std::int64_t layer, const LayerWeights& w) {
  const std::int64_t k = model_.experts_per_token;
  std::vector<float> logits(static_cast<std::size_t>(s.tokens * model_.experts));
  {
    const StageRange range(s.sink, Op::kRouterGate);
    linear(s, s.x.data(), model_.hidden, w.router.gate, logits.data(), model_.experts);
  }
  std::vector<std::int32_t> ids(static_cast<std::size_t>(s.tokens * k));
  std::vector<float> routing_weights(ids.size());
  {
    const StageRange range(s.sink, Op::kRouterTopK);
    const std::vector<std::int32_t> forced = forced_experts(s, layer);
    reference_router({.tokens = s.tokens,
                      .experts = model_.experts,
                      .experts_per_token = k,
                      .logits = logits.data(),
                      .bias = w.router.bias,
                      .tid2eid = w.router.tid2eid,
                      .token_ids = s.meta->ids.data(),
                      .forced = forced.empty() ? nullptr : forced.data(),
                      .routed_scaling = model_.routed_scaling,
                      .ids = ids.data(),
                      .weights = routing_weights.data()});
    if (s.hooks->on_routing) s.hooks->on_routing(layer, ids);
  }
  std::vector<float> routed(s.f.size());
  MoeParams<Act> p{.tokens = s.tokens,
                   .hidden = model_.hidden,
                   .experts_per_token = k,
                   .x = s.x.data(),
                   .ids = ids.data(),
                   .weights = routing_weights.data(),
                   .shared = &w.shared_expert,
                   .swiglu_limit = model_.swiglu_limit,
                   .quantise_activations = activations_to_fp8_,
                   .routed = routed.data(),
                   .out = s.f.data()};
  {
    const StageRange range(s.sink, Op::kMoeRouted);
    const RankExperts experts = fetch_experts(weights_, layer, options_.layout.experts(model_),
                                              options_.layout.routed_intermediate(model_), ids);
    p.expert_count = std::ssize(experts.by_local_id);
    p.experts = experts.by_local_id.data();
    reference_moe_routed(p);
  }
  const StageRange range(s.sink, Op::kMoeShared);
  reference_moe_shared(p);
}

template class CpuDecoder<float>;
template class CpuDecoder<bf16_t>;

}  // namespace dscope
