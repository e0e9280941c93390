// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/widgets/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dscope::viewer {
namespace {

using view_data::Color;
using view_data::Tick;

std::vector<Tick> ticks_of(const AxisSpec& axis, int most) {
  if (axis.categories.empty()) {
    return view_data::make_ticks(axis.low, axis.high, most, axis.unit, axis.scale);
  }
  std::vector<Tick> ticks;
  const auto count = axis.categories.size();
  const std::size_t stride = std::max<std::size_t>(1, count / static_cast<std::size_t>(most));
  for (std::size_t i = 0; i < count; ++i) {
    ticks.push_back({static_cast<double>(i), i % stride == 0 ? axis.categories[i] : std::string()});
  }
  return ticks;
}

float widest(const ImFont* font, const std::vector<Tick>& ticks) {
  float width = 0;
  for (const Tick& tick : ticks) width = std::max(width, text_width(font, tick.text));
  return width;
}

bool finite(PlotPoint p) {
  return std::isfinite(p.x) && std::isfinite(p.y);
}

}  // namespace

Plot::Plot(const Ui& ui, const char* id, ImVec2 size, AxisSpec x, AxisSpec y)
    : ui_(ui),
      x_(std::move(x)),
      y_(std::move(y)),
      frame_(place(id, size)),
      area_(frame_),
      list_(ImGui::GetWindowDrawList()) {
  hovered_ = ImGui::IsItemHovered();
  clicked_ = hovered_ && ImGui::IsMouseReleased(ImGuiMouseButton_Left);
  draw_axes();
  hovered_ = hovered_ && area_.holds(ImGui::GetIO().MousePos);
  clicked_ = clicked_ && hovered_;
  list_->PushClipRect(area_.min, area_.max, true);
}

Plot::~Plot() {
  list_->PopClipRect();
}

void Plot::draw_axes() {
  const float line = ui_.small->FontSize;
  const float gap = ui_.px(4);
  const std::vector<Tick> y_ticks =
      ticks_of(y_, std::max(2, static_cast<int>(frame_.height() / (line * 2.4F))));
  // Units stand in every tick, so the axis label can stand on top, where it is read without turning
  // one's head; half a line below it belongs to the topmost tick.
  area_.min.y += line * 0.5F + (y_.label.empty() ? 0 : line + gap);
  area_.max.y -= line + gap + (x_.label.empty() ? 0 : line + gap);
  area_.min.x += std::max(widest(ui_.small, y_ticks) + gap * 2, ui_.px(12));
  area_.max.x -= ui_.px(10);
  area_.max.x = std::max(area_.max.x, area_.min.x + 1);
  area_.max.y = std::max(area_.max.y, area_.min.y + 1);
  if (!y_.label.empty()) {
    draw_text(*list_, ui_.small, {frame_.min.x, frame_.min.y}, ui_.palette.muted, y_.label,
              frame_.width());
  }
  for (const Tick& tick : y_ticks) {
    const float y = to_pixels({0, tick.value}).y;
    if (y < area_.min.y - 1 || y > area_.max.y + 1) continue;
    list_->AddLine({area_.min.x, y}, {area_.max.x, y}, to_u32(ui_.palette.grid));
    draw_text(*list_, ui_.small, {frame_.min.x, y - line * 0.5F}, ui_.palette.muted, tick.text,
              area_.min.x - frame_.min.x - gap * 1.5F, 1);
  }
  const std::vector<Tick> x_ticks =
      ticks_of(x_, std::max(2, static_cast<int>(area_.width() / ui_.px(64))));
  float free_from = -1e9F;
  for (const Tick& tick : x_ticks) {
    const float x = to_pixels({tick.value, 0}).x;
    if (x < area_.min.x - 1 || x > area_.max.x + 1) continue;
    list_->AddLine({x, area_.min.y}, {x, area_.max.y}, to_u32(ui_.palette.grid));
    const float width = text_width(ui_.small, tick.text);
    const float left =
        std::clamp(x - width * 0.5F, frame_.min.x, std::max(frame_.min.x, frame_.max.x - width));
    if (left < free_from) continue;
    draw_text(*list_, ui_.small, {left, area_.max.y + gap}, ui_.palette.muted, tick.text);
    free_from = left + width + gap * 2;
  }
  if (!x_.label.empty()) {
    draw_text(*list_, ui_.small, {area_.min.x, area_.max.y + gap * 1.5F + line}, ui_.palette.muted,
              x_.label, area_.width(), 0.5F);
  }
  list_->AddLine({area_.min.x, area_.max.y}, area_.max, to_u32(ui_.palette.border));
  list_->AddLine(area_.min, {area_.min.x, area_.max.y}, to_u32(ui_.palette.border));
}

ImVec2 Plot::to_pixels(PlotPoint at) const {
  const double x = view_data::position(at.x, x_.low, x_.high, x_.scale);
  const double y = view_data::position(at.y, y_.low, y_.high, y_.scale);
  // Far outside is as good as infinitely far, and safe to draw with.
  return {area_.min.x + area_.width() * static_cast<float>(std::clamp(x, -10.0, 11.0)),
          area_.max.y - area_.height() * static_cast<float>(std::clamp(y, -10.0, 11.0))};
}

void Plot::line(std::span<const PlotPoint> points, Color color, float thickness) {
  std::vector<ImVec2> run;
  const auto flush = [&] {
    if (run.size() > 1) {
      list_->AddPolyline(run.data(), static_cast<int>(run.size()), to_u32(color), ImDrawFlags_None,
                         ui_.px(thickness));
    } else if (run.size() == 1) {
      list_->AddCircleFilled(run[0], ui_.px(thickness), to_u32(color));
    }
    run.clear();
  };
  for (const PlotPoint& p : points) {
    if (finite(p)) {
      run.push_back(to_pixels(p));
    } else {
      flush();
    }
  }
  flush();
}

void Plot::band(std::span<const PlotBand> band, Color color) {
  for (std::size_t i = 1; i < band.size(); ++i) {
    const PlotBand& a = band[i - 1];
    const PlotBand& b = band[i];
    if (!finite({a.x, a.low}) || !finite({b.x, b.low}) || !finite({a.high, b.high})) continue;
    list_->AddQuadFilled(to_pixels({a.x, a.low}), to_pixels({a.x, a.high}),
                         to_pixels({b.x, b.high}), to_pixels({b.x, b.low}), to_u32(color));
  }
}

void Plot::points(std::span<const PlotPoint> points, Color color, float radius) {
  for (const PlotPoint& p : points) {
    if (finite(p)) list_->AddCircleFilled(to_pixels(p), ui_.px(radius), to_u32(color), 12);
  }
}

void Plot::bar(double x_low, double x_high, double y_low, double y_high, Color color) {
  if (!finite({x_low, y_low}) || !finite({x_high, y_high})) return;
  const ImVec2 a = to_pixels({x_low, y_high});
  const ImVec2 b = to_pixels({x_high, y_low});
  list_->AddRectFilled(a, {std::max(b.x, a.x + 1), b.y}, to_u32(color));
}

void Plot::vertical(double x, Color color, std::string_view label) {
  if (!std::isfinite(x)) return;
  const float at = to_pixels({x, 0}).x;
  list_->AddLine({at, area_.min.y}, {at, area_.max.y}, to_u32(color), ui_.px(1.5F));
  if (label.empty()) return;
  const float width = text_width(ui_.small, label);
  const bool left = at + width + ui_.px(6) > area_.max.x;
  const ImVec2 place{left ? at - width - ui_.px(4) : at + ui_.px(4), area_.min.y};
  // Legible on what is drawn below it, which often has the same colour.
  list_->AddRectFilled(place - ImVec2(ui_.px(2), 0),
                       place + ImVec2(width + ui_.px(2), ui_.small->FontSize + ui_.px(1)),
                       to_u32(view_data::with_alpha(ui_.palette.surface, 0.85)));
  draw_text(*list_, ui_.small, place, color, label);
}

void Plot::horizontal(double y, Color color, std::string_view label) {
  if (!std::isfinite(y)) return;
  const float at = to_pixels({0, y}).y;
  list_->AddLine({area_.min.x, at}, {area_.max.x, at}, to_u32(color), ui_.px(1.5F));
  draw_text(*list_, ui_.small, {area_.min.x + ui_.px(4), at - ui_.small->FontSize - ui_.px(2)},
            color, label, area_.width());
}

void Plot::label(PlotPoint at, std::string_view what, Color color, float align) {
  if (!finite(at)) return;
  ImVec2 p = to_pixels(at);
  p.x -= text_width(ui_.small, what) * align;
  draw_text(*list_, ui_.small, p, color, what);
}

std::optional<PlotPoint> Plot::mouse() const {
  if (!hovered_) return std::nullopt;
  const ImVec2 p = ImGui::GetIO().MousePos;
  return PlotPoint{
      view_data::value_at((p.x - area_.min.x) / area_.width(), x_.low, x_.high, x_.scale),
      view_data::value_at((area_.max.y - p.y) / area_.height(), y_.low, y_.high, y_.scale)};
}

std::optional<std::size_t> Plot::nearest(std::span<const PlotPoint> points, float reach) const {
  if (!hovered_) return std::nullopt;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  std::optional<std::size_t> found;
  float closest = ui_.px(reach) * ui_.px(reach);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!finite(points[i])) continue;
    const ImVec2 d = to_pixels(points[i]) - mouse;
    const float distance = d.x * d.x + d.y * d.y;
    if (distance > closest) continue;
    closest = distance;
    found = i;
  }
  return found;
}

}  // namespace dscope::viewer
