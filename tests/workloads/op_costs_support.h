// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/op_costs.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <vector>

namespace dscope {

// A step of `tokens` tokens at context S whose chosen experts differ as far as there are enough.
inline CostInputs inputs(const ModelConfig& model, std::int64_t tokens, std::int64_t context,
                         ParallelLayout layout = {}) {
  CostInputs in;
  in.model = &model;
  in.layout = layout;
  in.contexts.assign(static_cast<std::size_t>(tokens), context);
  const std::int64_t slots = tokens * model.experts_per_token;
  const auto layers = static_cast<std::size_t>(model.layers);
  in.unique_experts.assign(layers, static_cast<double>(std::min(slots, model.experts)));
  in.expert_slots.assign(layers, static_cast<double>(slots));
  return in;
}

using Filter = std::function<bool(const OpCost&)>;

inline OpCost sum_if(const std::vector<OpCost>& costs, const Filter& filter) {
  std::vector<OpCost> chosen;
  std::copy_if(costs.begin(), costs.end(), std::back_inserter(chosen), filter);
  return total(chosen);
}

inline OpCost sum_of(const std::vector<OpCost>& costs, std::set<Op> ops) {
  return sum_if(costs, [&](const OpCost& c) { return ops.contains(c.op); });
}

inline OpCost at(const std::vector<OpCost>& costs, Op op, std::int64_t layer) {
  return sum_if(costs, [&](const OpCost& c) { return c.op == op && c.layer == layer; });
}

}  // namespace dscope
