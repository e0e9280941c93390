// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/step_shape.h"

#include "workloads/base/error.h"

#include <algorithm>

namespace dscope::model {
namespace {

std::vector<LayerKind> layer_kinds(const ModelConfig& m) {
  std::vector<LayerKind> kinds;
  for (std::int64_t layer = 0; layer < m.layers; ++layer) {
    const int ratio = m.compress_ratios[static_cast<std::size_t>(layer)];
    const bool hash = m.is_hash_layer(layer);
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const LayerKind& kind) {
      return kind.ratio == ratio && kind.hash == hash;
    });
    if (found != kinds.end()) {
      found->layers += 1;
    } else {
      kinds.push_back({.ratio = ratio, .hash = hash, .layers = 1});
    }
  }
  // ModelConfig says which layers look their experts up by how many of the first do.
  std::stable_partition(kinds.begin(), kinds.end(),
                        [](const LayerKind& kind) { return kind.hash; });
  return kinds;
}

// One layer of each kind.
ModelConfig one_of_each(const ModelConfig& m, const std::vector<LayerKind>& kinds) {
  ModelConfig result = m;
  result.layers = static_cast<std::int64_t>(kinds.size());
  result.hash_layers = 0;
  result.compress_ratios.clear();
  for (const LayerKind& kind : kinds) {
    result.compress_ratios.push_back(kind.ratio);
    if (kind.hash) ++result.hash_layers;
  }
  return result;
}

// Mean of the recorded counts over the layers of one kind.
double recorded_unique(const Configuration& c, const ModelConfig& m, const LayerKind& kind) {
  double sum = 0;
  for (std::int64_t layer = 0; layer < m.layers; ++layer) {
    const auto at = static_cast<std::size_t>(layer);
    if (m.compress_ratios[at] == kind.ratio && m.is_hash_layer(layer) == kind.hash) {
      sum += c.unique_experts[at];
    }
  }
  return sum / kind.layers;
}

void load_experts(const Configuration& c, const ModelConfig& m, std::int64_t tokens,
                  std::vector<LayerKind>& kinds) {
  const RoutingQuestion question{.spec = c.routing,
                                 .experts = m.experts,
                                 .per_token = m.experts_per_token,
                                 .tokens = tokens,
                                 .groups = c.ep};
  if (c.unique_experts.empty()) {
    const RoutingLoad load = routing_load(question);
    for (LayerKind& kind : kinds) kind.routing = load;
    return;
  }
  for (LayerKind& kind : kinds) {
    kind.routing = routing_load(question, recorded_unique(c, m, kind));
  }
}

// Adds 1 / ratio of what completing an entry costs. `whole` is the same op in a step that does.
void spread_entry(OpCost& cost, const OpCost& whole, int ratio) {
  const double share = 1.0 / ratio;
  cost.weight_bytes += share * (whole.weight_bytes - cost.weight_bytes);
  cost.read_bytes += share * (whole.read_bytes - cost.read_bytes);
  cost.write_bytes += share * (whole.write_bytes - cost.write_bytes);
  cost.flops += share * (whole.flops - cost.flops);
}

bool is_compressor(Op op) {
  return op == Op::kCompressor || op == Op::kIndexCompressor;
}

constexpr std::int64_t kBlock = 128;  // tokens after which every ratio has completed an entry

}  // namespace

double StepShape::total_bytes() const {
  double sum = 0;
  for (const PricedOp& op : ops) {
    if (info(op.op).stage != Stage::kNccl) sum += op.calls * op.cost.bytes();
  }
  return sum;
}

StepShape step_shape(const Configuration& c, std::int64_t tokens_per_sequence) {
  const std::int64_t tokens = c.batch * tokens_per_sequence;
  const ModelConfig decoded = decoded_model(c);
  StepShape shape;
  shape.kinds = layer_kinds(decoded);
  load_experts(c, decoded, tokens, shape.kinds);
  shape.model = one_of_each(decoded, shape.kinds);
  shape.layout = {
      .tp = static_cast<int>(c.tp), .ep = static_cast<int>(c.ep), .rank = static_cast<int>(c.rank)};
  shape.tokens = static_cast<double>(tokens);

  CostInputs in;
  in.model = &shape.model;
  in.layout = shape.layout;
  in.numerics = c.numerics;
  in.wo_a_bf16 = c.wo_a_bf16;
  // An odd length completes no entry, and has as many as the even one below.
  in.contexts.assign(static_cast<std::size_t>(tokens), c.context | 1);
  for (const LayerKind& kind : shape.kinds) {
    in.unique_experts.push_back(kind.routing.group_unique);
    in.expert_slots.push_back(kind.routing.group_slots);
  }
  const std::vector<OpCost> costs = op_costs(in);
  in.contexts.assign(static_cast<std::size_t>(tokens), (c.context + kBlock - 1) / kBlock * kBlock);
  const std::vector<OpCost> whole = op_costs(in);
  DSCOPE_REQUIRE(costs.size() == whole.size(), "a step has {} ops, another {}", costs.size(),
                 whole.size());
  shape.ops.reserve(costs.size() + 1);
  // Uploading positions and lengths: nothing that would count as bytes, but launches.
  shape.ops.push_back({.op = Op::kStepInputs, .cost = {.op = Op::kStepInputs}});
  for (std::size_t i = 0; i < costs.size(); ++i) {
    PricedOp op{.op = costs[i].op, .kind = static_cast<int>(costs[i].layer), .cost = costs[i]};
    if (op.kind >= 0) {
      const LayerKind& kind = shape.kinds[static_cast<std::size_t>(op.kind)];
      op.calls = kind.layers;
      if (is_compressor(op.op)) spread_entry(op.cost, whole[i], kind.ratio);
    }
    shape.ops.push_back(op);
  }
  return shape;
}

}  // namespace dscope::model
