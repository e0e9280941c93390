// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/application.h"
#include "viewer/view_data/text.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace dscope::viewer {
namespace {

struct ThemeLabel {
  view_data::Theme theme;
  const char* label;
};
constexpr std::array kThemes{ThemeLabel{view_data::Theme::kLight, "Light"},
                             ThemeLabel{view_data::Theme::kDark, "Dark"},
                             ThemeLabel{view_data::Theme::kColourBlind, "Colour-blind safe"}};

struct SplitLabel {
  Split split;
  const char* label;
};
constexpr std::array kSplits{SplitLabel{Split::kNone, "One pane"},
                             SplitLabel{Split::kSideBySide, "Two side by side"},
                             SplitLabel{Split::kStacked, "Two stacked"}};

}  // namespace

void Application::draw_recent() {
  if (!ImGui::BeginMenu("Open recent", !settings_.recent.empty())) return;
  std::vector<std::filesystem::path> chosen;
  for (std::size_t i = 0; i < settings_.recent.size(); ++i) {
    const std::vector<std::string>& files = settings_.recent[i];
    const std::string more =
        files.size() == 1 ? std::string() : fmt::format(" and {} more", files.size() - 1);
    ImGui::PushID(static_cast<int>(i));
    if (ImGui::MenuItem((view_data::printable(files.front()) + more).c_str())) {
      chosen.assign(files.begin(), files.end());
    }
    ImGui::PopID();
  }
  ImGui::Separator();
  if (ImGui::MenuItem("Forget all")) settings_.recent.clear();
  ImGui::EndMenu();
  if (!chosen.empty()) open(chosen);
}

void Application::draw_file_menu() {
  if (ImGui::MenuItem("Open\u2026", "Ctrl+O")) open_dialog();
  draw_recent();
  const bool any = !documents_.empty();
  if (ImGui::MenuItem("Close document", "Ctrl+W", false, any)) close_document(selection_.active);
  ImGui::Separator();
  if (ImGui::MenuItem("Save session\u2026", "Ctrl+S", false, any)) save_session_dialog();
  ImGui::Separator();
  if (ImGui::MenuItem("Export tables of this panel\u2026", "Ctrl+E", false, any)) {
    export_tables_dialog();
  }
  if (ImGui::MenuItem("Export picture of this panel\u2026", "Ctrl+P")) export_pane_picture();
  ImGui::Separator();
  if (ImGui::MenuItem("Quit", "Ctrl+Q")) quit_ = true;
}

void Application::draw_view_menu() {
  int number = 1;
  for (const PanelPtr& panel : panes_[focused_pane_]) {
    const std::string key = std::to_string(number++);
    const bool on = settings_.layout.panels[focused_pane_] == panel->id();
    if (ImGui::MenuItem(std::string(panel->title()).c_str(), key.c_str(), on)) {
      show_panel(panel->id());
    }
  }
  ImGui::Separator();
  for (const SplitLabel& entry : kSplits) {
    if (ImGui::MenuItem(entry.label, nullptr, settings_.layout.split == entry.split)) {
      settings_.layout.split = entry.split;
      focused_pane_ = 0;
    }
  }
  ImGui::MenuItem("Document list", "Ctrl+B", &settings_.layout.sidebar);
  ImGui::Separator();
  for (const ThemeLabel& entry : kThemes) {
    if (ImGui::MenuItem(entry.label, nullptr, settings_.theme == entry.theme)) {
      set_theme(entry.theme);
    }
  }
  ImGui::Separator();
  if (ImGui::MenuItem("Larger", "Ctrl++")) set_scale(settings_.scale + 0.125F);
  if (ImGui::MenuItem("Smaller", "Ctrl+-")) set_scale(settings_.scale - 0.125F);
  if (ImGui::MenuItem("Normal size", "Ctrl+0")) set_scale(1);
  ImGui::Separator();
  if (ImGui::MenuItem("Reset layout")) settings_.layout = Layout{};
}

void Application::draw_menu() {
  if (!ImGui::BeginMenuBar()) return;
  if (ImGui::BeginMenu("File")) {
    draw_file_menu();
    ImGui::EndMenu();
  }
  if (ImGui::BeginMenu("View")) {
    draw_view_menu();
    ImGui::EndMenu();
  }
  if (ImGui::BeginMenu("Help")) {
    if (ImGui::MenuItem("Keys", "F1")) help_ = true;
    ImGui::EndMenu();
  }
  ImGui::EndMenuBar();
}

}  // namespace dscope::viewer
