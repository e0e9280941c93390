// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/linked_timelines.h"

#include "viewer/panels/timeline_legend.h"
#include "viewer/widgets/keys.h"
#include "viewer/widgets/splitter.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace dscope::viewer {

std::vector<Panel::Key> LinkedTimelines::keys() {
  return {{"W S A D F M", "as in the timeline, in both"},
          {"Left  Right", "align at the step before, after"},
          {"Z", "show the aligned step"},
          {"click", "on a kernel: where it is in both"}};
}

// Everything belongs to what is shown; made again when that changes.
void LinkedTimelines::prepare(const Pair& documents, const std::string& search) {
  bool changed = step_ != alignment_.step;
  for (std::size_t i = 0; i < halves_.size(); ++i) {
    const view_data::Document& document = *documents[i];
    Half& half = halves_[i];
    const bool other = half.document != document.key();
    if (other) {
      half = {};
      half.document = document.key();
      half.tracks = view_data::make_tracks(document, nullptr);
    }
    if (other || search != search_) {
      half.search = view_data::SliceSearch(*document.timeline, search);
    }
    changed = changed || other;
  }
  search_ = search;
  if (!changed) return;
  alignment_ = view_data::align(*documents[0]->timeline, *documents[1]->timeline, step_);
  step_ = alignment_.step;
  for (std::size_t i = 0; i < halves_.size(); ++i) {
    halves_[i].state.view.reset(alignment_.extents[i], alignment_.origins_ns[i]);
  }
  show_step();
}

void LinkedTimelines::show_step() {
  halves_[0].state.view.show(alignment_.longest_step(), 0.05);
  halves_[1].state.view.follow(halves_[0].state.view);
}

void LinkedTimelines::measure(bool on) {
  for (Half& half : halves_) half.state.measuring = on;
}

void LinkedTimelines::handle_keys(PanelContext& context) {
  if (key_pressed(GLFW_KEY_RIGHT, true)) ++step_;
  if (key_pressed(GLFW_KEY_LEFT, true) && step_ > 0) --step_;
  if (key_pressed(GLFW_KEY_Z)) show_step();
  if (key_pressed(GLFW_KEY_M)) measure(!halves_[0].state.measuring);
  if (key_pressed(GLFW_KEY_ESCAPE)) {
    for (Half& half : halves_) half.state.clear_marks();
    context.selection.kernel.clear();
    context.selection.stage.reset();
  }
}

void LinkedTimelines::draw_toolbar(PanelContext& context, const Pair& documents) {
  const Ui& ui = context.ui;
  if (ImGui::Button("Fit")) {
    for (Half& half : halves_) half.state.view.fit();
  }
  ImGui::SameLine();
  if (toggle(ui, "Measure", halves_[0].state.measuring)) measure(!halves_[0].state.measuring);
  ImGui::SameLine(0, ui.px(20));
  if (alignment_.steps == 0) {
    ImGui::AlignTextToFramePadding();
    text_muted(ui, "No step that both have: aligned at their beginnings");
  } else {
    ImGui::BeginDisabled(step_ == 0);
    if (ImGui::Button("<")) --step_;
    ImGui::EndDisabled();
    ImGui::SameLine();
    const std::string label =
        fmt::format("Aligned at step {} of {}###step", alignment_.step + 1, alignment_.steps);
    if (ImGui::Button(label.c_str())) show_step();
    if (ImGui::IsItemHovered()) {
      tooltip(ui, "Show this step", {{"key", "Z"}},
              "In both timelines it begins at 0 of the ruler.");
    }
    ImGui::SameLine();
    ImGui::BeginDisabled(step_ + 1 >= alignment_.steps);
    if (ImGui::Button(">")) ++step_;
    ImGui::EndDisabled();
  }
  timeline_legend(context, documents);
}

void LinkedTimelines::draw_title(const PanelContext& context, const view_data::Document& document,
                                 std::size_t half) const {
  const Ui& ui = context.ui;
  std::string facts;
  const auto own = static_cast<double>(alignment_.step_ns[half]);
  const auto upper = static_cast<double>(alignment_.step_ns[0]);
  if (own > 0) facts = "step " + format_ns(own);
  if (half > 0 && own > 0 && upper > 0) {
    facts += fmt::format(", {:+.1f} %", (own / upper - 1) * 100);
  }
  if (!search_.empty()) {
    facts += fmt::format("{}{} found", facts.empty() ? "" : ", ", halves_[half].search.count());
  }
  swatch(ui, ui.palette.of_series(context.index_of(document.id)));
  const float room = ImGui::GetContentRegionAvail().x - text_width(ui.regular, facts) - ui.px(20);
  heading(ui, fit_text(ui.bold, document.name, room));
  ImGui::SameLine(0, ui.px(16));
  text_muted(ui, facts);
}

void LinkedTimelines::draw_half(PanelContext& context, const view_data::Document& document,
                                std::size_t index, bool has_keyboard) {
  Half& half = halves_[index];
  draw_title(context, document, index);
  if (half.tracks.tracks.empty()) {
    draw_empty(context.ui, "No time to show",
               "This document has neither events nor measured steps. A prediction has no order in "
               "time: the Timeline panel draws it under a measurement.");
    return;
  }
  const TimelineHighlight highlight{context.selection.stage, context.selection.kernel,
                                    &half.search};
  const TimelineEvents events =
      TimelineCanvas(context.ui, document, half.tracks, half.state, highlight)
          .draw("##canvas", {0, 0}, has_keyboard);
  if (events.closed_changed) {
    half.tracks = view_data::make_tracks(document, nullptr, half.state.closed);
    half.state.boxes.clear();
  }
  if (!events.slice_clicked) return;
  const view_data::Timeline& timeline = *document.timeline;
  half.state.select(timeline, half.state.selected);
  context.selection.kernel.clear();
  if (!half.state.selected.valid()) return;
  const view_data::Slice& slice = view_data::slice_at(timeline, half.state.selected);
  if (slice.name < timeline.names.size()) context.selection.kernel = timeline.name_of(slice);
}

// The same instant in both, from within the window of either.
void LinkedTimelines::draw_mouse_line(const Ui& ui, const Rect& both) {
  const float x = ImGui::GetIO().MousePos.x;
  const float lanes = both.min.x + TimelineCanvas::labels_width(ui, both.width());
  if (!both.holds(ImGui::GetIO().MousePos) || x < lanes) return;
  ImGui::GetWindowDrawList()->AddLine({x, both.min.y}, {x, both.max.y},
                                      to_u32(view_data::with_alpha(ui.palette.text, 0.35)));
}

void LinkedTimelines::draw(PanelContext& context, const Pair& documents,
                           const std::string& search) {
  const Ui& ui = context.ui;
  prepare(documents, search);
  if (context.has_keyboard) handle_keys(context);
  draw_toolbar(context, documents);
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const Rect both{corner, corner + ImGui::GetContentRegionAvail()};
  const float total = std::max(2.0F, both.height() - splitter_width(ui));
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {ui.px(8), ui.px(2)});
  // Keys move the half under the mouse, so that they zoom there; the other one follows.
  const std::size_t driving = ImGui::GetIO().MousePos.y > corner.y + total * share_ ? 1 : 0;
  for (std::size_t i = 0; i < halves_.size(); ++i) {
    const view_data::TimelineView before = halves_[i].state.view;
    ImGui::PushID(static_cast<int>(i));
    ImGui::BeginChild("##half", {0, i == 0 ? total * share_ : 0}, false,
                      ImGuiWindowFlags_NoScrollbar);
    draw_half(context, *documents[i], i, context.has_keyboard && i == driving);
    draw_mouse_line(ui, both);
    ImGui::EndChild();
    ImGui::PopID();
    if (!(before == halves_[i].state.view)) {
      halves_[1 - i].state.view.follow(halves_[i].state.view);
    }
    if (i == 0) splitter(ui, "##halves", false, total, share_, 90);
  }
  ImGui::PopStyleVar();
}

}  // namespace dscope::viewer
