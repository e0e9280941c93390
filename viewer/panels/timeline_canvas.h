// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/document.h"
#include "viewer/view_data/timeline_columns.h"
#include "viewer/view_data/timeline_overview.h"
#include "viewer/view_data/timeline_query.h"
#include "viewer/view_data/timeline_tracks.h"
#include "viewer/view_data/timeline_view.h"
#include "viewer/widgets/ui.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace dscope::viewer {

// What a timeline shows and where: kept between frames by whoever draws one. Two canvases with the
// same view are linked.
struct TimelineState {
  std::uint64_t made_for = 0;  // Document::key(): what refs and boxes below are of
  view_data::TimelineView view;
  float scroll = 0;  // from the top, pixels
  std::set<std::uint32_t> closed;
  view_data::SliceRef selected;
  std::optional<view_data::TimeRange> range;    // selected time
  std::optional<view_data::TimeRange> measure;  // as measured; end may be before the start
  bool measuring = false;                       // the mode: dragging measures
  bool arrows = false;                          // of everything visible, not only of the selection
  std::vector<view_data::SliceRef>
      partners;  // of the selected slice: launches, or what it launched
  bool dragging_range = false;

  // What is visible of each row, as long as the view stays where it is.
  std::unordered_map<const view_data::Row*, std::vector<view_data::TimelineBox>> boxes;
  view_data::TimelineView boxes_view;

  void select(const view_data::Timeline& timeline, const view_data::SliceRef& ref);
  void clear_marks();  // selections and measurement

  // Kept until document, extent or width change.
  const view_data::Overview& overview_of(const view_data::Document& document, float pixels);
  view_data::Overview overview;
  std::uint64_t overview_document = 0;
  view_data::TimeRange overview_extent;
  float overview_pixels = 0;
};

// What stands out: everything else is dimmed.
struct TimelineHighlight {
  std::optional<Stage> stage;
  std::string kernel;
  const view_data::SliceSearch* search = nullptr;  // null, or without matches: none
};

struct TimelineEvents {
  bool slice_clicked = false;
  bool range_changed = false;   // the drag has ended
  bool closed_changed = false;  // tracks must be made again
  bool measure_finished = false;
};

// Lanes, ruler and overview of one document in a rectangle. Draws and moves `state`; made anew each
// frame. Keys are taken when `has_keyboard`: W S zoom, A D pan, F fit.
class TimelineCanvas {
 public:
  TimelineCanvas(const Ui& ui, const view_data::Document& document,
                 const view_data::TimelineTracks& tracks, TimelineState& state,
                 const TimelineHighlight& highlight);

  TimelineEvents draw(const char* id, ImVec2 size, bool has_keyboard);

  // Of a canvas of that width: where the lanes begin.
  [[nodiscard]] static float labels_width(const Ui& ui, float width);

 private:
  struct Endpoint {  // of arrows
    std::uint64_t correlation;
    float x;
    float y;
    bool work;
  };

  void layout(const char* id, ImVec2 size);
  // timeline_canvas.cpp
  void draw_ruler();
  void draw_tracks();
  void draw_track(const view_data::Track& track, float y);
  void draw_heading(const view_data::Track& track, float y);
  void draw_row(const view_data::Row& row, const view_data::Track& track,
                const view_data::SliceRef& ref, float y, float height);
  void draw_residuals(float y);
  void draw_label(const view_data::Slice& slice, const view_data::TimelineBox& box, float y,
                  float height, view_data::Color fill);
  [[nodiscard]] const std::vector<view_data::TimelineBox>& boxes_of(const view_data::Row& row);
  [[nodiscard]] view_data::Color color_of(const view_data::TimelineBox& box,
                                          const view_data::Slice* slice,
                                          view_data::LaneKind kind) const;
  [[nodiscard]] bool dimmed(const view_data::TimelineBox& box, const view_data::Slice* slice) const;
  void draw_steps();
  void draw_arrows();
  void draw_arrow(ImVec2 from, ImVec2 to, bool strong);
  void draw_range();
  void draw_measure();
  void draw_scrollbar();
  // timeline_overview.cpp
  void draw_overview();
  // timeline_input.cpp
  void handle_keys();
  void handle_mouse();
  void handle_wheel();
  void drag_time(std::optional<view_data::TimeRange>& range, bool& finished);
  void show_tooltip();
  void slice_tooltip(const view_data::Slice& slice, view_data::LaneKind kind);
  [[nodiscard]] std::optional<float> y_of(const view_data::SliceRef& ref) const;

  const Ui& ui_;
  const view_data::Document& document_;
  const view_data::Timeline& timeline_;
  const view_data::TimelineTracks& tracks_;
  TimelineState& state_;
  const TimelineHighlight& highlight_;
  ImDrawList* list_ = nullptr;
  Rect frame_;
  Rect overview_;
  Rect ruler_;
  Rect labels_;
  Rect lanes_;
  bool hovered_ = false;
  bool active_ = false;
  std::vector<Endpoint> endpoints_;
  std::optional<view_data::SliceRef> under_mouse_;
  std::optional<std::size_t> residual_under_mouse_;
  const view_data::Row* special_row_ = nullptr;  // of what is under the mouse, outside the lanes
  std::uint32_t special_slice_ = view_data::kNoSlice;
  TimelineEvents events_;
};

}  // namespace dscope::viewer
