// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/document.h"
#include "viewer/view_data/palette.h"
#include "viewer/view_data/table.h"
#include "viewer/view_data/timeline.h"
#include "viewer/widgets/ui.h"
#include "workloads/stage.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::viewer {

// What the user points at, shared by all panels. Ids that are no longer open are cleared by the
// application before panels draw.
struct Selection {
  std::uint64_t active = 0;      // Document::id; 0 only when no document is open
  std::uint64_t baseline = 0;    // what is compared with; 0: none
  std::uint64_t prediction = 0;  // drawn under the measurement; 0: none
  std::optional<Stage> stage;
  std::string kernel;                        // name; empty: none
  std::optional<view_data::TimeRange> time;  // in the active document
};

// What a panel may ask the application to do. All of them take effect after the frame.
class Actions {
 public:
  virtual ~Actions() = default;
  virtual void show_panel(std::string_view panel_id) = 0;
  virtual void open_document(view_data::DocumentPtr document) = 0;  // a pinned prediction
  virtual void open_dialog() = 0;
  virtual void close_document(std::uint64_t id) = 0;
  // Asks for a path (suggesting NAME.csv) and writes it.
  virtual void export_csv(std::string name, std::string csv) = 0;
  // A picture of a rectangle of the window in pixels, of what the next frame shows there.
  virtual void export_picture(std::string name, ImVec2 min, ImVec2 max) = 0;
  virtual void copy(std::string text) = 0;      // to the clipboard
  virtual void notify(std::string text) = 0;    // a toast
  virtual void complain(std::string text) = 0;  // a toast for errors: stays until closed
};

struct PanelContext {
  const Ui& ui;  // palette, scale, fonts
  std::span<const view_data::DocumentPtr> documents;
  Selection& selection;
  Actions& actions;
  // False while a dialog or another pane has the keyboard: shortcuts are not for this panel.
  bool has_keyboard = true;

  [[nodiscard]] view_data::DocumentPtr find(std::uint64_t id) const;  // null: not open
  [[nodiscard]] view_data::DocumentPtr active() const { return find(selection.active); }
  // The place in `documents`, for Palette::of_series(); 0 when it is not open.
  [[nodiscard]] std::size_t index_of(std::uint64_t id) const;
};

// One view of the documents: what the tabs of the application show. Panels only draw; what they
// draw is computed in view_data and kept by Document::id.
class Panel {
 public:
  virtual ~Panel() = default;
  [[nodiscard]] virtual std::string_view id() const = 0;     // of --panel, settings and files
  [[nodiscard]] virtual std::string_view title() const = 0;  // of the tab
  // False: says how to open a document instead of calling draw() when none is open.
  [[nodiscard]] virtual bool works_without_documents() const { return false; }

  // True: has something to show of a document that is still being analysed.
  [[nodiscard]] virtual bool works_on_previews() const { return false; }

  // Fills the current ImGui window, whose size is what there is.
  virtual void draw(PanelContext& context) = 0;

  // True while something that draw() shows is being computed: frames go on, pictures wait for it.
  [[nodiscard]] virtual bool busy() const { return false; }

  // Every table that draw() shows, whole: what --export-csv and "Export all tables" write.
  [[nodiscard]] virtual std::vector<view_data::Table> tables(PanelContext& context) = 0;

  // Keys that the panel acts on, for the list on F1: {"F", "fit the whole trace"}.
  struct Key {
    const char* keys;
    const char* what;
  };
  [[nodiscard]] virtual std::vector<Key> keys() const { return {}; }

  // What a session file keeps of the panel. load() ignores what it does not understand.
  virtual void save(nlohmann::json&) const {}
  virtual void load(const nlohmann::json&) {}
};

using PanelPtr = std::unique_ptr<Panel>;

// One of each, in the order of the tabs; panel_list.cpp.
[[nodiscard]] std::vector<PanelPtr> make_panels();

// What a panel shows in the middle of its window when there is nothing to draw, and why.
void draw_empty(const Ui& ui, std::string_view headline, std::string_view explanation);

}  // namespace dscope::viewer
