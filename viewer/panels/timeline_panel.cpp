// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/timeline_panel.h"

#include "viewer/panels/timeline_canvas.h"
#include "viewer/panels/timeline_details.h"
#include "viewer/panels/timeline_legend.h"
#include "viewer/widgets/keys.h"
#include "viewer/widgets/splitter.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <imgui_stdlib.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace dscope::viewer {
namespace {

using view_data::SliceRef;
using view_data::TimeRange;

class TimelinePanel final : public Panel {
 public:
  [[nodiscard]] std::string_view id() const override { return "timeline"; }
  [[nodiscard]] std::string_view title() const override { return "Timeline"; }
  [[nodiscard]] bool works_on_previews() const override { return true; }

  void draw(PanelContext& context) override {
    const view_data::DocumentPtr document = context.active();
    if (!document) return;
    prepare(context, *document);
    if (tracks_.tracks.empty()) {
      draw_empty(context.ui, "No time to show",
                 "This document has neither events nor measured steps. A prediction alone has no "
                 "timeline: open a measurement beside it, and it is drawn below that.");
      return;
    }
    if (context.has_keyboard) handle_keys(context, *document);
    draw_toolbar(context, *document);
    timeline_legend(context, {&document, 1});
    const float total = ImGui::GetContentRegionAvail().y - splitter_width(context.ui);
    const TimelineHighlight highlight{context.selection.stage, context.selection.kernel, &search_};
    TimelineState& state = states_[document->id];
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {context.ui.px(8), 0});
    const TimelineEvents events =
        TimelineCanvas(context.ui, *document, tracks_, state, highlight)
            .draw("##canvas", {0, std::max(1.0F, total * share_)}, context.has_keyboard);
    splitter(context.ui, "##details_edge", false, total, share_, 90, kShare);
    ImGui::PopStyleVar();
    ImGui::BeginChild("##details", {0, 0}, false, ImGuiWindowFlags_NoScrollbar);
    details_.draw(context, *document, state);
    ImGui::EndChild();
    react(context, *document, state, events);
  }

  [[nodiscard]] std::vector<view_data::Table> tables(PanelContext& context) override {
    const view_data::DocumentPtr document = context.active();
    if (!document) return {};
    prepare(context, *document);
    details_.update(*document, states_[document->id], context.selection.stage);
    const view_data::Table* table = details_.table();
    return table == nullptr ? std::vector<view_data::Table>{} : std::vector{*table};
  }

  [[nodiscard]] std::vector<Key> keys() const override {
    return {{"W  S", "zoom in, zoom out at the mouse (also the wheel)"},
            {"A  D", "earlier, later (also dragging)"},
            {"F", "fit everything"},
            {"Z", "zoom to the selected time, or slice"},
            {"M", "measure: drag from one instant to another; Ctrl+C copies"},
            {"/", "search names"},
            {"N  Shift+N", "next, previous match"},
            {"X", "arrows from launches to work"},
            {"Shift+wheel", "scroll the lanes"},
            {"Escape", "clear selection, measurement and search"}};
  }

  void save(nlohmann::json& state) const override {
    const auto current = states_.find(shown_document_);
    state["details_share"] = share_;
    state["search"] = search_text_;
    if (current == states_.end()) return;
    const TimeRange seen = current->second.view.visible();
    const std::int64_t origin = current->second.view.extent().start_ns;
    state["from_ns"] = seen.start_ns - origin;
    state["to_ns"] = seen.end_ns - origin;
  }

  void load(const nlohmann::json& state) override {
    if (!state.is_object()) return;
    if (state.contains("details_share") && state["details_share"].is_number()) {
      const auto share = state["details_share"].get<float>();
      if (std::isfinite(share)) share_ = std::clamp(share, 0.1F, 0.95F);
    }
    if (state.contains("search") && state["search"].is_string()) {
      search_text_ = state["search"].get<std::string>();
    }
    if (state.contains("from_ns") && state["from_ns"].is_number_integer() &&
        state.contains("to_ns") && state["to_ns"].is_number_integer()) {
      restore_ =
          TimeRange{state["from_ns"].get<std::int64_t>(), state["to_ns"].get<std::int64_t>()};
    }
  }

 private:
  static constexpr float kShare = 0.68F;

  static const profile::Prediction* prediction_of(const view_data::Document* document) {
    return document != nullptr && document->profile.prediction ? &*document->profile.prediction
                                                               : nullptr;
  }

  // Tracks, search and view belong to what is shown; made again when that changes.
  void prepare(PanelContext& context, const view_data::Document& document) {
    const bool first = !states_.contains(document.id);
    TimelineState& state = states_[document.id];
    if (first) state.view.reset(document.timeline->extent);
    if (shown_ != document.key()) take_over(state, document);
    if (restore_) {
      const TimeRange extent = document.timeline->extent;
      const std::int64_t length = extent.length_ns();
      const TimeRange range{
          extent.start_ns + std::clamp<std::int64_t>(restore_->start_ns, -length, length),
          extent.start_ns + std::clamp<std::int64_t>(restore_->end_ns, 0, 2 * length)};
      if (!range.empty()) state.view.show(range, 0);
      restore_.reset();
    }
    const view_data::DocumentPtr predicted = context.find(context.selection.prediction);
    const std::uint64_t prediction = predicted ? predicted->id : 0;
    if (shown_ == document.key() && prediction_ == prediction && !stale_) return;
    const profile::Prediction* section = prediction_of(predicted.get());
    if (section == nullptr) section = prediction_of(&document);
    tracks_ = view_data::make_tracks(document, section, state.closed);
    state.boxes.clear();  // rows of the tracks stand where others stood
    if (shown_ != document.key()) {
      search_ = view_data::SliceSearch(*document.timeline, search_text_);
      match_ = {};
      match_number_ = 0;
    }
    keep_ = predicted;
    shown_ = document.key();
    shown_document_ = document.id;
    prediction_ = prediction;
    stale_ = false;
  }

  // The view stays where it was when a preview is completed; what points into its lanes does not.
  static void take_over(TimelineState& state, const view_data::Document& document) {
    if (state.made_for == document.key()) return;
    state.made_for = document.key();
    state.selected = {};
    state.partners.clear();
    state.boxes.clear();
    state.view.set_extent(document.timeline->extent);
  }

  void handle_keys(PanelContext& context, const view_data::Document& document) {
    TimelineState& state = states_[document.id];
    if (key_pressed(GLFW_KEY_M)) state.measuring = !state.measuring;
    if (key_pressed(GLFW_KEY_X)) state.arrows = !state.arrows;
    if (key_pressed(GLFW_KEY_SLASH)) focus_search_ = true;
    if (key_pressed(GLFW_KEY_N, true)) go_to_match(document, !ImGui::GetIO().KeyShift);
    if (key_pressed(GLFW_KEY_Z) && !state.range && state.selected.valid()) {
      const view_data::Slice& slice = view_data::slice_at(*document.timeline, state.selected);
      state.view.show({slice.start_ns, slice.end_ns}, 0.5);
    }
    if (state.measure && ctrl_pressed(GLFW_KEY_C)) copy_measure(context, state);
    if (key_pressed(GLFW_KEY_ESCAPE)) {
      state.clear_marks();
      context.selection.kernel.clear();
      context.selection.stage.reset();
      set_search(document, {});
    }
  }

  void set_search(const view_data::Document& document, std::string what) {
    search_text_ = std::move(what);
    search_ = view_data::SliceSearch(*document.timeline, search_text_);
    match_ = {};
    match_number_ = 0;
  }

  void go_to_match(const view_data::Document& document, bool forward) {
    TimelineState& state = states_[document.id];
    const std::int64_t from = state.view.visible().start_ns;
    const auto found = forward ? search_.next(match_, from) : search_.previous(match_, from);
    if (!found) return;
    const auto count = static_cast<std::int64_t>(search_.count());
    match_number_ = match_number_ == 0
                        ? search_.number_of(*found)
                        : (match_number_ - 1 + (forward ? 1 : count - 1)) % count + 1;
    match_ = *found;
    state.select(*document.timeline, *found);
    const view_data::Slice& slice = view_data::slice_at(*document.timeline, *found);
    state.view.reveal({slice.start_ns, slice.end_ns});
  }

  static void copy_measure(PanelContext& context, const TimelineState& state) {
    context.actions.copy(fmt::format("{} ns", std::abs(state.measure->length_ns())));
  }

  void draw_toolbar(PanelContext& context, const view_data::Document& document) {
    const Ui& ui = context.ui;
    TimelineState& state = states_[document.id];
    if (ImGui::Button("Fit")) state.view.fit();
    ImGui::SameLine();
    ImGui::BeginDisabled(!state.range);
    if (ImGui::Button("Zoom to selection")) state.view.show(*state.range);
    ImGui::EndDisabled();
    ImGui::SameLine();
    if (toggle(ui, "Measure", state.measuring)) state.measuring = !state.measuring;
    ImGui::SameLine();
    if (toggle(ui, "Arrows", state.arrows)) state.arrows = !state.arrows;
    ImGui::SameLine(0, ui.px(20));
    ImGui::SetNextItemWidth(std::min(ui.px(220), ImGui::GetContentRegionAvail().x * 0.4F));
    if (focus_search_) ImGui::SetKeyboardFocusHere();
    focus_search_ = false;
    std::string typed = search_text_;
    const bool entered = ImGui::InputTextWithHint("##search", "search names ( / )", &typed,
                                                  ImGuiInputTextFlags_EnterReturnsTrue);
    if (typed != search_text_) set_search(document, typed);
    if (entered) go_to_match(document, true);
    if (!search_text_.empty()) {
      ImGui::SameLine();
      if (ImGui::Button("<")) go_to_match(document, false);
      ImGui::SameLine();
      if (ImGui::Button(">")) go_to_match(document, true);
      ImGui::SameLine();
      text_muted(ui, match_number_ > 0 ? fmt::format("{} of {}", match_number_, search_.count())
                                       : fmt::format("{} found", search_.count()));
    }
    if (!document.complete) {
      ImGui::SameLine(0, ui.px(20));
      text_muted(ui, "analysing\u2026");
      if (ImGui::IsItemHovered()) {
        tooltip(ui, "Stages and steps are being worked out", {},
                "Colours are what the names of kernels say so far; everything else follows.");
      }
    }
    if (state.measure) {
      ImGui::SameLine(0, ui.px(20));
      const std::string delta =
          format_ns(std::abs(static_cast<double>(state.measure->length_ns())));
      if (ImGui::Button(("Copy " + delta).c_str())) copy_measure(context, state);
    }
  }

  void react(PanelContext& context, const view_data::Document& document, TimelineState& state,
             const TimelineEvents& events) {
    if (events.closed_changed) stale_ = true;
    if (events.range_changed) context.selection.time = state.range;
    if (events.slice_clicked) {
      state.select(*document.timeline, state.selected);
      if (!state.selected.valid()) context.selection.kernel.clear();
    }
  }

  std::map<std::uint64_t, TimelineState> states_;  // by document
  view_data::TimelineTracks tracks_;
  TimelineDetails details_;
  view_data::SliceSearch search_;
  std::string search_text_;
  SliceRef match_;
  std::int64_t match_number_ = 0;
  bool focus_search_ = false;
  std::optional<TimeRange> restore_;  // from a session, relative to the beginning
  view_data::DocumentPtr keep_;       // the prediction that tracks_ was made with
  std::uint64_t shown_ = 0;           // Document::key()
  std::uint64_t shown_document_ = 0;  // its id
  std::uint64_t prediction_ = 0;
  bool stale_ = false;
  float share_ = kShare;
};

}  // namespace

PanelPtr make_timeline_panel() {
  return std::make_unique<TimelinePanel>();
}

}  // namespace dscope::viewer
