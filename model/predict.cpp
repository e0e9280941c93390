// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/predict.h"

#include "model/axes.h"
#include "model/memory_fit.h"
#include "model/speculation.h"
#include "model/step_time.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace dscope::model {
namespace {

// A step verifies what was drafted before it: depth drafts of one token each, every one a share of
// a step without speculation.
double draft_ns(const Configuration& c) {
  if (c.speculation.depth == 0 || c.speculation.draft_share == 0) return 0;
  const StepContext context(c, 1);
  return static_cast<double>(c.speculation.depth) * c.speculation.draft_share *
         step_time(context).total_ns();
}

StepTime time_with_draft(const Configuration& c, const StepContext& context) {
  StepTime step = step_time(context);
  step.stages[static_cast<std::size_t>(Stage::kOther)][Limit::kDraft] += draft_ns(c);
  return step;
}

nlohmann::json terms_json(const LimitedTime& time) {
  nlohmann::json json = nlohmann::json::object();
  for (const LimitInfo& limit : kLimits) {
    if (time[limit.limit] > 0) json[fmt::format("{}_ns", limit.id)] = time[limit.limit];
  }
  return json;
}

std::vector<profile::PredictedStage> predicted_stages(const StepTime& step,
                                                      const SensitivityResult& uncertain) {
  std::vector<profile::PredictedStage> stages;
  for (const StageInfo& stage : kStages) {
    const auto at = static_cast<std::size_t>(stage.stage);
    const LimitedTime& time = step.stages[at];
    if (time.total() <= 0) continue;
    stages.push_back({.stage = stage.stage,
                      .time_ns = time.total(),
                      .low_ns = uncertain.stages[at].low_ns,
                      .high_ns = uncertain.stages[at].high_ns,
                      .limit = std::string(info(time.limit()).id),
                      .terms = std::make_shared<const nlohmann::json>(terms_json(time))});
  }
  return stages;
}

// In the order of kOps, over all kinds of layers.
std::vector<OpPrediction> predicted_ops(const StepTime& step) {
  std::vector<OpPrediction> result;
  for (const OpInfo& op : kOps) {
    OpPrediction sum{.op = op.op};
    LimitedTime time;
    double longest = -1;
    for (const TimedOp& timed : step.ops) {
      if (timed.priced.op != op.op) continue;
      const double calls = timed.priced.calls;
      time.add(timed.one.time, calls);
      sum.launches += std::llround(calls * timed.one.launches);
      sum.bytes += calls * timed.priced.cost.bytes();
      sum.flops += calls * timed.priced.cost.flops;
      if (timed.one.time.total() <= longest) continue;
      longest = timed.one.time.total();
      sum.blocks_per_sm = timed.one.blocks_per_sm;
      sum.waves = timed.one.waves;
      sum.bandwidth_gbps = timed.one.bandwidth_gbps;
    }
    if (longest < 0) continue;
    sum.time_ns = time.total();
    sum.limit = info(time.limit()).id;
    result.push_back(std::move(sum));
  }
  return result;
}

// All-reduce and tiles, by the names of their axes.
nlohmann::json launches_json(const Configuration& c) {
  nlohmann::json json = nlohmann::json::object();
  for (const Axis& axis : axes()) {
    if (axis.of_launches) json[axis.name] = axis.get(c);
  }
  return json;
}

// Times of ops, which a document otherwise keeps by stage only.
nlohmann::json ops_json(const Outcome& outcome) {
  nlohmann::json ops = nlohmann::json::array();
  for (const OpPrediction& op : outcome.ops) {
    if (op.time_ns <= 0) continue;
    ops.push_back({{"op", info(op.op).name}, {"time_ns", op.time_ns}, {"limit", op.limit}});
  }
  return ops;
}

nlohmann::json parameters_json(const Configuration& c, const Outcome& outcome) {
  return {{"model", c.model.name},
          {"device", c.device.name},
          {"interconnect", c.interconnect.name},
          {"kernel_set", c.kernel_set.name},
          {"tp", c.tp},
          {"ep", c.ep},
          {"batch", c.batch},
          {"context", c.context},
          {"captured_context", outcome.captured_tokens},
          {"layers", decoded_model(c).layers},
          {"numerics", id(c.numerics)},
          {"routing", routing::to_string(c.routing)},
          {"graph", c.graph},
          {"collectives", c.collectives},
          {"speculation",
           {{"depth", c.speculation.depth},
            {"acceptance", c.speculation.acceptance},
            {"draft_share", c.speculation.draft_share}}},
          {"power_limit_w",
           c.power_limit_w ? nlohmann::json(*c.power_limit_w) : nlohmann::json(nullptr)},
          {"roofline_step_ns", outcome.roofline_step_ns},
          {"naive_step_ns", outcome.naive_step_ns},
          {"accepted_per_step", outcome.accepted_per_step},
          {"launches", outcome.launches},
          {"launched_as", launches_json(c)},
          {"ops", ops_json(outcome)}};
}

void add_warnings(const Configuration& c, const StepTime& step, Outcome& outcome) {
  const MemoryFit& memory = outcome.memory;
  if (!memory.fits()) {
    outcome.warnings.push_back(
        fmt::format("needs {} of the {} that one {} has: {}", format_bytes(memory.needed_bytes),
                    format_bytes(memory.available_bytes), c.device.name,
                    memory.largest_batch > 0
                        ? fmt::format("batch {} would fit at this context", memory.largest_batch)
                        : std::string("not even one sequence fits")));
  }
  for (const TimedOp& op : step.ops) {
    if (op.one.fits_shared_memory) continue;
    outcome.warnings.push_back(
        fmt::format("{}: a block needs more shared memory than {} has: it would not launch",
                    info(op.priced.op).name, c.device.name));
    break;
  }
  // Those so far keep it from running; others only qualify the number.
  if (!outcome.warnings.empty()) outcome.obstacle = outcome.warnings.front();
  if (c.unique_experts.empty() && c.routing.kind == routing::RoutingKind::kModel && c.batch > 1) {
    outcome.warnings.emplace_back(
        "routing: every expert taken as equally likely; a real router favours some");
  }
}

}  // namespace

std::array<double, kStageCount> predict_stages_ns(const Configuration& c) {
  validate(c);
  const StepContext context(c, 1 + c.speculation.depth);
  const StepTime step = time_with_draft(c, context);
  std::array<double, kStageCount> stages{};
  for (std::size_t i = 0; i < kStageCount; ++i) stages[i] = step.stages[i].total();
  return stages;
}

KernelTimes predict_kernels_ns(const Configuration& c) {
  validate(c);
  const StepContext context(c, 1 + c.speculation.depth);
  const StepTime step = time_with_draft(c, context);
  KernelTimes times;
  times.step_ns = step.total_ns();
  const auto kernels = [](const LimitedTime& time) { return time.total() - time[Limit::kLaunch]; };
  for (std::size_t i = 0; i < kStageCount; ++i) times.stages_ns[i] = kernels(step.stages[i]);
  for (const TimedOp& op : step.ops) {
    times.ops_ns[static_cast<std::size_t>(op.priced.op)] += op.priced.calls * kernels(op.one.time);
  }
  return times;
}

double predict_step_ns(const Configuration& c) {
  validate(c);
  const StepContext context(c, 1 + c.speculation.depth);
  return time_with_draft(c, context).total_ns();
}

double roofline_step_ns(const Configuration& configuration) {
  Configuration ideal = configuration;
  ideal.kernel_set = roofline_kernel_set();
  ideal.power_limit_w.reset();
  ideal.tiles = {};
  // A read bandwidth that is not measured is no ceiling.
  if (ideal.device.dram_read_gbps.source != ValueSource::kMeasured) {
    ideal.device.dram_read_gbps = ideal.device.dram_spec_gbps;
  }
  return predict_step_ns(ideal);
}

double naive_step_ns(const Configuration& c) {
  validate(c);
  const StepShape shape = step_shape(c, 1 + c.speculation.depth);
  return shape.total_bytes() / machine(c.device, std::nullopt).dram_spec_gbps;
}

Outcome predict(const Configuration& c) {
  validate(c);
  const StepContext context(c, 1 + c.speculation.depth);
  const StepTime step = time_with_draft(c, context);
  SensitivityResult uncertain = sensitivity(c);
  Outcome outcome;
  outcome.ops = predicted_ops(step);
  outcome.launches = step.launches;
  outcome.captured_tokens = static_cast<std::int64_t>(context.capacity);
  outcome.roofline_step_ns = roofline_step_ns(c);
  outcome.naive_step_ns = naive_step_ns(c);
  outcome.accepted_per_step = accepted_tokens(c.speculation);
  outcome.memory = memory_fit(c);
  add_warnings(c, step, outcome);

  profile::Prediction& p = outcome.prediction;
  constexpr double kSecond = 1e9;
  const double tokens = kSecond * static_cast<double>(c.batch) * outcome.accepted_per_step;
  p.step_ns = step.total_ns();
  p.tok_s = tokens / p.step_ns;
  p.tok_s_per_user = p.tok_s / static_cast<double>(c.batch);
  p.tok_s_low = tokens / uncertain.step.high_ns;
  p.tok_s_high = uncertain.step.low_ns > 0 ? tokens / uncertain.step.low_ns : p.tok_s;
  p.stages = predicted_stages(step, uncertain);
  p.parameters = std::make_shared<const nlohmann::json>(parameters_json(c, outcome));
  if (!c.kernel_set.calibration_id.empty()) p.calibration_id = c.kernel_set.calibration_id;
  outcome.sensitivities = std::move(uncertain.inputs);
  return outcome;
}

}  // namespace dscope::model
