// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/panel.h"

#include <algorithm>

namespace dscope::viewer {

view_data::DocumentPtr PanelContext::find(std::uint64_t id) const {
  for (const view_data::DocumentPtr& document : documents) {
    if (document->id == id) return document;
  }
  return nullptr;
}

std::size_t PanelContext::index_of(std::uint64_t id) const {
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (documents[i]->id == id) return i;
  }
  return 0;
}

void draw_empty(const Ui& ui, std::string_view headline, std::string_view explanation) {
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float wrap = std::min(room.x - ui.px(20), ui.px(480));
  const ImVec2 lines =
      ImGui::CalcTextSize(explanation.data(), explanation.data() + explanation.size(), false, wrap);
  const float height = ui.bold->FontSize + ui.px(8) + lines.y;
  const ImVec2 corner = ImGui::GetCursorPos();
  ImGui::SetCursorPosY(corner.y + std::max(0.0F, (room.y - height) * 0.4F));
  ImGui::SetCursorPosX(corner.x + std::max(0.0F, (room.x - text_width(ui.bold, headline)) * 0.5F));
  heading(ui, headline);
  const float left = corner.x + std::max(0.0F, (room.x - std::min(wrap, lines.x)) * 0.5F);
  ImGui::SetCursorPosX(left);
  ImGui::PushTextWrapPos(left + wrap);
  text_muted(ui, explanation);
  ImGui::PopTextWrapPos();
}

}  // namespace dscope::viewer
