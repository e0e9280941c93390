// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/views.h"

#include "profiler/export/report_facts.h"
#include "profiler/export/text.h"

#include <algorithm>
#include <array>
#include <vector>

namespace dscope::exporter {
namespace {

using profile::KernelSummary;
using profile::StepSample;

Cell optional_ns(const std::optional<std::int64_t>& ns) {
  if (!ns) return {};
  return {*ns, ns_cell(static_cast<double>(*ns)).text};
}

// Kernels by stage, each list by descending time as the document has them.
using KernelsByStage = std::array<std::vector<const KernelSummary*>, kStageCount>;

double time_of(const std::vector<const KernelSummary*>& kernels) {
  double sum = 0;
  for (const KernelSummary* kernel : kernels) sum += static_cast<double>(kernel->total_ns);
  return sum;
}

void add_kernel(TextTable& table, const KernelSummary& kernel, const profile::Profile& profile,
                double stage_ns, double steps) {
  const double total = static_cast<double>(kernel.total_ns);
  table.add_row({{std::string(info(kernel.stage).id), stage_label(kernel.stage, profile)},
                 {kernel.name, kernel_label(kernel.name)},
                 ns_cell(total / steps),
                 share_cell(stage_ns > 0 ? total / stage_ns : 0),
                 number_cell(static_cast<double>(kernel.count) / steps, 1),
                 optional_ns(kernel.median_ns),
                 optional_ns(kernel.p95_ns),
                 optional_ns(kernel.p99_ns)});
}

bool takes_time(Stage stage, const std::vector<StepSample>& steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [&](const StepSample& step) { return step.time_ns(stage) > 0; });
}

}  // namespace

TextTable top_kernel_table(const profile::Profile& profile, std::size_t most) {
  TextTable table({{"stage", "Stage"},
                   {"name", "Kernel", Align::kLeft, 40},
                   {"time_ns", "Mean/step", Align::kRight},
                   {"share", "Of stage", Align::kRight},
                   {"calls", "Calls", Align::kRight},
                   {"median_ns", "Median", Align::kRight},
                   {"p95_ns", "p95", Align::kRight},
                   {"p99_ns", "p99", Align::kRight}});
  if (!profile.measurement) return table;
  KernelsByStage stages;
  for (const KernelSummary& kernel : profile.measurement->kernels) {
    stages[static_cast<std::size_t>(kernel.stage)].push_back(&kernel);
  }
  std::sort(stages.begin(), stages.end(),
            [](const auto& x, const auto& y) { return time_of(x) > time_of(y); });
  const double steps =
      static_cast<double>(std::max<std::size_t>(1, profile.measurement->steps.size()));
  bool first = true;
  for (const auto& kernels : stages) {
    if (kernels.empty()) continue;
    if (!first) table.add_rule();
    first = false;
    const double stage_ns = time_of(kernels);
    for (std::size_t i = 0; i < std::min(most, kernels.size()); ++i) {
      add_kernel(table, *kernels[i], profile, stage_ns, steps);
    }
  }
  return table;
}

TextTable step_table(const profile::Profile& profile) {
  static const std::vector<StepSample> none;
  const auto& steps = profile.measurement ? profile.measurement->steps : none;
  std::vector<Stage> stages;
  std::vector<Column> columns{{"device", "GPU", Align::kRight},
                              {"step", "Step", Align::kRight},
                              {"wall_ns", "Wall", Align::kRight},
                              {"busy_ns", "Busy", Align::kRight},
                              {"gap_ns", "Idle", Align::kRight},
                              {"nccl_wait_ns", "NCCL wait", Align::kRight},
                              {"comm_exposed_ns", "Exposed", Align::kRight},
                              {"comm_hidden_ns", "Hidden", Align::kRight}};
  for (const StageInfo& stage : kStages) {
    if (stage.stage == Stage::kGap || !takes_time(stage.stage, steps)) continue;
    stages.push_back(stage.stage);
    columns.push_back({std::string(stage.id) + "_ns", std::string(stage.label), Align::kRight});
  }
  TextTable table(std::move(columns));
  for (const StepSample& step : steps) {
    std::vector<Cell> cells;
    cells.push_back(step.device ? Cell(*step.device, std::to_string(*step.device)) : Cell());
    cells.emplace_back(step.index, std::to_string(step.index));
    for (const std::int64_t ns : {step.wall_ns, step.busy_ns, step.gap_ns}) {
      cells.push_back(optional_ns(ns));
    }
    for (const auto& ns : {step.nccl_wait_ns, step.comm_exposed_ns, step.comm_hidden_ns}) {
      cells.push_back(optional_ns(ns));
    }
    for (const Stage stage : stages) cells.push_back(optional_ns(step.time_ns(stage)));
    table.add_row(std::move(cells));
  }
  return table;
}

}  // namespace dscope::exporter
