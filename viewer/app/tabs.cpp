// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/tabs.h"

#include <string>

namespace dscope::viewer {

bool draw_tabs(const Ui& ui, const std::vector<PanelPtr>& panels, Panel*& current) {
  bool changed = false;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float height = ui.regular->FontSize + ui.px(14);
  const ImVec2 row = ImGui::GetCursorScreenPos();
  const float right = row.x + ImGui::GetContentRegionAvail().x;
  for (const PanelPtr& panel : panels) {
    const std::string title(panel->title());
    const float width = text_width(ui.bold, title) + ui.px(24);
    const ImVec2 min = ImGui::GetCursorScreenPos();
    // What does not fit is reached by key or menu.
    if (min.x + width > right + 1 && panel != panels.front()) break;
    ImGui::PushID(panel.get());
    if (ImGui::InvisibleButton("##tab", {width, height})) {
      changed = panel.get() != current;
      current = panel.get();
    }
    const bool on = panel.get() == current;
    const bool hovered = ImGui::IsItemHovered();
    ImGui::PopID();
    if (hovered && !on) {
      list.AddRectFilled(min, min + ImVec2(width, height - ui.px(3)), to_u32(ui.palette.raised),
                         ui.px(4));
    }
    draw_text(list, on ? ui.bold : ui.regular, {min.x, min.y + ui.px(6)},
              on ? ui.palette.text : ui.palette.muted, title, width, 0.5F);
    if (on) {
      list.AddRectFilled({min.x + ui.px(10), min.y + height - ui.px(3)},
                         {min.x + width - ui.px(10), min.y + height - ui.px(0.5F)},
                         to_u32(ui.palette.accent), ui.px(1));
    }
    ImGui::SameLine(0, ui.px(2));
  }
  ImGui::SetCursorScreenPos({row.x, row.y + height + ui.px(2)});
  return changed;
}

}  // namespace dscope::viewer
