// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/app/file_dialog.h"
#include "viewer/app/settings.h"
#include "viewer/app/toasts.h"
#include "viewer/panels/panel.h"
#include "viewer/view_data/document_store.h"

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope::viewer {

struct Session;

// A part of what was drawn that is to become a PNG.
struct PictureRequest {
  std::filesystem::path path;
  ImVec2 min;  // pixels from the upper left corner
  ImVec2 max;
};

// The application without a window: documents, panels, menus and dialogs, drawn by ImGui into
// whatever the caller shows. One per ImGui context, which must be current. A frame is
//   prepare_frame(); <the back end's NewFrame>; ImGui::NewFrame(); frame(); ImGui::Render();
class Application : private Actions {
 public:
  // `settings_file` empty: nothing is remembered. `zenity` empty: there is none.
  Application(Settings settings, std::filesystem::path settings_file,
              std::filesystem::path zenity = {});
  ~Application() override;

  // Documents, traces and sessions, in the background; the ranks of one run become one document.
  void open(const std::vector<std::filesystem::path>& paths);
  void add(const view_data::DocumentPtr& document);

  void set_theme(view_data::Theme theme);
  void set_scale(float scale);                         // the user's
  void set_content_scale(float scale);                 // the screen's
  [[nodiscard]] bool show(std::string_view panel_id);  // false: there is no such panel

  // True when fonts were rebuilt: the renderer has to take the new texture.
  [[nodiscard]] bool prepare_frame();
  void frame();

  [[nodiscard]] bool loading() const { return !store_.idle(); }
  // Called when there is something new to draw; from another thread. At most once, before open().
  void on_loaded(std::function<void()> wake) { store_.on_finished(std::move(wake)); }
  // Until the files are read; what is drawn next takes them in.
  void wait_for_files() const { store_.wait(); }
  [[nodiscard]] bool computing() const;  // a panel that is shown works on something
  // How long what is drawn stays true without input: a progress bar does not need every frame, and
  // drawing in software takes the processor from what it waits for.
  [[nodiscard]] double patience_s() const;
  [[nodiscard]] bool wants_to_quit() const { return quit_; }
  [[nodiscard]] std::size_t errors() const { return toasts_.errors(); }
  [[nodiscard]] const std::string& last_error() const { return toasts_.last_error(); }
  [[nodiscard]] std::vector<PictureRequest> take_pictures();
  void picture_done(const PictureRequest& request, const std::string& error);

  // Tables of one panel (or of all: empty id) as files in a folder, created when missing. Returns
  // the paths. Throws Error{kInput}.
  std::vector<std::filesystem::path> export_tables(const std::filesystem::path& folder,
                                                   std::string_view panel_id);
  void save_settings_now();

  [[nodiscard]] const Ui& ui() const { return ui_; }
  [[nodiscard]] const Selection& selection() const { return selection_; }
  [[nodiscard]] const std::vector<view_data::DocumentPtr>& documents() const { return documents_; }
  [[nodiscard]] Settings& settings() { return settings_; }
  [[nodiscard]] const std::string& clipboard() const { return clipboard_; }  // last copied
  [[nodiscard]] Panel* panel(std::string_view id);  // of the first pane; null: no such panel
  // Where the panes were drawn last.
  [[nodiscard]] const std::array<Rect, 2>& pane_rects() const { return pane_rects_; }
  void clear_messages() { toasts_.clear(); }
  [[nodiscard]] bool asks_for_a_file() const { return dialog_.is_open(); }

 private:
  // What panels may ask for.
  void show_panel(std::string_view panel_id) override { (void)show(panel_id); }
  // After the frame: panels hold on to the list of documents while they draw.
  void open_document(view_data::DocumentPtr document) override {
    to_add_.push_back(std::move(document));
  }
  void open_dialog() override;
  void close_document(std::uint64_t id) override { to_close_.push_back(id); }
  void export_csv(std::string name, std::string csv) override;
  void export_picture(std::string name, ImVec2 min, ImVec2 max) override;
  void copy(std::string text) override;
  void notify(std::string text) override { toasts_.note(std::move(text)); }
  void complain(std::string text) override { toasts_.error(std::move(text)); }

  // application.cpp
  PanelContext context(bool has_keyboard);
  void take_loaded();
  void complete_preview(const view_data::DocumentPtr& document);
  void close_requested();
  void select_new(const view_data::DocumentPtr& document);
  void draw_panes();
  void draw_pane(std::size_t pane, ImVec2 size);
  void draw_nothing_open();
  void draw_status();
  // shortcuts.cpp
  void handle_shortcuts();
  void draw_help();
  // menu.cpp
  void draw_menu();
  void draw_file_menu();
  void draw_view_menu();
  void draw_recent();
  // sidebar.cpp
  void draw_sidebar(float width);
  void draw_document_entry(const view_data::DocumentPtr& document, std::size_t index);
  void draw_document_menu(const view_data::DocumentPtr& document);
  void draw_loading();
  // files.cpp
  void open_session(const std::filesystem::path& path);
  void continue_session();
  void save_session_dialog();
  void save_session(const std::filesystem::path& path);
  void export_tables_dialog();
  void export_pane_picture();
  std::filesystem::path start_folder() const;
  void ask_to_save(const std::string& title, const std::string& name,
                   const std::function<void(const std::filesystem::path&)>& then);

  Settings settings_;
  std::filesystem::path settings_file_;
  Ui ui_;
  float content_scale_ = 1;
  bool fonts_stale_ = true;
  Selection selection_;
  std::vector<view_data::DocumentPtr> documents_;
  view_data::DocumentStore store_;
  std::map<std::uint64_t, std::uint64_t> previews_;  // of what is loading: ticket, Document::id
  std::array<std::vector<PanelPtr>, 2> panes_;
  std::array<Rect, 2> pane_rects_;
  std::size_t focused_pane_ = 0;
  std::vector<std::uint64_t> to_close_;
  std::vector<view_data::DocumentPtr> to_add_;
  std::unique_ptr<SystemDialog> system_dialog_;
  FileDialog dialog_;
  Toasts toasts_;
  std::vector<PictureRequest> pictures_;
  std::unique_ptr<Session> session_;  // whose files are being loaded
  std::vector<std::pair<view_data::DocumentFiles, std::uint64_t>> session_documents_;
  std::string clipboard_;
  bool help_ = false;
  bool quit_ = false;
};

}  // namespace dscope::viewer
