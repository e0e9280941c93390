// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/application.h"
#include "viewer/widgets/keys.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace dscope::viewer {
namespace {

constexpr Panel::Key kGlobalKeys[] = {
    {"Ctrl+O", "open a document or trace"},
    {"Ctrl+W", "close the active document"},
    {"Ctrl+S", "save the session"},
    {"Ctrl+E", "export the tables of this panel as CSV"},
    {"Ctrl+P", "export a picture of this panel as PNG"},
    {"1 to 6", "show a panel"},
    {"Page Down  Page Up", "next, previous document"},
    {"Ctrl+B", "show or hide the list of documents"},
    {"right click", "on a document: baseline, prediction, close"},
    {"Ctrl++  Ctrl+-  Ctrl+0", "larger, smaller, normal size"},
    {"Ctrl+T", "next theme: light, dark, colour-blind safe"},
    {"F1", "this list"},
    {"Ctrl+Q", "quit"},
};

void key_rows(const Ui& ui, std::string_view title, std::span<const Panel::Key> keys) {
  if (keys.empty()) return;
  heading(ui, title);
  const float left = ImGui::GetCursorPosX();
  for (const Panel::Key& key : keys) {
    text_colored(ui.palette.accent, key.keys);
    ImGui::SameLine(0, 0);
    ImGui::SetCursorPosX(left + ui.px(180));
    text(key.what);
  }
  ImGui::Dummy({1, ui.px(4)});
}

}  // namespace

void Application::handle_shortcuts() {
  if (dialog_.is_open()) return;
  if (ImGui::IsKeyPressed(GLFW_KEY_F1, false)) help_ = !help_;
  if (help_ && ImGui::IsKeyPressed(GLFW_KEY_ESCAPE, false)) help_ = false;
  if (ctrl_pressed(GLFW_KEY_O)) open_dialog();
  if (ctrl_pressed(GLFW_KEY_Q)) quit_ = true;
  if (ctrl_pressed(GLFW_KEY_B)) settings_.layout.sidebar = !settings_.layout.sidebar;
  if (ctrl_pressed(GLFW_KEY_P)) export_pane_picture();
  if (ctrl_pressed(GLFW_KEY_T)) {
    const auto next = (static_cast<std::size_t>(settings_.theme) + 1) % view_data::kThemeIds.size();
    set_theme(static_cast<view_data::Theme>(next));
  }
  const bool shift = ImGui::GetIO().KeyShift;  // '+' needs it on many keyboards
  if (ctrl_pressed(GLFW_KEY_EQUAL, shift) || ctrl_pressed(GLFW_KEY_KP_ADD)) {
    set_scale(settings_.scale + 0.125F);
  }
  if (ctrl_pressed(GLFW_KEY_MINUS) || ctrl_pressed(GLFW_KEY_KP_SUBTRACT)) {
    set_scale(settings_.scale - 0.125F);
  }
  if (ctrl_pressed(GLFW_KEY_0)) set_scale(1);
  for (std::size_t i = 0; i < panes_[0].size() && i < 9; ++i) {
    if (key_pressed(GLFW_KEY_1 + static_cast<int>(i))) show_panel(panes_[0][i]->id());
  }
  if (documents_.empty()) return;
  if (ctrl_pressed(GLFW_KEY_W)) close_document(selection_.active);
  if (ctrl_pressed(GLFW_KEY_S)) save_session_dialog();
  if (ctrl_pressed(GLFW_KEY_E)) export_tables_dialog();
  const bool next = key_pressed(GLFW_KEY_PAGE_DOWN, true);
  if (next || key_pressed(GLFW_KEY_PAGE_UP, true)) {
    const std::size_t count = documents_.size();
    const std::size_t at = context(false).index_of(selection_.active) + (next ? 1 : count - 1);
    selection_.active = documents_[at % count]->id;
    selection_.time.reset();
  }
}

void Application::draw_help() {
  if (!help_ || dialog_.is_open()) return;
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({display.x * 0.5F, display.y * 0.5F}, ImGuiCond_Always, {0.5F, 0.5F});
  ImGui::SetNextWindowSizeConstraints({ui_.px(300), 0}, {display.x * 0.95F, display.y * 0.95F});
  // Beside each other where there is room: what is about the panels is half of it.
  const bool wide = display.x > ui_.px(1180);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, to_vec4(ui_.palette.surface));
  if (ImGui::Begin("Keys", &help_,
                   ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoSavedSettings |
                       ImGuiWindowFlags_NoCollapse)) {
    std::size_t all = std::size(kGlobalKeys);
    for (const PanelPtr& panel : panes_[0]) all += panel->keys().size();
    ImGui::BeginGroup();
    key_rows(ui_, "Everywhere", kGlobalKeys);
    std::size_t drawn = std::size(kGlobalKeys);
    for (const PanelPtr& panel : panes_[0]) {
      const std::vector<Panel::Key> keys = panel->keys();
      key_rows(ui_, panel->title(), keys);
      const bool half = drawn < all / 2 && drawn + keys.size() >= all / 2;
      drawn += keys.size();
      if (!wide || !half) continue;
      ImGui::EndGroup();
      ImGui::SameLine(0, ui_.px(24));
      ImGui::BeginGroup();
    }
    ImGui::EndGroup();
  }
  ImGui::End();
  ImGui::PopStyleColor();
}

}  // namespace dscope::viewer
