// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/widgets/histogram_plot.h"

#include "viewer/widgets/plot.h"

#include <fmt/format.h>

#include <algorithm>

namespace dscope::viewer {
namespace {

double height_of(const HistogramSeries& series, std::size_t bin, bool shares) {
  const auto count = static_cast<double>(series.histogram.counts[bin]);
  if (!shares) return count;
  return series.histogram.total > 0 ? count / static_cast<double>(series.histogram.total) : 0;
}

}  // namespace

void histogram_plot(const Ui& ui, const char* id, ImVec2 size,
                    std::span<const HistogramSeries> series, view_data::Unit unit) {
  if (series.empty()) {
    (void)place(id, size);
    return;
  }
  const bool shares = series.size() > 1;
  double most = 0;
  for (const HistogramSeries& s : series) {
    for (std::size_t bin = 0; bin < s.histogram.counts.size(); ++bin) {
      most = std::max(most, height_of(s, bin, shares));
    }
  }
  const view_data::Histogram& first = series.front().histogram;
  AxisSpec x{.low = first.low, .high = first.high, .unit = unit};
  x.scale = first.logarithmic ? view_data::Scale::kLog : view_data::Scale::kLinear;
  const AxisSpec y{.label = shares ? "share" : "count",
                   .low = 0,
                   .high = view_data::round_up(most),
                   .unit = shares ? view_data::Unit::kPercent : view_data::Unit::kCount};
  Plot plot(ui, id, size, x, y);
  for (const HistogramSeries& s : series) {
    const auto fill = view_data::with_alpha(s.color, series.size() > 1 ? 0.45 : 0.85);
    for (std::size_t bin = 0; bin < s.histogram.counts.size(); ++bin) {
      const double height = height_of(s, bin, shares);
      if (height > 0) plot.bar(s.histogram.edge(bin), s.histogram.edge(bin + 1), 0, height, fill);
    }
    // Several medians may stand close together: who shows several has a legend.
    if (s.median) plot.vertical(*s.median, s.color, series.size() > 1 ? "" : "median");
  }
  const auto mouse = plot.mouse();
  if (!mouse) return;
  std::vector<TooltipLine> lines;
  std::string range;
  for (const HistogramSeries& s : series) {
    const view_data::Histogram& h = s.histogram;
    const auto scale = h.logarithmic ? view_data::Scale::kLog : view_data::Scale::kLinear;
    const double at = view_data::position(mouse->x, h.low, h.high, scale);
    if (at < 0 || at >= 1 || h.counts.empty()) continue;
    const auto bin = static_cast<std::size_t>(at * static_cast<double>(h.counts.size()));
    range = fmt::format("{} to {}", view_data::format_value(h.edge(bin), unit),
                        view_data::format_value(h.edge(bin + 1), unit));
    lines.push_back(
        {s.label.empty() ? "count" : s.label, fmt::format("{} of {}", h.counts[bin], h.total)});
  }
  if (!lines.empty()) tooltip(ui, range, lines);
}

}  // namespace dscope::viewer
