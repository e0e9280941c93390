// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/widgets/bars.h"

#include <algorithm>
#include <cmath>

namespace dscope::viewer {
namespace {

struct Extent {
  double low;
  double high;
};

// Around the centre, both sides equally far, so that lengths can be compared.
Extent extent_of(double centre, std::span<const TornadoBar> bars) {
  double reach = 0;
  for (const TornadoBar& bar : bars) {
    for (const double end : {bar.low, bar.high}) {
      if (std::isfinite(end)) reach = std::max(reach, std::abs(end - centre));
    }
  }
  if (reach <= 0) reach = std::max(1.0, std::abs(centre) * 0.1);
  return {centre - reach, centre + reach};
}

}  // namespace

std::optional<std::size_t> tornado(const Ui& ui, const char* id, ImVec2 size, double centre,
                                   view_data::Unit unit, std::span<const TornadoBar> bars) {
  const float line = ui.small->FontSize;
  const float each = ui.px(26);
  if (size.y == 0) size.y = static_cast<float>(bars.size()) * each + line * 2 + ui.px(10);
  const Rect frame = place(id, size);
  const bool hovered = ImGui::IsItemHovered();
  const bool released = hovered && ImGui::IsMouseReleased(ImGuiMouseButton_Left);
  if (!std::isfinite(centre)) return std::nullopt;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  float labels = 0;
  float ends = 0;
  for (const TornadoBar& bar : bars) {
    labels = std::max(labels, text_width(ui.regular, bar.label));
    ends =
        std::max({ends, text_width(ui.small, bar.low_text), text_width(ui.small, bar.high_text)});
  }
  labels = std::min(labels, frame.width() * 0.35F);
  const Extent extent = extent_of(centre, bars);
  const float left = frame.min.x + labels + ends + ui.px(16);
  const float right = std::max(left + 1, frame.max.x - ends - ui.px(10));
  const auto x_of = [&](double value) {
    const double at =
        view_data::position(value, extent.low, extent.high, view_data::Scale::kLinear);
    return left + (right - left) * static_cast<float>(std::clamp(at, 0.0, 1.0));
  };
  const float middle = x_of(centre);
  const float bottom = frame.min.y + static_cast<float>(bars.size()) * each;
  std::optional<std::size_t> clicked;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const TornadoBar& bar = bars[i];
    const float y = frame.min.y + static_cast<float>(i) * each;
    const float thick = each - ui.px(8);
    draw_text(list, ui.regular, {frame.min.x, y + (thick - ui.regular->FontSize) * 0.5F},
              ui.palette.text, bar.label, labels);
    const struct {
      double end;
      const std::string& end_text;
    } sides[] = {{bar.low, bar.low_text}, {bar.high, bar.high_text}};
    for (const auto& side : sides) {
      if (!std::isfinite(side.end) || side.end == centre) continue;
      const float x = x_of(side.end);
      const bool up = side.end > centre;
      list.AddRectFilled({std::min(x, middle), y}, {std::max(x, middle), y + thick},
                         to_u32(up ? ui.palette.accent
                                   : view_data::mix(ui.palette.accent, ui.palette.muted, 0.75)));
      const float width = text_width(ui.small, side.end_text);
      draw_text(list, ui.small,
                {up ? x + ui.px(4) : x - width - ui.px(4), y + (thick - line) * 0.5F},
                ui.palette.muted, side.end_text);
    }
    const Rect row{{frame.min.x, y}, {frame.max.x, y + each}};
    if (hovered && row.holds(ImGui::GetIO().MousePos)) {
      tooltip(ui, bar.label, bar.details);
      if (released) clicked = i;
    }
  }
  list.AddLine({middle, frame.min.y}, {middle, bottom}, to_u32(ui.palette.text), ui.px(1));
  for (const double value : {extent.low, centre, extent.high}) {
    const std::string what = view_data::format_value(value, unit);
    const float width = text_width(ui.small, what);
    const float at = std::clamp(x_of(value) - width * 0.5F, frame.min.x, frame.max.x - width);
    draw_text(list, ui.small, {at, bottom + ui.px(3)}, ui.palette.muted, what);
  }
  return clicked;
}

}  // namespace dscope::viewer
