// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/axis.h"
#include "viewer/widgets/ui.h"

#include <optional>
#include <string>
#include <vector>

namespace dscope::viewer {

struct HeatCell {
  double value = 0;
  std::string blocked;  // not empty: greyed out and hatched, with this reason
  std::vector<TooltipLine> details;
};

struct HeatMapData {
  std::string x_label;
  std::string y_label;
  std::vector<std::string> x_names;
  std::vector<std::string> y_names;  // from top to bottom
  std::vector<HeatCell> cells;       // [y * x_names.size() + x]; the last rows may be to come
  view_data::Unit unit = view_data::Unit::kNone;
  bool high_is_good = true;  // marks the best cell
};

struct HeatMapResult {
  std::optional<std::size_t> hovered;  // index into cells
  bool clicked = false;
};

// Values inside the cells where they fit, a colour scale beside them, the best cell framed.
HeatMapResult heat_map(const Ui& ui, const char* id, ImVec2 size, const HeatMapData& data,
                       std::optional<std::size_t> current = std::nullopt);

}  // namespace dscope::viewer
