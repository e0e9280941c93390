// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/report_facts.h"
#include "profiler/export/stage_table.h"
#include "profiler/profile/saturating.h"
#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <algorithm>
#include <optional>
#include <set>

namespace dscope::exporter {
namespace {

using profile::Measurement;
using profile::Profile;
using profile::StepSample;

template <class ValueOf>
std::vector<double> values_of(const std::vector<StepSample>& steps, ValueOf value_of) {
  std::vector<double> values;
  values.reserve(steps.size());
  for (const StepSample& step : steps) values.push_back(static_cast<double>(value_of(step)));
  return values;
}

template <class ValueOf>
double median_of(const std::vector<StepSample>& steps, ValueOf value_of) {
  return profile::median(values_of(steps, value_of));
}

// Of the steps that know it.
std::optional<double> median_of(const std::vector<StepSample>& steps,
                                std::optional<std::int64_t> StepSample::*value) {
  std::vector<double> values;
  for (const StepSample& step : steps) {
    if (step.*value) values.push_back(static_cast<double>(*(step.*value)));
  }
  if (values.empty()) return std::nullopt;
  return profile::median(std::move(values));
}

// DRAM traffic of a stage per step, or for collectives the payload on the wire.
std::optional<double> bytes_of(Stage stage, const std::optional<profile::Workload>& workload) {
  if (!workload) return std::nullopt;
  double bytes = 0;
  for (const profile::OpTotals& op : workload->ops) {
    if (op.stage == stage) bytes += stage == Stage::kNccl ? op.wire_bytes : op.dram_bytes();
  }
  if (bytes <= 0) return std::nullopt;
  return bytes;
}

// The times of one or several stages as one row.
StageRow times_row(const std::vector<StepSample>& steps, const std::vector<Stage>& stages,
                   std::int64_t wall_ns) {
  const auto sum_of = [&](auto value_of) {
    return [&stages, value_of](const StepSample& step) {
      std::int64_t sum = 0;
      for (const Stage stage : stages) sum = profile::add_saturating(sum, value_of(step, stage));
      return sum;
    };
  };
  const auto time_of = sum_of([](const StepSample& s, Stage stage) { return s.time_ns(stage); });
  StageRow row;
  row.stage = stages.front();
  row.id = info(row.stage).id;
  const std::vector<double> times = values_of(steps, time_of);
  row.time_ns = profile::median(times);
  if (times.size() > 1) {
    row.p95_ns = profile::percentile(times, 0.95);
    row.p99_ns = profile::percentile(times, 0.99);
  }
  row.launches = median_of(steps, sum_of([](const StepSample& s, Stage stage) {
                             return s.stage_launches[static_cast<std::size_t>(stage)];
                           }));
  for (const StepSample& step : steps) {
    row.total_ns = profile::add_saturating(row.total_ns, time_of(step));
  }
  if (wall_ns > 0) row.share = static_cast<double>(row.total_ns) / static_cast<double>(wall_ns);
  return row;
}

StageRow stage_row(const Profile& profile, const StageInfo& info, std::int64_t wall_ns) {
  const std::vector<StepSample>& steps = profile.measurement->steps;
  StageRow row = times_row(steps, {info.stage}, wall_ns);
  row.label = stage_label(info.stage, profile);
  if (info.stage == Stage::kNccl) row.wait_ns = median_of(steps, &StepSample::nccl_wait_ns);
  row.bytes = bytes_of(info.stage, profile.workload);
  if (row.bytes && row.time_ns > 0) row.gbps = gbps(*row.bytes, row.time_ns);
  const double bandwidth_gbps =
      profile.device ? profile.device->read_bandwidth_gbps.value_or(0) : 0;
  if (row.bytes && info.stage != Stage::kNccl && bandwidth_gbps > 0) {
    row.floor_ns = *row.bytes / bandwidth_gbps;
  }
  return row;
}

std::optional<CommSummary> comm_of(const Measurement& measurement) {
  const std::vector<StepSample>& steps = measurement.steps;
  CommSummary comm;
  comm.wait_ns = median_of(steps, &StepSample::nccl_wait_ns);
  comm.transfer_ns = median_of(steps, &StepSample::nccl_transfer_ns);
  comm.launch_ns = median_of(steps, &StepSample::nccl_launch_ns);
  comm.exposed_ns = median_of(steps, &StepSample::comm_exposed_ns);
  comm.hidden_ns = median_of(steps, &StepSample::comm_hidden_ns);
  comm.split = measurement.nccl_split.value_or("");
  if (!comm.wait_ns && !comm.exposed_ns) return std::nullopt;
  return comm;
}

std::int64_t devices_of(const std::vector<StepSample>& steps) {
  std::set<std::optional<std::int64_t>> devices;
  for (const StepSample& step : steps) devices.insert(step.device);
  return static_cast<std::int64_t>(devices.size());
}

PerturbationSummary summarise(const profile::Perturbation& from, double traced_step_ns) {
  PerturbationSummary summary;
  summary.method = from.method;
  summary.range_cost_ns = from.range_cost_ns;
  summary.ranges_per_step = from.ranges_per_step;
  if (!from.untraced_wall_ns.empty()) {
    summary.untraced_step_ns = profile::median(std::span(from.untraced_wall_ns));
    summary.untraced_steps = static_cast<std::int64_t>(from.untraced_wall_ns.size());
    if (*summary.untraced_step_ns > 0) {
      summary.slowdown = traced_step_ns / *summary.untraced_step_ns - 1;
    }
  }
  return summary;
}

std::int64_t sum_of(const std::vector<std::int64_t>& values) {
  std::int64_t sum = 0;
  for (const std::int64_t value : values) sum = profile::add_saturating(sum, value);
  return sum;
}

std::optional<double> rate(std::int64_t tokens, std::int64_t wall_ns) {
  if (tokens <= 0 || wall_ns <= 0) return std::nullopt;
  return static_cast<double>(tokens) * 1e9 / static_cast<double>(wall_ns);
}

// Of the untraced steps, where it is known what they decoded; then the other is the traced one.
void add_speed(StageReport& report, std::int64_t tokens,
               const std::optional<profile::Perturbation>& perturbation) {
  report.tok_s = rate(tokens, report.wall_ns);
  if (!perturbation ||
      perturbation->untraced_tokens.size() != perturbation->untraced_wall_ns.size()) {
    return;
  }
  const std::optional<double> untraced =
      rate(sum_of(perturbation->untraced_tokens), sum_of(perturbation->untraced_wall_ns));
  if (!untraced) return;
  report.traced_tok_s = report.tok_s;
  report.tok_s = untraced;
}

}  // namespace

StageReport stage_report(const Profile& profile) {
  if (!profile.measurement || profile.measurement->steps.empty()) {
    throw input_error(
        "the document holds no measured step: expected /measurement/steps with at "
        "least one entry");
  }
  const Measurement& measurement = *profile.measurement;
  StageReport report;
  report.title = headline(profile);
  if (profile.provenance) report.kind = profile.provenance->kind;
  report.devices = devices_of(measurement.steps);
  if (measurement.has_steps) {
    const auto samples = static_cast<std::int64_t>(measurement.steps.size());
    report.steps = (samples + report.devices - 1) / report.devices;
  }
  report.steps_from = measurement.steps_from;
  report.excluded_steps = measurement.excluded_steps;
  report.comm = comm_of(measurement);
  report.label_sources = measurement.label_sources;
  report.unattributed = measurement.unattributed;
  std::int64_t tokens = 0;
  for (const StepSample& step : measurement.steps) {
    report.wall_ns = profile::add_saturating(report.wall_ns, step.wall_ns);
    report.busy_ns = profile::add_saturating(report.busy_ns, step.busy_ns);
    report.gap_ns = profile::add_saturating(report.gap_ns, step.gap_ns);
    report.closure_error = std::max(report.closure_error, step.closure_error);
    tokens = profile::add_saturating(tokens, step.tokens.value_or(0));
  }
  report.step_ns = median_of(measurement.steps, [](const StepSample& s) { return s.wall_ns; });
  add_speed(report, tokens, measurement.perturbation);
  report.step_busy_ns = median_of(measurement.steps, [](const StepSample& s) { return s.busy_ns; });
  report.losses = measurement.losses;
  for (const StageInfo& stage : kStages) {
    report.stages.push_back(stage_row(profile, stage, report.wall_ns));
  }
  if (measurement.perturbation) {
    report.perturbation = summarise(*measurement.perturbation, report.step_ns);
  }
  return report;
}

StageReport seed_report(const Profile& profile) {
  StageReport report = stage_report(profile);
  std::vector<Stage> rest;
  std::vector<StageRow> rows;
  for (StageRow& row : report.stages) {
    const bool own = row.stage == Stage::kMoe || row.stage == Stage::kNccl ||
                     row.stage == Stage::kFlashMla || row.stage == Stage::kGap;
    if (own) {
      rows.push_back(std::move(row));
    } else {
      rest.push_back(row.stage);
    }
  }
  StageRow others = times_row(profile.measurement->steps, rest, report.wall_ns);
  others.stage = Stage::kOther;
  others.id = "rest";
  others.label = "Rest";
  rows.insert(rows.end() - 1, std::move(others));
  report.stages = std::move(rows);
  return report;
}

}  // namespace dscope::exporter
