// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/workload_summary.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace dscope::cli {
namespace {

CostInputs cost_inputs(const RunPlan& plan, const ModelConfig& model, const StepShape& step,
                       const StepChoices& choices) {
  CostInputs in;
  in.model = &model;
  in.layout = plan.layout;
  in.numerics = plan.workload.numerics;
  // The CPU reference multiplies with wo_a as the checkpoint stores it: no BF16 copy is made.
  in.wo_a_bf16 = plan.cuda && plan.workload.wo_a_bf16;
  for (const StepSequence& s : step.sequences) in.contexts.push_back(s.context);
  const Slice owned = plan.layout.experts(model);
  for (const std::vector<std::int32_t>& ids : choices.routed()) {
    std::vector<std::int32_t> mine;
    std::ranges::copy_if(ids, std::back_inserter(mine),
                         [&](std::int32_t id) { return owned.contains(id); });
    in.expert_slots.push_back(static_cast<double>(mine.size()));
    std::ranges::sort(mine);
    mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    in.unique_experts.push_back(static_cast<double>(mine.size()));
  }
  return in;
}

profile::JsonValue json_value(nlohmann::json json) {
  return std::make_shared<const nlohmann::json>(std::move(json));
}

}  // namespace

WorkloadSummary::WorkloadSummary(const RunPlan& plan)
    : plan_(plan), model_(plan.workload.decoded_model()) {}

void WorkloadSummary::add(const StepShape& step, const StepChoices& choices) {
  const auto batch = static_cast<std::int64_t>(step.sequences.size());
  for (const StepSequence& s : step.sequences) {
    context_min_ = tokens_ == 0 ? s.context : std::min(context_min_, s.context);
    context_max_ = std::max(context_max_, s.context);
    context_sum_ += static_cast<double>(s.context);
    ++tokens_;
  }
  ++steps_;
  batch_ = std::max(batch_, batch);
  for (const OpCost& cost : op_costs(cost_inputs(plan_, model_, step, choices))) {
    const auto op = static_cast<std::size_t>(cost.op);
    OpCost& sum = totals_[op];
    sum.weight_bytes += cost.weight_bytes;
    sum.read_bytes += cost.read_bytes;
    sum.write_bytes += cost.write_bytes;
    sum.wire_bytes += cost.wire_bytes;
    sum.flops += cost.flops;
    ++calls_[op];
  }
}

profile::Workload WorkloadSummary::section(const StepChoices& choices) const {
  profile::Workload w;
  w.source = plan_.source;
  w.model = model_;
  w.layout = plan_.layout;
  w.numerics = plan_.workload.numerics;
  w.backend = plan_.cuda ? "cuda" : "cpu";
  nlohmann::json routing = choices.statistics();
  routing["spec"] = plan_.workload.routing;
  routing["selection"] = plan_.workload.selection;
  w.routing = json_value(std::move(routing));
  if (steps_ == 0) return w;
  w.batch = batch_;
  w.context_min = context_min_;
  w.context_max = context_max_;
  w.context_mean = context_sum_ / static_cast<double>(tokens_);
  const auto steps = static_cast<double>(steps_);
  for (const OpInfo& op : kOps) {
    const auto i = static_cast<std::size_t>(op.op);
    if (calls_[i] == 0) continue;
    profile::OpTotals totals;
    totals.op = op.name;
    totals.stage = op.stage;
    totals.calls = calls_[i] / steps_;
    totals.weight_bytes = totals_[i].weight_bytes / steps;
    totals.read_bytes = totals_[i].read_bytes / steps;
    totals.write_bytes = totals_[i].write_bytes / steps;
    totals.wire_bytes = totals_[i].wire_bytes / steps;
    totals.flops = totals_[i].flops / steps;
    w.ops.push_back(std::move(totals));
  }
  return w;
}

}  // namespace dscope::cli
