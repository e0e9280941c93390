// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/explore_charts.h"

#include "viewer/view_data/explore_controls.h"
#include "viewer/widgets/bars.h"
#include "viewer/widgets/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace dscope::viewer {
namespace {

using view_data::AnswerPoint;
using view_data::ExploreStage;
using view_data::ExploreView;
using view_data::format_value;
using view_data::Unit;

constexpr std::array<MetricInfo, kExploreMetricCount> kMetrics{{
    {"tok/s", Unit::kTokS, true},
    {"tok/s per sequence", Unit::kTokS, true},
    {"step time", Unit::kNs, false},
    {"memory of one GPU", Unit::kBytes, false},
}};

Bar stage_bar(const Ui& ui, const ExploreView& view, std::optional<Stage> selected) {
  Bar bar;
  bar.label = "Predicted";
  double total = 0;
  for (const ExploreStage& stage : view.stages) {
    if (stage.time_ns <= 0) continue;
    BarSegment& segment = bar.segments.emplace_back();
    segment.value = stage.time_ns;
    segment.color = ui.palette.of(stage.stage);
    segment.label = stage.label;
    segment.details = {{"time", format_value(stage.time_ns, Unit::kNs)},
                       {"share", format_value(stage.share, Unit::kPercent)}};
    for (const auto& [label, ns] : stage.terms) {
      segment.details.push_back({label, format_value(ns, Unit::kNs)});
    }
    segment.dimmed = selected && *selected != stage.stage;
    total += stage.time_ns;
  }
  bar.note = format_value(total, Unit::kNs);
  bar.low = view.step_low_ns;
  bar.high = view.step_high_ns;
  return bar;
}

Bar other_bar(const Ui& ui, const ExploreView& view, std::optional<Stage> selected) {
  Bar bar;
  bar.label = view.other_measured ? "Measured" : "Compared";
  double total = 0;
  for (const ExploreStage& stage : view.stages) {
    if (stage.other_ns.value_or(0) <= 0) continue;
    BarSegment& segment = bar.segments.emplace_back();
    segment.value = *stage.other_ns;
    segment.color = ui.palette.of(stage.stage);
    segment.label = stage.label;
    segment.details = {{"time", format_value(*stage.other_ns, Unit::kNs)}};
    segment.dimmed = selected && *selected != stage.stage;
    total += *stage.other_ns;
  }
  bar.note = format_value(total, Unit::kNs);
  return bar;
}

// Colours of what a step waits for: not stages, so not their colours.
Bar limit_bar(const Ui& ui, const ExploreView& view) {
  Bar bar;
  bar.label = "Waits for";
  for (std::size_t i = 0; i < view.limits.size(); ++i) {
    const view_data::ExploreLimit& limit = view.limits[i];
    BarSegment& segment = bar.segments.emplace_back();
    segment.value = limit.ns;
    segment.color = ui.palette.of_series(i + 1);
    segment.label = limit.label;
    segment.details = {{"time", format_value(limit.ns, Unit::kNs)},
                       {"share", format_value(limit.share, Unit::kPercent)}};
  }
  return bar;
}

struct Range {
  double low = 0;
  double high = 0;
};

// Of everything that a curve shows.
Range range_of(const view_data::ExploreCurve& curve, ExploreMetric metric) {
  Range range;
  for (const std::vector<AnswerPoint>* points : {&curve.now, &curve.pinned}) {
    for (const AnswerPoint& point : *points) {
      range.high = std::max(range.high, value_of(point, metric));
      if (metric == ExploreMetric::kTokS) range.high = std::max(range.high, point.tok_s_high);
    }
  }
  return range;
}

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

// What can run is joined by a line; where that is interrupted the line is, too.
std::vector<PlotPoint> line_of(const std::vector<AnswerPoint>& points, ExploreMetric metric) {
  std::vector<PlotPoint> line;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool runs = points[i].blocked.empty();
    line.push_back({static_cast<double>(i), runs ? value_of(points[i], metric) : kNothing});
  }
  return line;
}

void draw_series(const Ui& ui, Plot& plot, const std::vector<AnswerPoint>& points,
                 ExploreMetric metric, view_data::Color color) {
  if (metric == ExploreMetric::kTokS) {
    std::vector<PlotBand> band;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const bool runs = points[i].blocked.empty();
      band.push_back({static_cast<double>(i), runs ? points[i].tok_s_low : kNothing,
                      runs ? points[i].tok_s_high : kNothing});
    }
    plot.band(band, view_data::with_alpha(color, 0.18));
  }
  const std::vector<PlotPoint> line = line_of(points, metric);
  plot.line(line, color, 2);
  plot.points(line, color, 3.5F);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].blocked.empty() || points[i].step_ns <= 0) continue;
    const ImVec2 at = plot.to_pixels({static_cast<double>(i), value_of(points[i], metric)});
    ImGui::GetWindowDrawList()->AddCircle(at, ui.px(4), to_u32(ui.palette.muted), 12, ui.px(1.5F));
  }
}

std::vector<TooltipLine> lines_of(const AnswerPoint& point) {
  if (point.step_ns <= 0) return {};
  return {{"tok/s", format_value(point.tok_s, Unit::kTokS)},
          {"interval", format_value(point.tok_s_low, Unit::kTokS) + " to " +
                           format_value(point.tok_s_high, Unit::kTokS)},
          {"step", format_value(point.step_ns, Unit::kNs)},
          {"memory of one GPU", format_value(point.memory_bytes, Unit::kBytes)},
          {"largest stage waits for", point.limit}};
}

}  // namespace

const MetricInfo& info(ExploreMetric metric) {
  return kMetrics[static_cast<std::size_t>(metric)];
}

double value_of(const AnswerPoint& point, ExploreMetric metric) {
  switch (metric) {
    case ExploreMetric::kTokS:
      return point.tok_s;
    case ExploreMetric::kTokSPerUser:
      return point.tok_s_per_user;
    case ExploreMetric::kStep:
      return point.step_ns;
    case ExploreMetric::kMemory:
      return point.memory_bytes;
  }
  return 0;
}

std::optional<Stage> draw_step_bars(const Ui& ui, const ExploreView& view,
                                    std::optional<Stage> selected) {
  std::vector<Bar> bars{stage_bar(ui, view, selected)};
  if (view.other_step_ns > 0) bars.push_back(other_bar(ui, view, selected));
  bars.push_back(limit_bar(ui, view));
  const BarsResult result = stacked_bars(ui, "##step", ImVec2(0, 0), bars);
  if (!result.clicked || !result.hovered_segment || *result.hovered_bar + 1 == bars.size()) {
    return std::nullopt;
  }
  // Segments and stages differ in number: what takes no time has none.
  const std::string& label = bars[*result.hovered_bar].segments[*result.hovered_segment].label;
  for (const ExploreStage& stage : view.stages) {
    if (stage.label == label) return stage.stage;
  }
  return std::nullopt;
}

void draw_tornado(const Ui& ui, const ExploreView& view) {
  std::vector<TornadoBar> bars;
  for (const view_data::TornadoRow& row : view.tornado) {
    TornadoBar& bar = bars.emplace_back();
    bar.label = row.label;
    bar.low = row.tok_s_at_low;
    bar.high = row.tok_s_at_high;
    bar.low_text = row.low_text;
    bar.high_text = row.high_text;
    for (const auto& [label, value] : row.details) bar.details.push_back({label, value});
  }
  if (bars.empty()) {
    text_muted(ui, "Nothing that this prediction stands on is uncertain.");
    return;
  }
  (void)tornado(ui, "##tornado", ImVec2(0, 0), view.tok_s_value, Unit::kTokS, bars);
}

std::optional<std::size_t> draw_curve(const Ui& ui, const view_data::ExploreCurve& curve,
                                      const std::string& axis_label, ExploreMetric metric,
                                      ImVec2 size) {
  const Range range = range_of(curve, metric);
  const auto count = static_cast<double>(curve.values.size());
  AxisSpec x{.label = axis_label, .low = -0.5, .high = count - 0.5};
  const model::Axis& axis = model::find_axis(curve.axis);
  for (const std::string& value : curve.values) {
    x.categories.push_back(view_data::shown_value(axis, value));
  }
  AxisSpec y{.label = info(metric).label,
             .low = 0,
             .high = view_data::round_up(range.high),
             .unit = info(metric).unit};
  Plot plot(ui, "##curve", size, x, y);
  if (curve.current) plot.vertical(static_cast<double>(*curve.current), ui.palette.muted, "now");
  if (!curve.pinned.empty()) draw_series(ui, plot, curve.pinned, metric, ui.palette.of_series(0));
  draw_series(ui, plot, curve.now, metric, ui.palette.accent);
  const auto mouse = plot.mouse();
  if (!mouse || curve.values.empty()) return std::nullopt;
  const auto index = static_cast<std::size_t>(std::clamp(std::round(mouse->x), 0.0, count - 1));
  const AnswerPoint& point = curve.now[index];
  std::vector<TooltipLine> lines = lines_of(point);
  if (!curve.pinned.empty()) {
    const AnswerPoint& pinned = curve.pinned[index];
    lines.push_back({"pinned", pinned.step_ns > 0
                                   ? format_value(value_of(pinned, metric), info(metric).unit)
                                   : pinned.blocked});
  }
  tooltip(ui, axis_label + ": " + x.categories[index], lines, point.blocked);
  return plot.clicked() ? std::optional(index) : std::nullopt;
}

HeatMapData heat_map_of(const view_data::ExploreMap& map, ExploreMetric metric) {
  HeatMapData data;
  const model::Axis& x = model::find_axis(map.x_axis);
  const model::Axis& y = model::find_axis(map.y_axis);
  data.x_label = x.label;
  data.y_label = y.label;
  for (const std::string& value : map.x_values) {
    data.x_names.push_back(view_data::shown_value(x, value));
  }
  for (const std::string& value : map.y_values) {
    data.y_names.push_back(view_data::shown_value(y, value));
  }
  // The choice above the map names the unit: cells are small.
  const Unit unit = info(metric).unit;
  data.unit = unit == Unit::kTokS ? Unit::kNone : unit;
  data.high_is_good = info(metric).high_is_good;
  for (const AnswerPoint& point : map.cells) {
    HeatCell& cell = data.cells.emplace_back();
    cell.value = value_of(point, metric);
    cell.blocked = point.blocked;
    cell.details = lines_of(point);
  }
  return data;
}

}  // namespace dscope::viewer
