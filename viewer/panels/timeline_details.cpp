// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/timeline_details.h"

#include "viewer/view_data/text.h"
#include "viewer/widgets/data_table.h"
#include "viewer/widgets/histogram_plot.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <string>

namespace dscope::viewer {
namespace {

// Statistics of everything are made without being asked for up to this many slices.
constexpr std::size_t kQuick = 2'000'000;

void line(const Ui& ui, const char* label, const std::string& value) {
  text_muted(ui, label);
  ImGui::SameLine(ui.px(84));
  text(fit_text(ui.regular, value, ImGui::GetContentRegionAvail().x));
}

std::string ns(std::int64_t value) {
  return format_ns(static_cast<double>(value));
}

}  // namespace

void TimelineDetails::update(const view_data::Document& document, const TimelineState& state,
                             std::optional<Stage> stage) {
  if (document_ == document.key() && range_ == state.range && stage_ == stage) return;
  // While it is being dragged a selection changes with every frame.
  if (state.dragging_range && document.timeline->slice_count > kQuick / 10) return;
  document_ = document.key();
  range_ = state.range;
  stage_ = stage;
  stats_.reset();
  const view_data::Timeline& timeline = *document.timeline;
  if (!timeline.has_events) return;
  if (!range_ && timeline.slice_count > kQuick) return;
  const view_data::TimeRange everything{timeline.extent.start_ns, timeline.extent.end_ns + 1};
  stats_ = view_data::selection_stats(timeline, range_.value_or(everything), {.stage = stage});
  table_ = view_data::selection_table(timeline, *stats_);
  table_.title = range_ ? "Work in the selected time" : "All work";
  if (stage) table_.title += fmt::format(" ({} only)", info(*stage).label);
}

void TimelineDetails::draw_slice(PanelContext& context, const view_data::Document& document,
                                 TimelineState& state) {
  const Ui& ui = context.ui;
  const view_data::Timeline& timeline = *document.timeline;
  if (!state.selected.valid()) {
    heading(ui, "Selection");
    ImGui::PushStyleColor(ImGuiCol_Text, to_vec4(ui.palette.muted));
    text_wrapped(
        "Click a slice for its details. Drag along the ruler, or with Shift, to select time. M "
        "measures.");
    ImGui::PopStyleColor();
    return;
  }
  const view_data::Slice& slice = view_data::slice_at(timeline, state.selected);
  const bool named = slice.name < timeline.names.size();
  const std::string name = view_data::printable(named ? std::string_view(timeline.names[slice.name])
                                                      : info(slice.stage).label);
  heading(ui, "Selected");
  if (ImGui::SmallButton("Copy name")) context.actions.copy(name);
  ImGui::SameLine();
  if (ImGui::SmallButton("Zoom")) state.view.show({slice.start_ns, slice.end_ns}, 0.5);
  ImGui::PushTextWrapPos(0);
  text(view_data::shorten(name, 300));
  ImGui::PopTextWrapPos();
  const auto& lane = timeline.groups[state.selected.group].lanes[state.selected.lane];
  if (lane.kind == view_data::LaneKind::kWork) {
    line(ui, "stage", std::string(info(slice.stage).label));
  }
  line(ui, "duration", ns(slice.length_ns()));
  line(ui, "start", ns(slice.start_ns - timeline.extent.start_ns));
  line(ui, "on", timeline.groups[state.selected.group].name + ", " + lane.name);
  if (slice.wait_ns > 0) {
    line(ui, "waiting", ns(slice.wait_ns));
    line(ui, "transfer", ns(slice.length_ns() - slice.wait_ns));
  }
  if (slice.bytes > 0) line(ui, "bytes", format_bytes(static_cast<double>(slice.bytes)));
  if (state.partners.empty()) return;
  const view_data::Slice& partner = view_data::slice_at(timeline, state.partners.front());
  const bool work = lane.kind == view_data::LaneKind::kWork;
  line(
      ui, work ? "launched by" : "launched",
      fmt::format("{}{}", timeline.names[partner.name],
                  state.partners.size() > 1 ? fmt::format(" and {} more", state.partners.size() - 1)
                                            : std::string()));
  const std::int64_t delay =
      work ? slice.start_ns - partner.start_ns : partner.start_ns - slice.start_ns;
  line(ui, "launch to start", ns(delay));
}

void TimelineDetails::draw_numbers(const Ui& ui) const {
  const view_data::SelectionStats& s = *stats_;
  const std::pair<const char*, std::string> numbers[] = {{"count", fmt::format("{}", s.count)},
                                                         {"sum", ns(s.total_ns)},
                                                         {"min", ns(s.min_ns)},
                                                         {"p50", ns(s.p50_ns)},
                                                         {"p99", ns(s.p99_ns)},
                                                         {"max", ns(s.max_ns)},
                                                         {"time", ns(s.range.length_ns())}};
  bool first = true;
  const float right = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
  for (const auto& [label, value] : numbers) {
    const float width =
        text_width(ui.regular, label) + ui.px(5) + text_width(ui.bold, value) + ui.px(14);
    if (!first) {
      ImGui::SameLine(0, ui.px(14));
      if (ImGui::GetCursorScreenPos().x + width > right) ImGui::NewLine();
    }
    first = false;
    text_muted(ui, label);
    ImGui::SameLine(0, ui.px(5));
    heading(ui, value);
  }
}

void TimelineDetails::draw(PanelContext& context, const view_data::Document& document,
                           TimelineState& state) {
  const Ui& ui = context.ui;
  update(document, state, context.selection.stage);
  const float all = ImGui::GetContentRegionAvail().x;
  const float left = std::min(ui.px(250), all * 0.24F);
  const float right = std::min(ui.px(330), all * 0.28F);
  ImGui::BeginChild("##slice", {left, 0});
  draw_slice(context, document, state);
  ImGui::EndChild();
  ImGui::SameLine(0, ui.px(12));
  if (!stats_) {
    ImGui::BeginChild("##none");
    ImGui::PushStyleColor(ImGuiCol_Text, to_vec4(ui.palette.muted));
    text_wrapped(document.timeline->has_events
                     ? "Select some time for its statistics: drag along the ruler."
                     : "This document holds the totals of its steps, no events: within a step the "
                       "stages stand in the order of the legend, not of time.");
    for (const std::string& note : document.notes) text_wrapped(view_data::printable(note));
    ImGui::PopStyleColor();
    ImGui::EndChild();
    return;
  }
  ImGui::BeginChild("##table", {all - left - right - ui.px(24), 0});
  DataTableOptions options;
  options.selected_key = context.selection.kernel;
  options.height = 0;
  const DataTableResult result = data_table(ui, table_, options);
  if (result.export_csv) context.actions.export_csv(table_.id, result.csv);
  if (result.clicked) {
    const std::string& key = table_.rows[*result.clicked].key;
    context.selection.kernel = context.selection.kernel == key ? std::string() : key;
  }
  ImGui::EndChild();
  ImGui::SameLine(0, ui.px(12));
  ImGui::BeginChild("##numbers");
  draw_numbers(ui);
  if (stats_->count > 0 && ImGui::GetContentRegionAvail().y > ui.px(60)) {
    const HistogramSeries series{stats_->histogram, ui.palette.accent, "durations",
                                 static_cast<double>(stats_->p50_ns)};
    histogram_plot(ui, "##durations", {0, 0}, {&series, 1}, view_data::Unit::kNs);
  }
  ImGui::EndChild();
}

}  // namespace dscope::viewer
