// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/widgets/splitter.h"

#include <algorithm>

namespace dscope::viewer {

float splitter_width(const Ui& ui) {
  return ui.px(7);
}

bool splitter(const Ui& ui, const char* id, bool vertical_bar, float total, float& share,
              float least, float reset) {
  const float thick = splitter_width(ui);
  const ImVec2 available = ImGui::GetContentRegionAvail();
  const ImVec2 min = ImGui::GetCursorScreenPos();
  const ImVec2 size = vertical_bar ? ImVec2(thick, std::max(1.0F, available.y))
                                   : ImVec2(std::max(1.0F, available.x), thick);
  ImGui::InvisibleButton(id, size);
  const bool active = ImGui::IsItemActive();
  const bool hovered = ImGui::IsItemHovered();
  const float before = share;
  if (hovered && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
    share = reset;
  } else if (active && total > 0) {
    const ImVec2 moved = ImGui::GetIO().MouseDelta;
    share += (vertical_bar ? moved.x : moved.y) / total;
  }
  if (total > 0) {
    const float edge = std::min(ui.px(least) / total, 0.5F);
    share = std::clamp(share, edge, 1 - edge);
  }
  if (active || hovered) {
    ImGui::SetMouseCursor(vertical_bar ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
  }
  const auto color = active    ? ui.palette.accent
                     : hovered ? view_data::mix(ui.palette.border, ui.palette.accent, 0.5)
                               : ui.palette.border;
  const ImVec2 centre{min.x + size.x * 0.5F, min.y + size.y * 0.5F};
  const float half = ui.px(active || hovered ? 1.5F : 0.75F);
  const ImVec2 reach = vertical_bar ? ImVec2(half, size.y * 0.5F) : ImVec2(size.x * 0.5F, half);
  ImGui::GetWindowDrawList()->AddRectFilled(centre - reach, centre + reach, to_u32(color));
  return share != before;
}

}  // namespace dscope::viewer
