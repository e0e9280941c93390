// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/advise_facts.h"

#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"

#include <algorithm>

namespace dscope::model {
namespace {

StageFact& fact(StepFacts& facts, Stage stage) {
  return facts.stages[static_cast<std::size_t>(stage)];
}

// A trace without step marks holds one "step": the whole of it. Shares and ratios still hold.
void add_measurement(StepFacts& facts, const profile::Measurement& measurement) {
  const auto median_of = [&](auto value) {
    std::vector<double> values;
    for (const profile::StepSample& step : measurement.steps) {
      values.push_back(static_cast<double>(value(step)));
    }
    return profile::median(std::move(values));
  };
  for (const StageInfo& entry : kStages) {
    StageFact& stage = fact(facts, entry.stage);
    const auto index = static_cast<std::size_t>(entry.stage);
    stage.time_ns = median_of([&](const auto& step) { return step.time_ns(entry.stage); });
    stage.launches = median_of([&](const auto& step) { return step.stage_launches[index]; });
  }
  if (measurement.steps.front().nccl_wait_ns) {
    fact(facts, Stage::kNccl).wait_ns =
        median_of([](const auto& step) { return step.nccl_wait_ns.value_or(0); });
  }
}

void add_ops(StepFacts& facts, const profile::Workload& workload) {
  for (const profile::OpTotals& op : workload.ops) {
    StageFact& stage = fact(facts, op.stage);
    const bool wire = op.stage == Stage::kNccl;
    stage.bytes = stage.bytes.value_or(0) + (wire ? op.wire_bytes : op.dram_bytes());
    if (wire) facts.collective_calls += static_cast<double>(op.calls);
  }
}

void add_up(StepFacts& facts) {
  for (const StageFact& stage : facts.stages) facts.step_ns += stage.time_ns;
}

}  // namespace

double StepFacts::launches() const {
  double sum = 0;
  for (const StageFact& stage : stages) sum += stage.launches;
  return sum;
}

StepFacts facts_of(const profile::Profile& document, const std::string& source) {
  StepFacts facts;
  if (document.provenance) facts.kind = document.provenance->kind;
  if (document.measurement && !document.measurement->steps.empty()) {
    add_measurement(facts, *document.measurement);
    facts.collective_calls = 0;
  } else if (document.prediction) {
    facts.kind = profile::Kind::kPredicted;
    for (const profile::PredictedStage& stage : document.prediction->stages) {
      fact(facts, stage.stage).time_ns = stage.time_ns;
      fact(facts, stage.stage).limit = stage.limit;
    }
  } else {
    throw input_error("{}: has neither measured steps nor a prediction to advise on", source);
  }
  if (document.workload) add_ops(facts, *document.workload);
  if (document.device) facts.read_bandwidth_gbps = document.device->read_bandwidth_gbps;
  if (facts.collective_calls == 0) facts.collective_calls = facts.at(Stage::kNccl).launches;
  add_up(facts);
  if (facts.step_ns <= 0) throw input_error("{}: its step took no time", source);
  return facts;
}

StepFacts facts_of(const Outcome& outcome) {
  StepFacts facts;
  facts.kind = profile::Kind::kPredicted;
  for (const profile::PredictedStage& stage : outcome.prediction.stages) {
    fact(facts, stage.stage).time_ns = stage.time_ns;
    fact(facts, stage.stage).limit = stage.limit;
  }
  for (const OpPrediction& op : outcome.ops) {
    StageFact& stage = fact(facts, info(op.op).stage);
    stage.launches += static_cast<double>(op.launches);
    stage.bytes = stage.bytes.value_or(0) + op.bytes;
  }
  facts.collective_calls = facts.at(Stage::kNccl).launches;
  add_up(facts);
  return facts;
}

}  // namespace dscope::model
