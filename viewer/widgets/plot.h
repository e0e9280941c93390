// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/axis.h"
#include "viewer/widgets/ui.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::viewer {

struct AxisSpec {
  std::string label;
  double low = 0;
  double high = 1;  // <= low, or not finite: the axis is drawn without ticks
  view_data::Unit unit = view_data::Unit::kNone;
  view_data::Scale scale = view_data::Scale::kLinear;
  // Names at 0, 1, 2, ... instead of numbers; low and high then are -0.5 and n - 0.5.
  std::vector<std::string> categories;
};

struct PlotPoint {
  double x = 0;
  double y = 0;
};

struct PlotBand {
  double x = 0;
  double low = 0;
  double high = 0;
};

// Axes with ticks, and what is drawn between them: made where the plot stands, used in the same
// frame. Points that are not finite are left out; everything is clipped to the area.
//
//   Plot plot(ui, "##clocks", ImVec2(0, 160), {"step", 0, 40, Unit::kCount}, {"clock", ...});
//   plot.line(points, ui.palette.accent);
class Plot {
 public:
  // `size`: as place().
  Plot(const Ui& ui, const char* id, ImVec2 size, AxisSpec x, AxisSpec y);
  ~Plot();  // ends clipping
  Plot(const Plot&) = delete;
  Plot& operator=(const Plot&) = delete;

  void line(std::span<const PlotPoint> points, view_data::Color color, float thickness = 1.5F);
  void band(std::span<const PlotBand> band, view_data::Color color);
  void points(std::span<const PlotPoint> points, view_data::Color color, float radius = 3);
  void bar(double x_low, double x_high, double y_low, double y_high, view_data::Color color);
  void vertical(double x, view_data::Color color, std::string_view label = {});
  void horizontal(double y, view_data::Color color, std::string_view label = {});
  void label(PlotPoint at, std::string_view text, view_data::Color color, float align = 0);

  [[nodiscard]] ImVec2 to_pixels(PlotPoint at) const;
  [[nodiscard]] const Rect& area() const { return area_; }
  [[nodiscard]] bool hovered() const { return hovered_; }
  [[nodiscard]] bool clicked() const { return clicked_; }
  // What the mouse points at, when it is over the area.
  [[nodiscard]] std::optional<PlotPoint> mouse() const;
  // Index of the point nearest to the mouse, at most `reach` (scale 1) pixels away.
  [[nodiscard]] std::optional<std::size_t> nearest(std::span<const PlotPoint> points,
                                                   float reach = 10) const;

 private:
  void draw_axes();

  const Ui& ui_;
  AxisSpec x_;
  AxisSpec y_;
  Rect frame_;
  Rect area_;
  ImDrawList* list_;
  bool hovered_ = false;
  bool clicked_ = false;
};

}  // namespace dscope::viewer
