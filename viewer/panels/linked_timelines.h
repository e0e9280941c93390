// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"
#include "viewer/panels/timeline_canvas.h"
#include "viewer/view_data/timeline_alignment.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dscope::viewer {

// The timelines of two documents under each other, aligned at the beginning of the same step: what
// stands under each other happened at the same time of that step. Zoom, pan and the mode of
// measuring are shared, and a click on a kernel shows where it is in both.
class LinkedTimelines {
 public:
  using Pair = std::array<view_data::DocumentPtr, 2>;  // the upper one and the lower one

  // Fills what is left of the window. `search`: slices whose name contains it stand out; empty:
  // none.
  void draw(PanelContext& context, const Pair& documents, const std::string& search);

  [[nodiscard]] static std::vector<Panel::Key> keys();
  // The step that both begin together, from 0.
  [[nodiscard]] std::size_t step() const { return step_; }
  void set_step(std::size_t step) { step_ = step; }
  [[nodiscard]] const view_data::TimelineView& view(std::size_t half) const {
    return halves_[half].state.view;
  }

 private:
  struct Half {
    std::uint64_t document = 0;  // Document::key(): whose tracks, search and state these are
    view_data::TimelineTracks tracks;
    view_data::SliceSearch search;
    TimelineState state;
  };

  void prepare(const Pair& documents, const std::string& search);
  void show_step();
  void measure(bool on);
  void handle_keys(PanelContext& context);
  void draw_toolbar(PanelContext& context, const Pair& documents);
  void draw_title(const PanelContext& context, const view_data::Document& document,
                  std::size_t half) const;
  void draw_half(PanelContext& context, const view_data::Document& document, std::size_t half,
                 bool has_keyboard);
  static void draw_mouse_line(const Ui& ui, const Rect& both);

  std::array<Half, 2> halves_;
  view_data::Alignment alignment_;
  std::string search_;
  std::size_t step_ = 0;
  float share_ = 0.5F;
};

}  // namespace dscope::viewer
