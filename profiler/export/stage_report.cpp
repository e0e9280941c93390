// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/report_facts.h"
#include "profiler/export/stage_table.h"
#include "profiler/profile/saturating.h"
#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <algorithm>

namespace dscope::exporter {
namespace {

using profile::Measurement;
using profile::Profile;
using profile::StepSample;

template <class ValueOf>
double median_of(const std::vector<StepSample>& steps, ValueOf value_of) {
  std::vector<double> values;
  values.reserve(steps.size());
  for (const StepSample& step : steps) values.push_back(static_cast<double>(value_of(step)));
  return profile::median(std::move(values));
}

std::optional<double> nccl_wait_ns(const std::vector<StepSample>& steps) {
  std::vector<double> waits;
  for (const StepSample& step : steps) {
    if (step.nccl_wait_ns) waits.push_back(static_cast<double>(*step.nccl_wait_ns));
  }
  if (waits.empty()) return std::nullopt;
  return profile::median(std::move(waits));
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

StageRow stage_row(const Profile& profile, const StageInfo& info, std::int64_t wall_ns) {
  const std::vector<StepSample>& steps = profile.measurement->steps;
  StageRow row;
  row.stage = info.stage;
  row.label = stage_label(info.stage, profile);
  row.time_ns = median_of(steps, [&](const StepSample& s) { return s.time_ns(info.stage); });
  row.launches = median_of(steps, [&](const StepSample& s) {
    return s.stage_launches[static_cast<std::size_t>(info.stage)];
  });
  for (const StepSample& step : steps) {
    row.total_ns = profile::add_saturating(row.total_ns, step.time_ns(info.stage));
  }
  if (wall_ns > 0) row.share = static_cast<double>(row.total_ns) / static_cast<double>(wall_ns);
  if (info.stage == Stage::kNccl) row.wait_ns = nccl_wait_ns(steps);
  row.bytes = bytes_of(info.stage, profile.workload);
  if (row.bytes && row.time_ns > 0) row.gbps = gbps(*row.bytes, row.time_ns);
  const double bandwidth_gbps =
      profile.device ? profile.device->read_bandwidth_gbps.value_or(0) : 0;
  if (row.bytes && info.stage != Stage::kNccl && bandwidth_gbps > 0) {
    row.floor_ns = *row.bytes / bandwidth_gbps;
  }
  return row;
}

PerturbationSummary summarise(const profile::Perturbation& from, double traced_step_ns) {
  PerturbationSummary summary;
  summary.method = from.method;
  summary.range_cost_ns = from.range_cost_ns;
  summary.ranges_per_step = from.ranges_per_step;
  if (!from.untraced_wall_ns.empty()) {
    summary.untraced_step_ns = profile::median(std::span(from.untraced_wall_ns));
    if (*summary.untraced_step_ns > 0) {
      summary.slowdown = traced_step_ns / *summary.untraced_step_ns - 1;
    }
  }
  return summary;
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
  if (measurement.has_steps) report.steps = static_cast<std::int64_t>(measurement.steps.size());
  std::int64_t tokens = 0;
  for (const StepSample& step : measurement.steps) {
    report.wall_ns = profile::add_saturating(report.wall_ns, step.wall_ns);
    report.busy_ns = profile::add_saturating(report.busy_ns, step.busy_ns);
    report.gap_ns = profile::add_saturating(report.gap_ns, step.gap_ns);
    report.closure_error = std::max(report.closure_error, step.closure_error);
    tokens = profile::add_saturating(tokens, step.tokens.value_or(0));
  }
  report.step_ns = median_of(measurement.steps, [](const StepSample& s) { return s.wall_ns; });
  if (tokens > 0 && report.wall_ns > 0) {
    report.tok_s = static_cast<double>(tokens) * 1e9 / static_cast<double>(report.wall_ns);
  }
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

}  // namespace dscope::exporter
