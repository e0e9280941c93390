// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/timeline_canvas.h"

#include "viewer/view_data/text.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dscope::viewer {
namespace {

using view_data::Color;
using view_data::LaneKind;
using view_data::mix;
using view_data::Row;
using view_data::Slice;
using view_data::SliceRef;
using view_data::TimelineBox;
using view_data::Track;
using view_data::TrackKind;

constexpr std::size_t kMostArrows = 400;

}  // namespace

void TimelineState::select(const view_data::Timeline& timeline, const SliceRef& ref) {
  selected = ref;
  partners = view_data::correlated(timeline, ref);
}

void TimelineState::clear_marks() {
  selected = {};
  partners.clear();
  range.reset();
  measure.reset();
  measuring = false;
}

TimelineCanvas::TimelineCanvas(const Ui& ui, const view_data::Document& document,
                               const view_data::TimelineTracks& tracks, TimelineState& state,
                               const TimelineHighlight& highlight)
    : ui_(ui),
      document_(document),
      timeline_(*document.timeline),
      tracks_(tracks),
      state_(state),
      highlight_(highlight) {}

float TimelineCanvas::labels_width(const Ui& ui, float width) {
  return std::min(ui.px(150), width * 0.25F);
}

void TimelineCanvas::layout(const char* id, ImVec2 size) {
  frame_ = place(id, size);
  list_ = ImGui::GetWindowDrawList();
  hovered_ = ImGui::IsItemHovered();
  active_ = ImGui::IsItemActive();
  const float left = frame_.min.x + labels_width(ui_, frame_.width());
  const float right = frame_.max.x - ui_.px(10);
  overview_ = {{left, frame_.min.y}, {right, frame_.min.y + ui_.px(26)}};
  ruler_ = {{left, overview_.max.y + ui_.px(2)}, {right, overview_.max.y + ui_.px(22)}};
  lanes_ = {{left, ruler_.max.y}, {right, std::max(ruler_.max.y + 1, frame_.max.y)}};
  labels_ = {{frame_.min.x, lanes_.min.y}, {left, lanes_.max.y}};
  state_.view.set_width(lanes_.width());
  const float hidden = std::max(0.0F, ui_.px(tracks_.height) - lanes_.height());
  state_.scroll = std::clamp(state_.scroll, 0.0F, hidden);
}

TimelineEvents TimelineCanvas::draw(const char* id, ImVec2 size, bool has_keyboard) {
  layout(id, size);
  if (has_keyboard) handle_keys();
  handle_wheel();
  draw_overview();
  draw_ruler();
  draw_tracks();
  handle_mouse();
  show_tooltip();
  return events_;
}

void TimelineCanvas::draw_ruler() {
  const view_data::TimeRange seen = state_.view.visible();
  const std::int64_t origin = state_.view.origin_ns();
  const auto from = static_cast<double>(seen.start_ns - origin);
  const auto to = static_cast<double>(seen.end_ns - origin);
  const int most = std::max(2, static_cast<int>(ruler_.width() / ui_.px(110)));
  list_->AddLine({frame_.min.x, ruler_.max.y}, ruler_.max, to_u32(ui_.palette.border));
  list_->PushClipRect(ruler_.min, lanes_.max, true);
  for (const view_data::Tick& tick : view_data::make_ticks(from, to, most, view_data::Unit::kNs)) {
    const auto time = origin + static_cast<std::int64_t>(tick.value);
    const float x = ruler_.min.x + static_cast<float>(state_.view.x_of(time));
    list_->AddLine({x, ruler_.max.y - ui_.px(5)}, {x, lanes_.max.y}, to_u32(ui_.palette.grid));
    if (x + ui_.px(4) + text_width(ui_.small, tick.text) > ruler_.max.x) continue;
    draw_text(*list_, ui_.small, {x + ui_.px(4), ruler_.min.y + ui_.px(3)}, ui_.palette.muted,
              tick.text);
  }
  list_->PopClipRect();
  draw_text(*list_, ui_.small, {frame_.min.x + ui_.px(4), ruler_.min.y + ui_.px(3)},
            ui_.palette.muted, format_ns(to - from) + " shown", labels_.width() - ui_.px(8));
}

void TimelineCanvas::draw_tracks() {
  list_->PushClipRect(labels_.min, lanes_.max, true);
  draw_steps();
  list_->AddLine({lanes_.min.x, lanes_.min.y}, {lanes_.min.x, lanes_.max.y},
                 to_u32(ui_.palette.border));
  for (const Track& track : tracks_.tracks) {
    const float y = lanes_.min.y + ui_.px(track.y) - state_.scroll;
    if (y > lanes_.max.y || y + ui_.px(track.height) < lanes_.min.y) continue;
    draw_track(track, y);
  }
  draw_range();
  draw_arrows();
  draw_measure();
  list_->PopClipRect();
  draw_scrollbar();
}

void TimelineCanvas::draw_heading(const Track& track, float y) {
  const float height = ui_.px(track.height);
  list_->AddRectFilled({frame_.min.x, y + ui_.px(3)}, {lanes_.max.x, y + height},
                       to_u32(ui_.palette.raised), ui_.px(3));
  const float middle = y + ui_.px(3) + (height - ui_.px(3)) * 0.5F;
  const float x = frame_.min.x + ui_.px(10);
  const float r = ui_.px(4);
  const ImU32 color = to_u32(ui_.palette.muted);
  if (track.open) {
    list_->AddTriangleFilled({x - r, middle - r * 0.6F}, {x + r, middle - r * 0.6F},
                             {x, middle + r * 0.8F}, color);
  } else {
    list_->AddTriangleFilled({x - r * 0.6F, middle - r}, {x - r * 0.6F, middle + r},
                             {x + r * 0.8F, middle}, color);
  }
  draw_text(*list_, ui_.bold, {frame_.min.x + ui_.px(20), middle - ui_.bold->FontSize * 0.5F},
            ui_.palette.text, view_data::printable(track.name), frame_.width() - ui_.px(40));
  const Rect box{{frame_.min.x, y}, {lanes_.max.x, y + height}};
  if (hovered_ && box.holds(ImGui::GetIO().MousePos) && lanes_.min.y <= ImGui::GetIO().MousePos.y &&
      ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
    if (!state_.closed.erase(track.group)) state_.closed.insert(track.group);
    events_.closed_changed = true;
  }
}

void TimelineCanvas::draw_track(const Track& track, float y) {
  if (track.kind == TrackKind::kGroup) {
    draw_heading(track, y);
    return;
  }
  const bool thin = track.kind == TrackKind::kIdle;
  const float row_height = ui_.px(thin ? track.height : view_data::TimelineTracks::kRowHeight);
  const ImFont* font = ui_.small;
  draw_text(*list_, font, {labels_.min.x + ui_.px(20), y + (row_height - font->FontSize) * 0.5F},
            ui_.palette.muted, view_data::printable(track.name), labels_.width() - ui_.px(28));
  list_->PushClipRect({lanes_.min.x, lanes_.min.y}, lanes_.max, true);
  switch (track.kind) {
    case TrackKind::kIdle:
      draw_row(timeline_.groups[track.group].idle, track, {}, y, row_height);
      break;
    case TrackKind::kMeasured:
      draw_row(tracks_.measured, track, {}, y, row_height);
      break;
    case TrackKind::kPredicted:
      draw_row(tracks_.predicted, track, {}, y, row_height);
      break;
    case TrackKind::kResidual:
      draw_residuals(y);
      break;
    default: {
      const auto& rows = timeline_.groups[track.group].lanes[track.lane].rows;
      for (std::uint32_t r = 0; r < rows.size(); ++r) {
        const float top = y + static_cast<float>(r) * row_height;
        if (top > lanes_.max.y || top + row_height < lanes_.min.y) continue;
        draw_row(rows[r], track, {track.group, track.lane, r, 0}, top, row_height);
      }
    }
  }
  list_->PopClipRect();
}

bool TimelineCanvas::dimmed(const TimelineBox& box, const Slice* slice) const {
  if (highlight_.search != nullptr && highlight_.search->count() > 0) {
    return slice == nullptr || slice->name == view_data::kNoSlice ||
           !highlight_.search->matches(*slice);
  }
  if (highlight_.stage && *highlight_.stage != box.stage) return true;
  if (!highlight_.kernel.empty() && slice != nullptr && slice->name < timeline_.names.size()) {
    return timeline_.names[slice->name] != highlight_.kernel;
  }
  return false;
}

Color TimelineCanvas::color_of(const TimelineBox& box, const Slice* slice, LaneKind kind) const {
  const view_data::Palette& p = ui_.palette;
  Color color = p.of(box.stage);
  if (kind == LaneKind::kSteps) color = mix(p.surface, p.accent, 0.22);
  if (kind == LaneKind::kRanges || kind == LaneKind::kCalls) {
    // Ranges explain; the work itself has the strong colours.
    color = box.stage == Stage::kOther ? mix(p.surface, p.muted, 0.26) : mix(p.surface, color, 0.4);
  }
  if (kind != LaneKind::kSteps && dimmed(box, slice)) color = mix(p.surface, color, 0.18);
  if (box.slice == view_data::kNoSlice) color = mix(p.surface, color, 0.3 + 0.7 * box.busy);
  return color;
}

const std::vector<TimelineBox>& TimelineCanvas::boxes_of(const Row& row) {
  if (!(state_.boxes_view == state_.view)) {
    state_.boxes.clear();
    state_.boxes_view = state_.view;
  }
  const auto [entry, added] = state_.boxes.try_emplace(&row);
  if (added) view_data::visible_boxes(row, state_.view, entry->second);
  return entry->second;
}

void TimelineCanvas::draw_row(const Row& row, const Track& track, const SliceRef& ref, float y,
                              float height) {
  const std::vector<TimelineBox>& boxes = boxes_of(row);
  const bool lane = track.kind == TrackKind::kLane;
  const LaneKind kind =
      lane ? timeline_.groups[track.group].lanes[track.lane].kind : LaneKind::kWork;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const bool mouse_in_row = hovered_ && lanes_.holds(mouse) && mouse.y >= y && mouse.y < y + height;
  const float bottom = y + height - ui_.px(height > ui_.px(12) ? 2 : 1);
  for (const TimelineBox& box : boxes) {
    const float x0 = lanes_.min.x + box.x0;
    float x1 = lanes_.min.x + box.x1;
    const Slice* slice = box.slice == view_data::kNoSlice ? nullptr : &row.slices()[box.slice];
    const Color color = color_of(box, slice, kind);
    if (x1 - x0 > 3) x1 -= 1;  // neighbours are told apart
    list_->AddRectFilled({x0, y}, {x1, bottom}, to_u32(color));
    if (slice == nullptr) continue;
    Color ground = color;      // of the label
    if (slice->wait_ns > 0) {  // what a collective waited before it moved anything
      const auto waited = static_cast<float>(state_.view.pixels(slice->wait_ns));
      if (waited > (x1 - x0) * 0.5F) ground = mix(ui_.palette.surface, color, 0.45);
      list_->AddRectFilled({x0, y}, {std::min(x1, x0 + waited), bottom},
                           to_u32(mix(ui_.palette.surface, color, 0.45)));
    }
    if (mouse_in_row && mouse.x >= x0 && mouse.x < x1 + 1) {
      if (lane) {
        under_mouse_ = SliceRef{ref.group, ref.lane, ref.row, box.slice};
      } else {
        special_row_ = &row;
        special_slice_ = box.slice;
      }
    }
    if (lane && state_.arrows && slice->correlation != 0 && endpoints_.size() < 8 * kMostArrows) {
      endpoints_.push_back({slice->correlation, x0, y + height * 0.5F, kind == LaneKind::kWork});
    }
    if (x1 - x0 > ui_.px(24) && height > ui_.px(12)) draw_label(*slice, box, y, bottom - y, ground);
    if (lane && state_.selected == SliceRef{ref.group, ref.lane, ref.row, box.slice}) {
      list_->AddRect({x0, y}, {x1, bottom}, to_u32(ui_.palette.text), 0, ImDrawFlags_None,
                     ui_.px(2));
    }
  }
}

void TimelineCanvas::draw_label(const Slice& slice, const TimelineBox& box, float y, float height,
                                Color fill) {
  const float left = std::max(box.x0, 0.0F) + ui_.px(4);
  const float right = std::min(box.x1, lanes_.width()) - ui_.px(4);
  const std::string_view name = slice.name < timeline_.names.size()
                                    ? std::string_view(timeline_.names[slice.name])
                                    : info(slice.stage).label;
  draw_text(*list_, ui_.small, {lanes_.min.x + left, y + (height - ui_.small->FontSize) * 0.5F},
            view_data::text_on(fill), view_data::printable(name.substr(0, 160)), right - left);
}

void TimelineCanvas::draw_residuals(float y) {
  const float height = ui_.px(view_data::TimelineTracks::kRowHeight - 2);
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  for (std::size_t i = 0; i < tracks_.residuals.size(); ++i) {
    const view_data::ResidualSegment& segment = tracks_.residuals[i];
    const double x0 = state_.view.x_of(segment.range.start_ns);
    const double x1 = state_.view.x_of(segment.range.end_ns);
    if (x1 < 0 || x0 > state_.view.width()) continue;
    const Rect box{
        {lanes_.min.x + static_cast<float>(std::max(x0, -8.0)), y},
        {lanes_.min.x + static_cast<float>(std::min(x1, state_.view.width() + 8)), y + height}};
    const Color color = view_data::residual_color(ui_.palette, segment.relative());
    list_->AddRectFilled(box.min, {std::max(box.max.x - 1, box.min.x + 1), box.max.y},
                         to_u32(color));
    if (hovered_ && lanes_.holds(mouse) && box.holds(mouse)) residual_under_mouse_ = i;
    const std::string text = std::isfinite(segment.relative())
                                 ? fmt::format("{:+.0f} %", segment.relative() * 100)
                                 : std::string("not predicted");
    if (box.width() < text_width(ui_.small, text) + ui_.px(8)) continue;
    draw_text(*list_, ui_.small, {box.min.x + ui_.px(4), y + (height - ui_.small->FontSize) * 0.5F},
              view_data::text_on(color), text, box.width() - ui_.px(6));
  }
}

// A faint line at the beginning of every step, as long as they can be told apart, and a strong one
// where the ruler has its zero.
void TimelineCanvas::draw_steps() {
  float last = -1e9F;
  for (const view_data::TimeRange& step : timeline_.steps) {
    const auto x = static_cast<float>(state_.view.x_of(step.start_ns));
    if (x < 0 || x > lanes_.width() || x - last < ui_.px(16)) continue;
    last = x;
    list_->AddLine({lanes_.min.x + x, lanes_.min.y}, {lanes_.min.x + x, lanes_.max.y},
                   to_u32(view_data::with_alpha(ui_.palette.accent, 0.2)));
  }
  const std::int64_t origin = state_.view.origin_ns();
  if (origin == state_.view.extent().start_ns) return;
  const float x = lanes_.min.x + static_cast<float>(state_.view.x_of(origin));
  list_->AddLine({x, lanes_.min.y}, {x, lanes_.max.y}, to_u32(ui_.palette.accent), ui_.px(1.5F));
}

std::optional<float> TimelineCanvas::y_of(const SliceRef& ref) const {
  for (const Track& track : tracks_.tracks) {
    if (track.kind != TrackKind::kLane || track.group != ref.group || track.lane != ref.lane) {
      continue;
    }
    const float row = view_data::TimelineTracks::kRowHeight;
    return lanes_.min.y - state_.scroll +
           ui_.px(track.y + row * (static_cast<float>(ref.row) + 0.5F));
  }
  return std::nullopt;
}

void TimelineCanvas::draw_arrow(ImVec2 from, ImVec2 to, bool strong) {
  const Color color = strong ? ui_.palette.text : view_data::with_alpha(ui_.palette.text, 0.35);
  const float reach = std::max(ui_.px(12), std::abs(to.x - from.x) * 0.4F);
  list_->AddBezierCubic(from, {from.x + reach, from.y}, {to.x - reach, to.y}, to, to_u32(color),
                        ui_.px(strong ? 1.8F : 1));
  const float r = ui_.px(4);
  list_->AddTriangleFilled(to, {to.x - r * 1.5F, to.y - r}, {to.x - r * 1.5F, to.y + r},
                           to_u32(color));
}

void TimelineCanvas::draw_arrows() {
  list_->PushClipRect(lanes_.min, lanes_.max, true);
  std::sort(endpoints_.begin(), endpoints_.end(), [](const Endpoint& a, const Endpoint& b) {
    return a.correlation != b.correlation ? a.correlation < b.correlation : a.work < b.work;
  });
  std::size_t drawn = 0;
  for (std::size_t i = 1; i < endpoints_.size() && drawn < kMostArrows; ++i) {
    const Endpoint& call = endpoints_[i - 1];
    const Endpoint& work = endpoints_[i];
    if (call.correlation != work.correlation || call.work || !work.work) continue;
    draw_arrow({call.x, call.y}, {work.x, work.y}, false);
    ++drawn;
  }
  if (state_.selected.valid()) {
    const Slice& slice = view_data::slice_at(timeline_, state_.selected);
    const bool work =
        timeline_.groups[state_.selected.group].lanes[state_.selected.lane].kind == LaneKind::kWork;
    const auto own = y_of(state_.selected);
    for (const SliceRef& other : state_.partners) {
      const auto y = y_of(other);
      if (!own || !y) continue;
      const ImVec2 here{lanes_.min.x + static_cast<float>(state_.view.x_of(slice.start_ns)), *own};
      const ImVec2 there{lanes_.min.x + static_cast<float>(state_.view.x_of(
                                            view_data::slice_at(timeline_, other).start_ns)),
                         *y};
      work ? draw_arrow(there, here, true) : draw_arrow(here, there, true);
    }
  }
  list_->PopClipRect();
}

void TimelineCanvas::draw_range() {
  if (!state_.range || state_.range->empty()) return;
  const auto x_of = [&](std::int64_t time) {
    return lanes_.min.x + static_cast<float>(std::clamp(state_.view.x_of(time), 0.0,
                                                        static_cast<double>(lanes_.width())));
  };
  const float x0 = x_of(state_.range->start_ns);
  const float x1 = x_of(state_.range->end_ns);
  list_->AddRectFilled({x0, lanes_.min.y}, {x1, lanes_.max.y},
                       to_u32(view_data::with_alpha(ui_.palette.accent, 0.10)));
  for (const float x : {x0, x1}) {
    list_->AddLine({x, lanes_.min.y}, {x, lanes_.max.y}, to_u32(ui_.palette.accent), ui_.px(1));
  }
}

void TimelineCanvas::draw_measure() {
  if (!state_.measure) return;
  list_->PushClipRect(lanes_.min, lanes_.max, true);
  const float x0 = lanes_.min.x + static_cast<float>(state_.view.x_of(state_.measure->start_ns));
  const float x1 = lanes_.min.x + static_cast<float>(state_.view.x_of(state_.measure->end_ns));
  const float y = lanes_.min.y + ui_.px(14);
  const ImU32 color = to_u32(ui_.palette.warning);
  for (const float x : {x0, x1}) {
    list_->AddLine({x, lanes_.min.y}, {x, lanes_.max.y}, color, ui_.px(1.5F));
  }
  list_->AddLine({x0, y}, {x1, y}, color, ui_.px(1.5F));
  const std::string text = format_ns(std::abs(static_cast<double>(state_.measure->length_ns())));
  const float width = text_width(ui_.bold, text);
  const float middle = std::clamp((x0 + x1) * 0.5F, lanes_.min.x + width, lanes_.max.x - width);
  const ImVec2 at{middle - width * 0.5F, y - ui_.bold->FontSize * 0.5F};
  list_->AddRectFilled(at - ImVec2(ui_.px(5), ui_.px(2)),
                       at + ImVec2(width + ui_.px(5), ui_.bold->FontSize + ui_.px(2)),
                       to_u32(ui_.palette.surface), ui_.px(3));
  draw_text(*list_, ui_.bold, at, ui_.palette.warning, text);
  list_->PopClipRect();
}

void TimelineCanvas::draw_scrollbar() {
  const float all = ui_.px(tracks_.height);
  if (all <= lanes_.height()) return;
  const Rect bar{{lanes_.max.x + ui_.px(3), lanes_.min.y},
                 {frame_.max.x - ui_.px(1), lanes_.max.y}};
  const float size = std::max(ui_.px(20), bar.height() * lanes_.height() / all);
  const float at = bar.min.y + (bar.height() - size) * state_.scroll / (all - lanes_.height());
  list_->AddRectFilled({bar.min.x, at}, {bar.max.x, at + size},
                       to_u32(mix(ui_.palette.border, ui_.palette.muted, 0.3)), ui_.px(3));
}

}  // namespace dscope::viewer
