// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/breakdown.h"

#include "profiler/profile/statistics.h"
#include "viewer/view_data/finite.h"
#include "viewer/view_data/kernel_list.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dscope::view_data {
namespace {

using profile::Profile;

constexpr std::array kSeedStages{Stage::kMoe, Stage::kNccl, Stage::kFlashMla};

bool in_seed(Stage stage) {
  return std::find(kSeedStages.begin(), kSeedStages.end(), stage) != kSeedStages.end();
}

BreakdownRow measured_row(const exporter::StageRow& from) {
  BreakdownRow row;
  row.color = from.stage;
  row.label = from.label;
  row.holds = info(from.stage).holds;
  row.stages = {from.stage};
  row.time_ns = from.time_ns;
  row.share = from.share;
  if (from.stage != Stage::kGap) row.launches = from.launches;
  row.wait_ns = from.wait_ns;
  row.bytes = finite(from.bytes);
  row.gbps = finite(from.gbps);
  row.floor_ns = finite(from.floor_ns);
  return row;
}

void add(std::optional<double>& sum, const std::optional<double>& value) {
  if (value) sum = finite(sum.value_or(0) + *value);
}

// The stages that the seed's view does not name, as one. Its time is the caller's to set: medians
// do not add up.
BreakdownRow rest_of(const std::vector<BreakdownRow>& rows) {
  BreakdownRow rest;
  rest.color = Stage::kOther;
  rest.label = "Rest";
  for (const BreakdownRow& row : rows) {
    if (in_seed(row.color)) continue;
    rest.stages.insert(rest.stages.end(), row.stages.begin(), row.stages.end());
    rest.time_ns += row.time_ns;
    rest.share += row.share;
    add(rest.launches, row.launches);
    add(rest.bytes, row.bytes);
    add(rest.floor_ns, row.floor_ns);
    rest.holds +=
        fmt::format("{}{} {:.1f} %", rest.holds.empty() ? "" : ", ", row.label, row.share * 100);
  }
  return rest;
}

double median_of_stages(const std::vector<profile::StepSample>& steps,
                        const std::vector<Stage>& stages) {
  std::vector<double> sums;
  sums.reserve(steps.size());
  for (const profile::StepSample& step : steps) {
    double& sum = sums.emplace_back(0);
    for (const Stage stage : stages) sum += static_cast<double>(step.time_ns(stage));
  }
  return profile::median(std::move(sums));
}

void to_seed_view(std::vector<BreakdownRow>& rows) {
  BreakdownRow rest = rest_of(rows);
  std::erase_if(rows, [](const BreakdownRow& row) { return !in_seed(row.color); });
  if (!rest.stages.empty()) rows.push_back(std::move(rest));
}

std::string step_text(const exporter::StageReport& report) {
  if (!report.steps) return fmt::format("{} in all, no step marks", format_ns(report.step_ns));
  std::string text = fmt::format("{} a step, {} step{}", format_ns(report.step_ns), *report.steps,
                                 *report.steps == 1 ? "" : "s");
  if (report.tok_s) text += fmt::format(", {:.2f} tok/s", *report.tok_s);
  return text;
}

void fill_measured(Breakdown& result, const Profile& profile, StageView view) {
  result.measurement = exporter::stage_report(profile);
  const exporter::StageReport& report = *result.measurement;
  const std::vector<profile::StepSample>& steps = profile.measurement->steps;
  for (const exporter::StageRow& row : report.stages) {
    if (row.total_ns <= 0) continue;
    result.rows.push_back(measured_row(row));
  }
  if (view == StageView::kSeed) {
    to_seed_view(result.rows);
    BreakdownRow* rest = result.rows.empty() ? nullptr : &result.rows.back();
    if (rest != nullptr && !in_seed(rest->color)) {
      rest->time_ns = median_of_stages(steps, rest->stages);
    }
  }
  result.step_ns = report.step_ns;
  result.step_text = step_text(report);
  result.facts = exporter::verdicts(report);
  // step_text says it.
  std::erase_if(result.facts, [](const exporter::Fact& fact) { return fact.label == "Speed"; });
  result.closes = report.closure_error <= 0.01;
}

void fill_predicted(Breakdown& result, const profile::Prediction& prediction, StageView view) {
  double total = 0;
  for (const profile::PredictedStage& stage : prediction.stages) total += drawable(stage.time_ns);
  for (const profile::PredictedStage& stage : prediction.stages) {
    if (drawable(stage.time_ns) <= 0) continue;
    BreakdownRow& row = result.rows.emplace_back();
    row.color = stage.stage;
    row.label = info(stage.stage).label;
    row.holds = info(stage.stage).holds;
    row.stages = {stage.stage};
    row.time_ns = stage.time_ns;
    row.share = drawable(stage.time_ns / total);
    row.low_ns = finite(stage.low_ns);
    row.high_ns = finite(stage.high_ns);
    row.limit = stage.limit;
  }
  std::stable_sort(result.rows.begin(), result.rows.end(),
                   [](const BreakdownRow& x, const BreakdownRow& y) { return x.color < y.color; });
  if (view == StageView::kSeed) to_seed_view(result.rows);
  result.step_ns = drawable(prediction.step_ns);
  result.step_text =
      fmt::format("{} a step, {:.2f} tok/s", format_ns(result.step_ns), drawable(prediction.tok_s));
  if (prediction.tok_s_low && prediction.tok_s_high) {
    result.facts.push_back(
        {"Interval", fmt::format("{:.2f} to {:.2f} tok/s", drawable(*prediction.tok_s_low),
                                 drawable(*prediction.tok_s_high))});
  }
  result.facts.push_back({"Calibration", prediction.calibration_id.value_or("none")});
}

StackedBar stack(std::string label, const Breakdown& breakdown, std::span<const double> row_ns,
                 bool shares) {
  StackedBar bar;
  bar.label = std::move(label);
  for (const double ns : row_ns) bar.total_ns += drawable(ns);
  const double scale = shares && bar.total_ns > 0 ? 1 / bar.total_ns : 1;
  double end = 0;
  for (std::size_t i = 0; i < row_ns.size(); ++i) {
    const double ns = drawable(row_ns[i]);
    if (ns <= 0) continue;
    BarPart& part = bar.parts.emplace_back();
    part.row = i;
    part.color = breakdown.rows[i].color;
    part.begin = end * scale;
    end += ns;
    part.end = end * scale;
    part.time_text = format_ns(ns);
    part.share_text = fmt::format("{:.1f} %", ns / bar.total_ns * 100);
  }
  return bar;
}

void finish(BarChart& chart, bool shares) {
  chart.shares = shares;
  for (const StackedBar& bar : chart.bars) chart.most = std::max(chart.most, bar.total_ns);
  if (shares) chart.most = 1;
}

std::string steps_label(const profile::StepSample& first, const profile::StepSample& last) {
  return first.index == last.index ? fmt::format("step {}", first.index)
                                   : fmt::format("steps {}-{}", first.index, last.index);
}

}  // namespace

Breakdown breakdown(const NamedProfile& document, StageView view) {
  const Profile& profile = *document.profile;
  Breakdown result;
  result.name = document.name;
  result.title = exporter::headline(profile);
  if (profile.provenance) result.kind = profile.provenance->kind;
  if (profile.measurement && !profile.measurement->steps.empty()) {
    fill_measured(result, profile, view);
  } else if (profile.prediction) {
    fill_predicted(result, *profile.prediction, view);
  } else {
    result.problem = "This document holds neither measured steps nor a prediction.";
  }
  if (result.problem.empty() && result.rows.empty()) {
    result.problem = "No stage of this document took any time.";
  }
  return result;
}

Table breakdown_table(const Breakdown& breakdown) {
  using exporter::Align;
  Table table;
  table.id = "stages";
  table.title = "Stages";
  table.empty_text = breakdown.problem;
  // Of measured steps it is the median; shares are of all steps and need not go with it.
  const bool predicted = std::any_of(breakdown.rows.begin(), breakdown.rows.end(),
                                     [](const BreakdownRow& row) { return row.low_ns; });
  table.columns = {{"stage", "Stage"},
                   {"time_ns", predicted ? "Time" : "Median", Align::kRight},
                   {"share", "Share", Align::kRight},
                   {"launches", "Launches", Align::kRight},
                   {"wait_ns", "Wait", Align::kRight},
                   {"bytes", "Bytes", Align::kRight},
                   {"gbps", "GB/s", Align::kRight},
                   {"floor_ns", "Floor", Align::kRight},
                   {"low_ns", "Low", Align::kRight},
                   {"high_ns", "High", Align::kRight},
                   {"limit", "Limited by"}};
  for (const BreakdownRow& row : breakdown.rows) {
    table.add({row.label, exporter::ns_cell(row.time_ns), exporter::share_cell(row.share),
               exporter::number_cell(row.launches), exporter::ns_cell(row.wait_ns),
               exporter::bytes_cell(row.bytes), exporter::number_cell(row.gbps, 1),
               exporter::ns_cell(row.floor_ns), exporter::ns_cell(row.low_ns),
               exporter::ns_cell(row.high_ns), row.limit},
              row.color, row.label);
  }
  return without_empty_columns(std::move(table));
}

BarChart document_bars(std::span<const Breakdown> documents, bool shares) {
  BarChart chart;
  for (const Breakdown& document : documents) {
    std::vector<double> row_ns;
    for (const BreakdownRow& row : document.rows) row_ns.push_back(row.share * document.step_ns);
    chart.bars.push_back(stack(document.name, document, row_ns, shares));
  }
  finish(chart, shares);
  chart.axis = shares ? "shares of all steps" : "median step, divided by the shares of all steps";
  return chart;
}

BarChart step_bars(const Profile& profile, const Breakdown& breakdown, bool shares,
                   std::size_t most) {
  DSCOPE_REQUIRE(most >= 1, "at least one bar is needed, got {}", most);
  BarChart chart;
  static const std::vector<profile::StepSample> none;
  const auto& steps = profile.measurement ? profile.measurement->steps : none;
  chart.grouped = std::max<std::size_t>(1, (steps.size() + most - 1) / most);
  for (std::size_t begin = 0; begin < steps.size(); begin += chart.grouped) {
    const std::size_t end = std::min(begin + chart.grouped, steps.size());
    std::vector<double> row_ns(breakdown.rows.size());
    for (std::size_t r = 0; r < row_ns.size(); ++r) {
      for (std::size_t i = begin; i < end; ++i) {
        for (const Stage stage : breakdown.rows[r].stages) {
          row_ns[r] += static_cast<double>(steps[i].time_ns(stage));
        }
      }
      row_ns[r] /= static_cast<double>(end - begin);
    }
    chart.bars.push_back(
        stack(steps_label(steps[begin], steps[end - 1]), breakdown, row_ns, shares));
  }
  finish(chart, shares);
  chart.axis = chart.grouped == 1
                   ? "steps, in order"
                   : fmt::format("steps, in order; each bar is the mean of {}", chart.grouped);
  return chart;
}

}  // namespace dscope::view_data
