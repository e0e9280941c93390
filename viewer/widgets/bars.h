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

struct BarSegment {
  double value = 0;  // >= 0; others are left out
  view_data::Color color;
  std::string label;  // drawn inside where it fits, and the tooltip's heading
  std::vector<TooltipLine> details;
  std::string key;      // what a click means: stage id, kernel name
  bool dimmed = false;  // another one is selected
};

struct Bar {
  std::string label;  // beside (or below) the bar
  std::vector<BarSegment> segments;
  std::string note;           // behind the end of a horizontal bar: its total
  std::optional<double> low;  // interval of the total: a whisker
  std::optional<double> high;
};

struct BarsOptions {
  bool horizontal = true;
  view_data::Unit unit = view_data::Unit::kNs;
  double most = 0;       // end of the axis; 0: the largest total
  float thickness = 26;  // of a horizontal bar, scale 1; vertical ones share the width
  bool show_axis = true;
};

struct BarsResult {
  std::optional<std::size_t> hovered_bar;
  std::optional<std::size_t> hovered_segment;
  bool clicked = false;
};

// Stacked bars with one axis from 0. `size`: as place(); for horizontal bars a height of 0 is what
// they need. Shows the tooltip of a segment by itself. Vertical bars may be thousands: below one
// pixel each they are drawn as the mean of those that share it.
BarsResult stacked_bars(const Ui& ui, const char* id, ImVec2 size, std::span<const Bar> bars,
                        const BarsOptions& options = {});

// Bars to either side of a centre line (tornado): value of low and high ends.
struct TornadoBar {
  std::string label;
  double low = 0;
  double high = 0;
  std::string low_text;  // what was changed to get there: "-10 %"
  std::string high_text;
  std::vector<TooltipLine> details;
};
// `centre` is the value without a change. Returns the bar that was clicked.
std::optional<std::size_t> tornado(const Ui& ui, const char* id, ImVec2 size, double centre,
                                   view_data::Unit unit, std::span<const TornadoBar> bars);

}  // namespace dscope::viewer
