// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/timeline_canvas.h"
#include "viewer/view_data/text.h"
#include "viewer/widgets/keys.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dscope::viewer {
namespace {

using view_data::LaneKind;
using view_data::Slice;

constexpr double kWheelFactor = 0.8;
constexpr double kZoomPerSecond = 6;  // W and S
constexpr float kPanPerSecond = 900;  // A and D, pixels at a scale of 1

const char* source_text(attribute::LabelSource source) {
  switch (source) {
    case attribute::LabelSource::kSource:
      return "known at its source";
    case attribute::LabelSource::kRange:
      return "from the range around its launch";
    case attribute::LabelSource::kName:
      return "from its name";
    case attribute::LabelSource::kNeighbour:
      return "from its neighbours";
    case attribute::LabelSource::kNone:
      return "not recognised";
  }
  return "";
}

}  // namespace

void TimelineCanvas::handle_keys() {
  const ImGuiIO& io = ImGui::GetIO();
  const bool over = hovered_ && lanes_.holds(io.MousePos);
  const double x = over ? io.MousePos.x - lanes_.min.x : lanes_.width() * 0.5;
  const double zoom = std::pow(kZoomPerSecond, io.DeltaTime);
  if (key_held(GLFW_KEY_W)) state_.view.zoom(x, 1 / zoom);
  if (key_held(GLFW_KEY_S)) state_.view.zoom(x, zoom);
  const double pan = ui_.px(kPanPerSecond) * io.DeltaTime;
  if (key_held(GLFW_KEY_A)) state_.view.pan(-pan);
  if (key_held(GLFW_KEY_D)) state_.view.pan(pan);
  if (key_pressed(GLFW_KEY_F)) state_.view.fit();
  if (key_pressed(GLFW_KEY_Z) && state_.range) state_.view.show(*state_.range);
}

void TimelineCanvas::handle_wheel() {
  const ImGuiIO& io = ImGui::GetIO();
  if (!hovered_ || io.MouseWheel == 0) return;
  if (io.KeyShift || labels_.holds(io.MousePos)) {
    state_.scroll -= io.MouseWheel * ui_.px(60);
    const float hidden = std::max(0.0F, ui_.px(tracks_.height) - lanes_.height());
    state_.scroll = std::clamp(state_.scroll, 0.0F, hidden);
  } else if (lanes_.holds(io.MousePos) || ruler_.holds(io.MousePos)) {
    state_.view.zoom(io.MousePos.x - lanes_.min.x, std::pow(kWheelFactor, io.MouseWheel));
  }
}

void TimelineCanvas::drag_time(std::optional<view_data::TimeRange>& range, bool& finished) {
  const ImGuiIO& io = ImGui::GetIO();
  const auto time_at = [&](float x) {
    return state_.view.time_at(std::clamp(x - lanes_.min.x, 0.0F, lanes_.width()));
  };
  range = view_data::TimeRange{time_at(io.MouseClickedPos[0].x), time_at(io.MousePos.x)};
  finished = ImGui::IsMouseReleased(ImGuiMouseButton_Left);
}

void TimelineCanvas::handle_mouse() {
  const ImGuiIO& io = ImGui::GetIO();
  const bool released = ImGui::IsItemDeactivated();
  if (!active_ && !released) return;
  const ImVec2 pressed = io.MouseClickedPos[0];
  const ImVec2 moved = ImGui::GetMouseDragDelta(ImGuiMouseButton_Left, 0);
  const bool dragging = std::abs(moved.x) + std::abs(moved.y) > ui_.px(4);
  if (overview_.holds(pressed)) {
    const float share = (io.MousePos.x - overview_.min.x) / overview_.width();
    const view_data::TimeRange extent = state_.view.extent();
    const auto middle =
        extent.start_ns + static_cast<std::int64_t>(std::clamp(share, 0.0F, 1.0F) *
                                                    static_cast<double>(extent.length_ns()));
    state_.view.pan(state_.view.x_of(middle) - state_.view.width() * 0.5);
    return;
  }
  if (pressed.x > lanes_.max.x && pressed.y > lanes_.min.y) {  // the scroll bar
    state_.scroll += io.MouseDelta.y * ui_.px(tracks_.height) / lanes_.height();
    return;
  }
  if (!lanes_.holds(pressed) && !ruler_.holds(pressed)) return;
  if (dragging) {
    if (state_.measuring) {
      drag_time(state_.measure, events_.measure_finished);
    } else if (state_.dragging_range || ruler_.holds(pressed) || io.KeyShift) {
      state_.dragging_range = true;  // letting go of Shift does not turn it into a pan
      drag_time(state_.range, events_.range_changed);
      if (state_.range->end_ns < state_.range->start_ns) {
        std::swap(state_.range->start_ns, state_.range->end_ns);
      }
    } else {
      state_.view.pan(-io.MouseDelta.x);
      state_.scroll -= io.MouseDelta.y;
    }
  } else if (released) {
    state_.selected = under_mouse_.value_or(view_data::SliceRef{});
    events_.slice_clicked = true;
    if (under_mouse_ && io.MouseClickedCount[0] >= 2) {
      const Slice& slice = view_data::slice_at(timeline_, *under_mouse_);
      state_.view.show({slice.start_ns, slice.end_ns}, 0.5);
    }
  }
  if (released) state_.dragging_range = false;
}

void TimelineCanvas::slice_tooltip(const Slice& slice, LaneKind kind) {
  std::vector<TooltipLine> lines;
  const bool work = kind == LaneKind::kWork;
  if (work && slice.name != view_data::kNoSlice) {
    std::string how = source_text(slice.source);
    if (slice.source == attribute::LabelSource::kNeighbour) {
      how += fmt::format(", {} % sure", slice.confidence);
    }
    lines.push_back({"stage", fmt::format("{} ({})", info(slice.stage).label, how)});
  }
  lines.push_back({"duration", format_ns(static_cast<double>(slice.length_ns()))});
  lines.push_back(
      {"start", format_ns(static_cast<double>(slice.start_ns - timeline_.extent.start_ns))});
  if (slice.wait_ns > 0) {
    lines.push_back({"waiting", format_ns(static_cast<double>(slice.wait_ns))});
    lines.push_back(
        {"transfer", format_ns(static_cast<double>(slice.length_ns() - slice.wait_ns))});
  }
  if (slice.bytes > 0) {
    const auto bytes = static_cast<double>(slice.bytes);
    lines.push_back({"bytes", fmt::format("{} ({:.3g} GB/s)", format_bytes(bytes),
                                          gbps(bytes, static_cast<double>(slice.length_ns())))});
  }
  const view_data::Color color = ui_.palette.of(slice.stage);
  const bool named = slice.name < timeline_.names.size();
  tooltip(ui_, named ? std::string_view(timeline_.names[slice.name]) : info(slice.stage).label,
          lines, {}, work ? &color : nullptr);
}

void TimelineCanvas::show_tooltip() {
  if (!hovered_ || active_) return;
  if (residual_under_mouse_) {
    const view_data::ResidualSegment& segment = tracks_.residuals[*residual_under_mouse_];
    const view_data::Color color = ui_.palette.of(segment.stage);
    tooltip(ui_, info(segment.stage).label,
            {{"measured", format_ns(segment.measured_ns)},
             {"predicted", format_ns(segment.predicted_ns)},
             {"residual", std::isfinite(segment.relative())
                              ? fmt::format("{:+.1f} %", segment.relative() * 100)
                              : std::string("not predicted")}},
            {}, &color);
  } else if (special_row_ != nullptr && special_slice_ != view_data::kNoSlice) {
    slice_tooltip(special_row_->slices()[special_slice_], LaneKind::kWork);
  } else if (under_mouse_) {
    slice_tooltip(view_data::slice_at(timeline_, *under_mouse_),
                  timeline_.groups[under_mouse_->group].lanes[under_mouse_->lane].kind);
  }
}

}  // namespace dscope::viewer
