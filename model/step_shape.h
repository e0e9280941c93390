// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "model/routing_load.h"
#include "workloads/op_costs.h"

#include <cstdint>
#include <vector>

namespace dscope::model {

// Layers that cost the same: a step has few kinds of them, however deep the model is.
struct LayerKind {
  int ratio = 0;
  bool hash = false;
  double layers = 0;
  RoutingLoad routing;  // mean over its layers where ids were recorded
};

// One op as it runs `calls` times in a step.
struct PricedOp {
  Op op = Op::kEmbed;
  int kind = -1;  // index into StepShape::kinds; -1: outside the layers
  double calls = 1;
  OpCost cost;  // of one call, by op_costs()
};

struct StepShape {
  ModelConfig model;  // one layer of each kind
  ParallelLayout layout;
  double tokens = 0;  // T: of all sequences, drafted ones included
  std::vector<LayerKind> kinds;
  std::vector<PricedOp> ops;                 // in execution order, kind after kind
  [[nodiscard]] double total_bytes() const;  // of DRAM, a step
};

// What a step of `tokens_per_sequence` tokens of each sequence moves and computes. A compressed
// entry is completed in one step of `ratio`: its cost is spread over them, so that a step is that
// of an average position near the context.
[[nodiscard]] StepShape step_shape(const Configuration& configuration,
                                   std::int64_t tokens_per_sequence);

}  // namespace dscope::model
