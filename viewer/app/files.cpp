// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/application.h"
#include "viewer/app/session.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

// Everything of the application that reads or writes files.
namespace dscope::viewer {
namespace {

std::int64_t position_of(const std::vector<std::uint64_t>& ids, std::uint64_t id) {
  const auto found = std::find(ids.begin(), ids.end(), id);
  return id == 0 || found == ids.end() ? -1 : found - ids.begin();
}

}  // namespace

std::filesystem::path Application::start_folder() const {
  if (!settings_.last_folder.empty()) return settings_.last_folder;
  std::error_code ignored;
  return std::filesystem::current_path(ignored);
}

void Application::open_dialog() {
  dialog_.start(FileDialog::Mode::kOpen, "Open a document, trace or session", start_folder(), {},
                [this](const std::vector<std::filesystem::path>& paths) {
                  settings_.last_folder = dialog_.folder().string();
                  open(paths);
                });
}

void Application::ask_to_save(const std::string& title, const std::string& name,
                              const std::function<void(const std::filesystem::path&)>& then) {
  dialog_.start(FileDialog::Mode::kSave, title, start_folder(), name,
                [this, then](const std::vector<std::filesystem::path>& paths) {
                  settings_.last_folder = dialog_.folder().string();
                  try {
                    then(paths.front());
                  } catch (const Error& e) {
                    toasts_.error(e.what());
                  }
                });
}

void Application::export_csv(std::string name, std::string csv) {
  auto content = std::make_shared<std::string>(std::move(csv));
  ask_to_save("Save the table", name + ".csv", [this, content](const auto& path) {
    write_text_file(path, *content);
    toasts_.note("Table saved: " + path.string());
  });
}

void Application::export_picture(std::string name, ImVec2 min, ImVec2 max) {
  ask_to_save("Save the picture", name + ".png", [this, min, max](const auto& path) {
    pictures_.push_back({path, min, max});
  });
}

void Application::export_pane_picture() {
  const Rect& pane = pane_rects_[focused_pane_];
  const std::string& shown = settings_.layout.panels[focused_pane_];
  export_picture(shown.empty() ? std::string(panes_[0].front()->id()) : shown, pane.min, pane.max);
}

void Application::export_tables_dialog() {
  const std::string& shown = settings_.layout.panels[focused_pane_];
  const std::string id = shown.empty() ? std::string(panes_[0].front()->id()) : shown;
  ask_to_save("Save all tables of this panel into a new folder", id + "_tables",
              [this, id](const auto& path) {
                const auto written = export_tables(path, id);
                toasts_.note(fmt::format("{} tables saved: {}", written.size(), path.string()));
              });
}

std::vector<std::filesystem::path> Application::export_tables(const std::filesystem::path& folder,
                                                              std::string_view panel_id) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw input_error("{}: {}", folder.string(), error.message());
  std::vector<std::filesystem::path> written;
  PanelContext panel_context = context(false);
  for (const PanelPtr& panel : panes_[focused_pane_]) {
    if (!panel_id.empty() && panel->id() != panel_id) continue;
    for (const view_data::Table& table : panel->tables(panel_context)) {
      const auto path = folder / (table.id + ".csv");
      write_text_file(path, view_data::to_csv(table));
      written.push_back(path);
    }
  }
  return written;
}

void Application::open_session(const std::filesystem::path& path) {
  try {
    session_ = std::make_unique<Session>(read_session(path));
  } catch (const Error& e) {
    toasts_.error(e.what());
    return;
  }
  session_documents_.clear();
  for (const auto& document : documents_) close_document(document->id);
  for (const auto& files : session_->documents) store_.open(files);
  settings_.remember({path});
}

// Once all files of the session are there (or have failed).
void Application::continue_session() {
  const Session session = std::move(*session_);
  session_.reset();
  const auto id_of = [&](std::int64_t index) -> std::uint64_t {
    if (index < 0) return 0;
    const auto& wanted = session.documents[static_cast<std::size_t>(index)];
    for (const auto& [files, id] : session_documents_) {
      if (files == wanted) return id;
    }
    return 0;
  };
  if (const std::uint64_t active = id_of(session.active); active != 0) selection_.active = active;
  selection_.baseline = id_of(session.baseline);
  selection_.prediction = id_of(session.prediction);
  selection_.stage = stage_from_id(session.stage);
  selection_.kernel = session.kernel;
  for (std::size_t i = 0; i < session.panels.size(); ++i) {
    if (!session.panels[i].empty()) settings_.layout.panels[i] = session.panels[i];
  }
  for (const PanelPtr& panel : panes_[0]) {
    const auto state = session.panel_state.find(std::string(panel->id()));
    if (state != session.panel_state.end()) panel->load(state->second);
  }
}

void Application::save_session(const std::filesystem::path& path) {
  Session session;
  std::vector<std::uint64_t> ids;
  for (const auto& document : documents_) {
    if (document->files.empty()) continue;  // made here: there is no file to come back to
    session.documents.push_back(document->files);
    ids.push_back(document->id);
  }
  session.active = position_of(ids, selection_.active);
  session.baseline = position_of(ids, selection_.baseline);
  session.prediction = position_of(ids, selection_.prediction);
  if (selection_.stage) session.stage = info(*selection_.stage).id;
  session.kernel = selection_.kernel;
  session.panels = settings_.layout.panels;
  for (const PanelPtr& panel : panes_[0]) {
    nlohmann::json state;
    panel->save(state);
    if (!state.is_null()) session.panel_state.emplace(panel->id(), std::move(state));
  }
  write_session(session, path);
  settings_.remember({path});
  const std::size_t left = documents_.size() - ids.size();
  toasts_.note(left == 0 ? "Session saved: " + path.string()
                         : fmt::format("Session saved without {} documents that have no file: {}",
                                       left, path.string()));
}

void Application::save_session_dialog() {
  ask_to_save("Save the session", std::string("viewer") + kSessionEnding, [this](auto path) {
    if (path.extension() != kSessionEnding) path += kSessionEnding;
    save_session(path);
  });
}

}  // namespace dscope::viewer
