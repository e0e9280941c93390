// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/application.h"

#include "viewer/app/fonts.h"
#include "viewer/app/session.h"
#include "viewer/app/tabs.h"
#include "viewer/view_data/document_text.h"
#include "viewer/view_data/text.h"
#include "viewer/widgets/splitter.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dscope::viewer {
namespace {

constexpr ImGuiWindowFlags kFixed =
    ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
    ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_MenuBar;

}  // namespace

Application::Application(Settings settings, std::filesystem::path settings_file,
                         std::filesystem::path zenity)
    : settings_(std::move(settings)), settings_file_(std::move(settings_file)) {
  ImGui::GetIO().IniFilename = nullptr;  // ours are in one file with the rest
  ImGui::GetIO().ConfigWindowsMoveFromTitleBarOnly = true;
  ui_.palette = view_data::make_palette(settings_.theme);
  for (auto& panels : panes_) panels = make_panels();
  if (!zenity.empty()) {
    system_dialog_ = std::make_unique<SystemDialog>(std::move(zenity));
    dialog_.set_system_dialog(system_dialog_.get());
  }
}

Application::~Application() = default;

void Application::open(const std::vector<std::filesystem::path>& paths) {
  for (const view_data::DocumentFiles& files : view_data::documents_of(paths)) {
    if (files.front().extension() == kSessionEnding) {
      open_session(files.front());
    } else {
      store_.open(files);
    }
  }
}

void Application::add(const view_data::DocumentPtr& document) {
  documents_.push_back(document);
  select_new(document);
}

// A prediction is laid under what is shown; the second measurement is compared with the first.
void Application::select_new(const view_data::DocumentPtr& document) {
  const bool only_prediction = document->has_prediction() && !document->profile.measurement;
  if (only_prediction && selection_.prediction == 0) selection_.prediction = document->id;
  if (selection_.active == 0) {
    selection_.active = document->id;
    return;
  }
  if (only_prediction) return;
  if (selection_.baseline == 0) {
    selection_.baseline = selection_.active;
    selection_.active = document->id;
    selection_.time.reset();
  }
}

void Application::set_theme(view_data::Theme theme) {
  settings_.theme = theme;
  ui_.palette = view_data::make_palette(theme);
  if (!fonts_stale_) apply_style(ui_);
}

void Application::set_scale(float scale) {
  settings_.scale = std::clamp(scale, 0.5F, 4.0F);
  fonts_stale_ = true;
}

void Application::set_content_scale(float scale) {
  if (scale == content_scale_ || !(scale > 0)) return;
  content_scale_ = scale;
  fonts_stale_ = true;
}

bool Application::show(std::string_view panel_id) {
  const auto found = std::find_if(panes_[0].begin(), panes_[0].end(),
                                  [&](const PanelPtr& panel) { return panel->id() == panel_id; });
  if (found == panes_[0].end()) return false;
  settings_.layout.panels[focused_pane_] = panel_id;
  return true;
}

Panel* Application::panel(std::string_view id) {
  for (const PanelPtr& panel : panes_[0]) {
    if (panel->id() == id) return panel.get();
  }
  return nullptr;
}

bool Application::prepare_frame() {
  if (!fonts_stale_) return false;
  fonts_stale_ = false;
  ui_.scale = std::clamp(settings_.scale * content_scale_, 0.5F, 8.0F);
  build_fonts(ui_);
  apply_style(ui_);
  return true;
}

bool Application::computing() const {
  for (const std::vector<PanelPtr>& panels : panes_) {
    for (const PanelPtr& panel : panels) {
      if (panel->busy()) return true;
    }
  }
  return false;
}

double Application::patience_s() const {
  constexpr double kProgress = 0.25;
  constexpr double kIdle = 0.5;
  if (!pictures_.empty()) return 0;
  const bool waiting = loading() || computing() || (system_dialog_ && system_dialog_->running());
  return waiting ? kProgress : kIdle;
}

PanelContext Application::context(bool has_keyboard) {
  return {ui_, documents_, selection_, *this, has_keyboard};
}

void Application::take_loaded() {
  for (view_data::DocumentStore::Finished& finished : store_.take_finished()) {
    if (!finished.document) {
      if (!finished.cancelled) toasts_.error(finished.error);
      const auto preview = previews_.find(finished.ticket);
      if (preview != previews_.end()) close_document(preview->second);
    } else if (previews_.contains(finished.ticket)) {
      complete_preview(finished.document);
    } else {
      session_documents_.emplace_back(finished.files, finished.document->id);
      settings_.remember(finished.files);
      add(finished.document);
    }
    const bool more = finished.document && !finished.document->complete;
    if (more) {
      previews_[finished.ticket] = finished.document->id;
    } else {
      previews_.erase(finished.ticket);
    }
  }
  if (session_ && store_.idle()) continue_session();
}

// In the place of its preview, unless that was closed.
void Application::complete_preview(const view_data::DocumentPtr& document) {
  for (view_data::DocumentPtr& open : documents_) {
    if (open->id == document->id) open = document;
  }
}

void Application::close_requested() {
  for (const std::uint64_t id : std::exchange(to_close_, {})) {
    for (const auto& [ticket, preview] : previews_) {
      if (preview == id) store_.cancel(ticket);
    }
    std::erase_if(documents_, [&](const auto& document) { return document->id == id; });
    for (std::uint64_t* chosen :
         {&selection_.active, &selection_.baseline, &selection_.prediction}) {
      if (*chosen == id) *chosen = 0;
    }
  }
  if (selection_.active == 0 && !documents_.empty()) {
    selection_.active = documents_.front()->id;
    selection_.time.reset();
  }
  if (selection_.baseline == selection_.active) selection_.baseline = 0;
}

void Application::frame() {
  take_loaded();
  for (const view_data::DocumentPtr& document : std::exchange(to_add_, {})) add(document);
  close_requested();
  handle_shortcuts();
  close_requested();
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(viewport->Pos);
  ImGui::SetNextWindowSize(viewport->Size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {ui_.px(8), ui_.px(6)});
  ImGui::Begin("##main", nullptr, kFixed);
  ImGui::PopStyleVar(3);
  draw_menu();
  const float status = ImGui::GetTextLineHeightWithSpacing() + ui_.px(2);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float height = std::max(1.0F, room.y - status);
  ImGui::BeginChild("##body", {0, height}, false, ImGuiWindowFlags_NoScrollbar);
  if (settings_.layout.sidebar) {
    const float total = ImGui::GetContentRegionAvail().x - splitter_width(ui_);
    draw_sidebar(settings_.layout.sidebar_share * total);
    ImGui::SameLine(0, 0);
    splitter(ui_, "##sidebar_edge", true, total, settings_.layout.sidebar_share, 150, 0.19F);
    ImGui::SameLine(0, 0);
  }
  ImGui::BeginChild("##panes", {0, 0}, false, ImGuiWindowFlags_NoScrollbar);
  draw_panes();
  ImGui::EndChild();
  ImGui::EndChild();
  draw_status();
  ImGui::End();
  dialog_.draw(ui_);
  draw_help();
  toasts_.draw(ui_);
}

void Application::draw_panes() {
  Layout& layout = settings_.layout;
  const ImVec2 room = ImGui::GetContentRegionAvail();
  if (layout.split == Split::kNone) {
    focused_pane_ = 0;
    draw_pane(0, room);
    return;
  }
  const bool side = layout.split == Split::kSideBySide;
  const float total = (side ? room.x : room.y) - splitter_width(ui_);
  const float first = layout.split_share * total;
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
  draw_pane(0, side ? ImVec2(first, room.y) : ImVec2(room.x, first));
  if (side) ImGui::SameLine(0, 0);
  splitter(ui_, "##panes_edge", side, total, layout.split_share, 160);
  if (side) ImGui::SameLine(0, 0);
  draw_pane(1, side ? ImVec2(total - first, room.y) : ImVec2(room.x, total - first));
  ImGui::PopStyleVar();
}

void Application::draw_pane(std::size_t pane, ImVec2 size) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  pane_rects_[pane] = {at, at + size};
  ImGui::PushID(static_cast<int>(pane));
  ImGui::BeginChild("##pane", size, false, ImGuiWindowFlags_NoScrollbar);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {ui_.px(8), ui_.px(6)});
  if (ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows) &&
      ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
    focused_pane_ = pane;
  }
  std::string& shown = settings_.layout.panels[pane];
  std::vector<PanelPtr>& panels = panes_[pane];
  Panel* current = panels.front().get();
  for (const PanelPtr& panel : panels) {
    if (panel->id() == shown) current = panel.get();
  }
  if (draw_tabs(ui_, panels, current)) {
    shown = current->id();
    focused_pane_ = pane;
  }
  ImGui::PushStyleColor(ImGuiCol_ChildBg, to_vec4(ui_.palette.surface));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {ui_.px(10), ui_.px(8)});
  ImGui::BeginChild("##panel", {0, 0}, true, ImGuiWindowFlags_AlwaysUseWindowPadding);
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
  PanelContext panel_context = context(pane == focused_pane_ && !dialog_.is_open() && !help_);
  if (documents_.empty() && !current->works_without_documents()) {
    draw_nothing_open();
  } else if (const auto active = panel_context.active();
             active && !active->complete && !current->works_on_previews()) {
    draw_empty(ui_, "Analysing\u2026",
               "Stages, steps and their times are being worked out. The timeline can be looked at "
               "already; the list on the left shows how far it is.");
  } else {
    ImGui::PushID(current);
    current->draw(panel_context);
    ImGui::PopID();
  }
  ImGui::EndChild();
  ImGui::PopStyleVar();
  ImGui::EndChild();
  ImGui::PopID();
}

// What there is to do without a document.
void Application::draw_nothing_open() {
  if (loading()) {
    draw_empty(ui_, "Loading\u2026", "The list on the left shows how far it is.");
    return;
  }
  draw_empty(ui_, "Nothing is open",
             "Open a profile document (dscope run, predict and import write them) or a trace as it "
             "is: of PyTorch, SGLang and vLLM (Kineto), or of Nsight Systems. Press Ctrl+O, drop "
             "files onto this window, or name them on the command line. Without any file, Explore "
             "predicts what a box of GPUs would do.");
  ImGui::Spacing();
  const char* explore = "Explore without a file";
  const float padding = ImGui::GetStyle().FramePadding.x * 4 + ImGui::GetStyle().ItemSpacing.x;
  const float width =
      text_width(ui_.regular, "Open\u2026") + text_width(ui_.regular, explore) + padding;
  const float room = ImGui::GetContentRegionAvail().x;
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + std::max(0.0F, (room - width) * 0.5F));
  if (ImGui::Button("Open\u2026")) open_dialog();
  ImGui::SameLine();
  if (ImGui::Button(explore)) show_panel("explore");
}

void Application::draw_status() {
  const view_data::DocumentPtr active = context(false).active();
  const std::string text_left =
      active ? view_data::status_line(*active) : std::string("Ctrl+O opens a file");
  const std::string keys = "F1 keys";
  const float width = ImGui::GetContentRegionAvail().x;
  const float right = text_width(ui_.regular, keys);
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  text_muted(ui_, fit_text(ui_.regular, text_left, width - right - ui_.px(20)));
  draw_text(*ImGui::GetWindowDrawList(), ui_.regular, {corner.x + width - right, corner.y},
            ui_.palette.muted, keys);
}

std::vector<PictureRequest> Application::take_pictures() {
  return std::exchange(pictures_, {});
}

void Application::picture_done(const PictureRequest& request, const std::string& error) {
  if (error.empty()) {
    toasts_.note("Picture saved: " + request.path.string());
  } else {
    toasts_.error(error);
  }
}

void Application::copy(std::string what) {
  clipboard_ = std::move(what);
  ImGui::SetClipboardText(clipboard_.c_str());
  toasts_.note("Copied: " + clipboard_);
}

void Application::save_settings_now() {
  if (settings_file_.empty()) return;
  save_settings(settings_, settings_file_);
}

}  // namespace dscope::viewer
