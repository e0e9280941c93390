// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/roofline.h"

#include "viewer/view_data/explore_view.h"
#include "viewer/view_data/finite.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace dscope::view_data {
namespace {

using profile::OpTotals;
using profile::Profile;

constexpr double kMargin = 1.3;  // around the points, as a factor

std::string counted_ops(std::size_t count) {
  return fmt::format("{} op{}", count, count == 1 ? "" : "s");
}

void add_details(RooflinePoint& point) {
  auto& details = point.details;
  details.emplace_back("time", format_ns(point.time_ns) + " a step");
  details.emplace_back("bytes",
                       fmt::format("{}, {:.4g} GB/s", format_bytes(point.bytes), point.gbps));
  details.emplace_back("FLOPs",
                       fmt::format("{}, {:.4g} GFLOP/s", format_flops(point.flops), point.gflops));
  if (point.intensity) {
    details.emplace_back("intensity", fmt::format("{:.3g} FLOP/byte", *point.intensity));
  }
  if (point.floor_ns) details.emplace_back("floor", format_ns(*point.floor_ns));
  if (point.of_floor) {
    details.emplace_back("of floor", fmt::format("{:.1f} %", *point.of_floor * 100));
  }
  if (!point.limit.empty()) details.emplace_back("limited by", limit_label(point.limit));
}

// Everything that follows from work and time.
void finish(RooflinePoint& point, const RooflineSeries& series) {
  point.bytes = drawable(point.bytes);
  point.flops = drawable(point.flops);
  point.time_ns = drawable(point.time_ns);
  if (point.time_ns > 0) {
    point.gbps = drawable(point.bytes / point.time_ns);
    point.gflops = drawable(point.flops / point.time_ns);  // FLOP per ns
  }
  if (point.bytes > 0) point.intensity = finite(point.flops / point.bytes);
  const double floor = series.ceilings.floor_ns(point.bytes, point.flops);
  if (has_logarithm(floor)) {
    point.floor_ns = floor;
    if (point.time_ns > 0) point.of_floor = finite(floor / point.time_ns);
    if (point.limit.empty()) {
      const bool by_bytes = floor <= series.ceilings.floor_ns(point.bytes, 0);
      point.limit = by_bytes ? "dram" : "tensor";
    }
  }
  point.on_chart =
      point.intensity && has_logarithm(*point.intensity) && has_logarithm(point.gflops);
  add_details(point);
}

void sort_longest_first(std::vector<RooflinePoint>& points) {
  std::stable_sort(points.begin(), points.end(),
                   [](const auto& x, const auto& y) { return x.time_ns > y.time_ns; });
}

// Of a step: a mean where it is measured.
struct OpTime {
  double ns = 0;
  std::string limit;  // where it is predicted
};
using OpTimes = std::map<std::string, OpTime>;

OpTimes measured_times(const profile::Measurement& measurement) {
  OpTimes times;
  const auto steps = static_cast<double>(measurement.steps.size());
  for (const profile::KernelSummary& kernel : measurement.kernels) {
    times[kernel.name].ns += static_cast<double>(kernel.total_ns) / steps;
  }
  return times;
}

// A prediction has times of ops among its parameters (model/predict.cpp).
OpTimes predicted_times(const profile::Prediction& prediction) {
  OpTimes times;
  if (!prediction.parameters || !prediction.parameters->is_object()) return times;
  const auto ops = prediction.parameters->find("ops");
  if (ops == prediction.parameters->end() || !ops->is_array()) return times;
  for (const nlohmann::json& op : *ops) {
    if (!op.is_object()) continue;
    const auto name = op.find("op");
    const auto time = op.find("time_ns");
    if (name == op.end() || !name->is_string() || time == op.end() || !time->is_number()) continue;
    OpTime& entry = times[name->get<std::string>()];
    entry.ns += drawable(time->get<double>());
    if (const auto limit = op.find("limit"); limit != op.end() && limit->is_string()) {
      entry.limit = limit->get<std::string>();
    }
  }
  return times;
}

OpTimes times_by_name(const Profile& profile) {
  if (profile.measurement && !profile.measurement->steps.empty()) {
    return measured_times(*profile.measurement);
  }
  return profile.prediction ? predicted_times(*profile.prediction) : OpTimes();
}

// Mean time of a step, measured or predicted.
double stage_time(const Profile& profile, Stage stage) {
  double time = 0;
  if (profile.measurement && !profile.measurement->steps.empty()) {
    for (const profile::StepSample& step : profile.measurement->steps) {
      time += static_cast<double>(step.time_ns(stage));
    }
    return time / static_cast<double>(profile.measurement->steps.size());
  }
  if (profile.prediction) {
    for (const profile::PredictedStage& predicted : profile.prediction->stages) {
      if (predicted.stage == stage) time += drawable(predicted.time_ns);
    }
  }
  return time;
}

void add_work(RooflinePoint& point, const OpTotals& op) {
  point.calls += static_cast<double>(op.calls);
  point.bytes += op.dram_bytes();
  point.flops += op.flops;
}

// Ops with a time of their own. Returns those without one.
std::vector<const OpTotals*> add_ops(RooflineSeries& series, const Profile& profile) {
  const OpTimes times = times_by_name(profile);
  std::array<bool, kStageCount> has_time{};
  std::vector<const OpTotals*> left;
  for (const OpTotals& op : profile.workload->ops) {
    if (op.stage == Stage::kNccl) continue;
    const auto time = times.find(op.op);
    if (time == times.end()) {
      left.push_back(&op);
      continue;
    }
    has_time[static_cast<std::size_t>(op.stage)] = true;
    RooflinePoint& point = series.points.emplace_back();
    point.name = op.op;
    point.stage = op.stage;
    point.time_ns = time->second.ns;
    point.limit = time->second.limit;
    add_work(point, op);
  }
  // The time of a stage is not that of the op that happens to be left.
  const auto lost = std::erase_if(
      left, [&](const OpTotals* op) { return has_time[static_cast<std::size_t>(op->stage)]; });
  if (lost > 0) {
    series.notes.push_back(fmt::format("{} without a kernel of that name", counted_ops(lost)));
  }
  return left;
}

void add_stages(RooflineSeries& series, const Profile& profile,
                const std::vector<const OpTotals*>& ops) {
  std::map<Stage, RooflinePoint> stages;
  for (const OpTotals* op : ops) add_work(stages[op->stage], *op);
  for (auto& [stage, point] : stages) {
    point.name = fmt::format("{} (all ops)", info(stage).label);
    point.stage = stage;
    point.time_ns = stage_time(profile, stage);
    if (point.time_ns > 0) series.points.push_back(std::move(point));
  }
}

void add_note_about_chart(RooflineSeries& series) {
  const auto off = std::count_if(series.points.begin(), series.points.end(),
                                 [](const RooflinePoint& point) { return !point.on_chart; });
  if (off > 0) {
    series.notes.push_back(fmt::format(
        "{} in the table only: nothing that is counted is computed or moved", counted_ops(off)));
  }
}

// How much of the time of all ops the device's floors explain.
std::string summary_of(const RooflineSeries& series) {
  double floor_ns = 0;
  double time_ns = 0;
  for (const RooflinePoint& point : series.points) {
    floor_ns += point.floor_ns.value_or(0);
    time_ns += point.time_ns;
  }
  std::string text =
      fmt::format("{}, {} a step", counted_ops(series.points.size()), format_ns(time_ns));
  if (floor_ns > 0 && has_logarithm(time_ns)) {
    text += fmt::format(",\nfloors {} ({:.1f} %)", format_ns(floor_ns), floor_ns / time_ns * 100);
  }
  return text;
}

void finish(RooflineSeries& series) {
  for (RooflinePoint& point : series.points) finish(point, series);
  series.summary = summary_of(series);
  sort_longest_first(series.points);
  add_note_about_chart(series);
}

// Covers a value that has a logarithm.
void widen(double& low, double& high, double value) {
  if (!has_logarithm(value)) return;
  low = low > 0 ? std::min(low, value) : value;
  high = std::max(high, value);
}

// The part of a bandwidth's line that is on the chart and below the highest rate of operations.
CeilingLine slope(const Ceiling& ceiling, const RooflineChart& chart, double roof_gflops) {
  const double top = roof_gflops > 0 ? std::min(roof_gflops, chart.y_high) : chart.y_high;
  CeilingLine line;
  line.ceiling = &ceiling;
  line.x0 = std::max(chart.x_low, chart.y_low / ceiling.value);
  line.y0 = line.x0 * ceiling.value;
  line.x1 = std::min(chart.x_high, top / ceiling.value);
  line.y1 = line.x1 * ceiling.value;
  return line;
}

CeilingLine roof(const Ceiling& ceiling, const RooflineChart& chart, double bandwidth_gbps) {
  CeilingLine line;
  line.ceiling = &ceiling;
  line.x0 =
      bandwidth_gbps > 0 ? std::max(chart.x_low, ceiling.value / bandwidth_gbps) : chart.x_low;
  line.x1 = chart.x_high;
  line.y0 = line.y1 = ceiling.value;
  return line;
}

void add_lines(RooflineChart& chart, const DeviceCeilings& ceilings) {
  double highest_roof = 0;
  double highest_bandwidth = 0;
  for (const Ceiling& ceiling : ceilings.list) {
    double& highest = ceiling.is_bandwidth ? highest_bandwidth : highest_roof;
    highest = std::max(highest, ceiling.value);
  }
  for (const Ceiling& ceiling : ceilings.list) {
    CeilingLine line = ceiling.is_bandwidth ? slope(ceiling, chart, highest_roof)
                                            : roof(ceiling, chart, highest_bandwidth);
    constexpr double kRounding = 1e-9;
    const bool visible = line.x0 < line.x1 && line.y1 <= chart.y_high * (1 + kRounding) &&
                         line.y0 >= chart.y_low * (1 - kRounding);
    line.text = fmt::format("{}: {}", ceiling.label, ceiling.unit_text);
    if (visible) chart.lines.push_back(std::move(line));
  }
}

// The powers of ten around a range. Nothing to show: one decade.
std::pair<double, double> decades_around(double low, double high) {
  if (!has_logarithm(low) || !has_logarithm(high)) return {1, 10};
  const double first = std::floor(std::log10(low) + 1e-9);
  const double last = std::ceil(std::log10(high) - 1e-9);
  return {std::pow(10, first), std::pow(10, std::max(last, first + 1))};
}

}  // namespace

RooflineSeries roofline_series(const NamedProfile& document) {
  const Profile& profile = *document.profile;
  RooflineSeries series;
  series.name = document.name;
  if (profile.provenance) series.kind = profile.provenance->kind;
  series.ceilings = ceilings_of(profile);
  if (!profile.workload || profile.workload->ops.empty()) {
    series.notes.emplace_back("the document does not know what its ops move and compute");
    return series;
  }
  add_stages(series, profile, add_ops(series, profile));
  if (series.points.empty()) series.notes.emplace_back("the document has no time for any op");
  finish(series);
  return series;
}

RooflineSeries roofline_series(std::string name, const model::Outcome& outcome,
                               const model::Device& device, bool fp8_activations) {
  RooflineSeries series;
  series.name = std::move(name);
  series.kind = profile::Kind::kPredicted;
  series.ceilings = ceilings_of(device, fp8_activations);
  for (const model::OpPrediction& op : outcome.ops) {
    if (info(op.op).stage == Stage::kNccl) continue;
    RooflinePoint& point = series.points.emplace_back();
    point.name = info(op.op).name;
    point.stage = info(op.op).stage;
    point.calls = static_cast<double>(op.launches);
    point.bytes = op.bytes;
    point.flops = op.flops;
    point.time_ns = op.time_ns;
    point.limit = op.limit;
  }
  finish(series);
  return series;
}

RooflineChart roofline_chart(std::span<const RooflineSeries> series, std::size_t front) {
  RooflineChart chart;
  double x_low = 0, x_high = 0, y_low = 0, y_high = 0;
  bool any = false;
  for (const RooflineSeries& one : series) {
    for (const RooflinePoint& point : one.points) {
      if (!point.on_chart) continue;
      any = true;
      // Points are drawn as circles: none should be cut by the border.
      for (const double margin : {1 / kMargin, kMargin}) {
        widen(x_low, x_high, *point.intensity * margin);
        widen(y_low, y_high, point.gflops * margin);
      }
    }
  }
  if (!any) chart.problem = "No op with bytes, FLOPs and a time.";
  const DeviceCeilings none;
  const DeviceCeilings& ceilings = front < series.size() ? series[front].ceilings : none;
  for (const Ceiling& ceiling : ceilings.list) {
    if (!ceiling.is_bandwidth) widen(y_low, y_high, ceiling.value * 1.5);
  }
  // Without a rate of operations the slope alone stands above the points.
  if (ceilings.compute_gflops() <= 0 && any) {
    widen(y_low, y_high, ceilings.bandwidth_gbps() * x_high);
  }
  // The ridge, where bandwidth and operations meet, is what the chart is about.
  if (ceilings.bandwidth_gbps() > 0 && ceilings.compute_gflops() > 0) {
    widen(x_low, x_high, 2 * ceilings.compute_gflops() / ceilings.bandwidth_gbps());
  }
  std::tie(chart.x_low, chart.x_high) = decades_around(x_low, x_high);
  std::tie(chart.y_low, chart.y_high) = decades_around(y_low, y_high);
  if (front < series.size()) add_lines(chart, series[front].ceilings);
  return chart;
}

Table roofline_table(std::span<const RooflineSeries> series) {
  using exporter::Align;
  Table table;
  table.id = "roofline";
  table.title = "Ops";
  table.empty_text = "No op with a known amount of work.";
  table.columns = {{"op", "Op"},
                   {"source", "Source"},
                   {"stage", "Stage"},
                   {"calls", "Calls", Align::kRight},
                   {"time_ns", "Time", Align::kRight},
                   {"bytes", "Bytes", Align::kRight},
                   {"flops", "FLOPs", Align::kRight},
                   {"flop_per_byte", "FLOP/byte", Align::kRight},
                   {"gbps", "GB/s", Align::kRight},
                   {"gflops", "GFLOP/s", Align::kRight},
                   {"floor_ns", "Floor", Align::kRight},
                   {"of_floor", "Of floor", Align::kRight},
                   {"limit", "Limited by"}};
  for (const RooflineSeries& one : series) {
    for (const RooflinePoint& point : one.points) {
      table.add({point.name,
                 one.name,
                 {std::string(info(point.stage).id), std::string(info(point.stage).label)},
                 exporter::number_cell(finite(point.calls)),
                 exporter::ns_cell(point.time_ns),
                 exporter::bytes_cell(point.bytes),
                 exporter::Cell(point.flops, format_flops(point.flops)),
                 point.intensity
                     ? exporter::Cell(*point.intensity, fmt::format("{:.3g}", *point.intensity))
                     : exporter::Cell(),
                 exporter::number_cell(point.gbps, 1),
                 exporter::number_cell(point.gflops, 1),
                 exporter::ns_cell(point.floor_ns),
                 exporter::share_cell(point.of_floor),
                 {point.limit, limit_label(point.limit)}},
                point.stage, point.name);
    }
  }
  return table;
}

}  // namespace dscope::view_data
