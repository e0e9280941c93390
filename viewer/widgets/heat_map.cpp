// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/widgets/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dscope::viewer {
namespace {

using view_data::Color;

struct Span {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  std::optional<std::size_t> best;
};

bool usable(const HeatCell& cell) {
  return cell.blocked.empty() && std::isfinite(cell.value);
}

Span span_of(const HeatMapData& data) {
  Span span;
  for (std::size_t i = 0; i < data.cells.size(); ++i) {
    const HeatCell& cell = data.cells[i];
    if (!usable(cell)) continue;
    span.low = std::min(span.low, cell.value);
    span.high = std::max(span.high, cell.value);
    const bool better =
        !span.best || (data.high_is_good ? cell.value > data.cells[*span.best].value
                                         : cell.value < data.cells[*span.best].value);
    if (better) span.best = i;
  }
  return span;
}

class HeatMap {
 public:
  HeatMap(const Ui& ui, Rect frame, const HeatMapData& data, std::optional<std::size_t> current)
      : ui_(ui), frame_(frame), data_(data), current_(current), span_(span_of(data)) {}

  HeatMapResult draw() {
    layout();
    HeatMapResult result;
    for (std::size_t y = 0; y < data_.y_names.size(); ++y) {
      for (std::size_t x = 0; x < data_.x_names.size(); ++x) {
        const std::size_t index = y * data_.x_names.size() + x;
        if (index >= data_.cells.size()) continue;
        const Rect box = box_of(x, y);
        draw_cell(data_.cells[index], box);
        if (hovered_ && box.holds(ImGui::GetIO().MousePos)) result.hovered = index;
      }
    }
    draw_progress();
    frame_cell(span_.best, ui_.palette.text, 2);
    frame_cell(current_, ui_.palette.bad, 2);
    draw_names();
    draw_scale();
    return result;
  }

 private:
  void layout() {
    const float line = ui_.small->FontSize;
    float names = 0;
    for (const std::string& name : data_.y_names) {
      names = std::max(names, text_width(ui_.small, name));
    }
    area_ = {{frame_.min.x + std::min(names, frame_.width() * 0.3F) + ui_.px(8),
              frame_.min.y + line + ui_.px(4)},
             {frame_.max.x - ui_.px(78), frame_.max.y - 2 * line - ui_.px(10)}};
    area_.max.x = std::max(area_.max.x, area_.min.x + 1);
    area_.max.y = std::max(area_.max.y, area_.min.y + 1);
    cell_ = {area_.width() / static_cast<float>(std::max<std::size_t>(1, data_.x_names.size())),
             area_.height() / static_cast<float>(std::max<std::size_t>(1, data_.y_names.size()))};
  }

  Rect box_of(std::size_t x, std::size_t y) const {
    const ImVec2 min =
        area_.min + ImVec2(static_cast<float>(x) * cell_.x, static_cast<float>(y) * cell_.y);
    return {min, min + cell_ - ImVec2(1, 1)};
  }

  void draw_cell(const HeatCell& cell, const Rect& box) {
    if (!usable(cell)) {
      list_->AddRectFilled(box.min, box.max, to_u32(ui_.palette.raised));
      list_->PushClipRect(box.min, box.max, true);
      const ImU32 color = to_u32(ui_.palette.border);
      for (float x = box.min.x - box.height(); x < box.max.x; x += ui_.px(8)) {
        list_->AddLine({x, box.max.y}, {x + box.height(), box.min.y}, color);
      }
      list_->PopClipRect();
      return;
    }
    const Color color = view_data::heat_color(ui_.palette, position(cell.value));
    list_->AddRectFilled(box.min, box.max, to_u32(color));
    const std::string what = view_data::format_value(cell.value, data_.unit);
    const float width = text_width(ui_.small, what);
    if (width + ui_.px(4) > box.width() || ui_.small->FontSize > box.height()) return;
    draw_text(*list_, ui_.small,
              {box.min.x + (box.width() - width) * 0.5F,
               box.min.y + (box.height() - ui_.small->FontSize) * 0.5F},
              view_data::text_on(color), what);
  }

  double position(double value) const {
    return span_.high > span_.low ? (value - span_.low) / (span_.high - span_.low) : 0.5;
  }

  void frame_cell(std::optional<std::size_t> index, Color color, float thickness) {
    if (!index || data_.x_names.empty() || *index >= data_.cells.size()) return;
    const Rect box = box_of(*index % data_.x_names.size(), *index / data_.x_names.size());
    list_->AddRect(box.min, box.max, to_u32(color), 0, ImDrawFlags_None, ui_.px(thickness));
  }

  // Where cells are still to come.
  void draw_progress() {
    const std::size_t all = data_.x_names.size() * data_.y_names.size();
    if (data_.cells.size() >= all) return;
    const std::size_t rows = data_.cells.size() / data_.x_names.size();
    const float top = box_of(0, rows).min.y;
    const double share = static_cast<double>(data_.cells.size()) / static_cast<double>(all);
    draw_text(*list_, ui_.regular,
              {area_.min.x, top + (area_.max.y - top - ui_.regular->FontSize) * 0.5F},
              ui_.palette.muted, fmt::format("computing: {:.0f} % done", share * 100),
              area_.width(), 0.5F);
  }

  void draw_names() {
    const float line = ui_.small->FontSize;
    const Color color = ui_.palette.muted;
    draw_text(*list_, ui_.small, frame_.min, color, data_.y_label, frame_.width() * 0.6F);
    float free_from = -1e9F;
    for (std::size_t x = 0; x < data_.x_names.size(); ++x) {
      const float width = text_width(ui_.small, data_.x_names[x]);
      const float left = box_of(x, 0).min.x + (cell_.x - width) * 0.5F;
      if (left < free_from) continue;
      draw_text(*list_, ui_.small, {left, area_.max.y + ui_.px(3)}, color, data_.x_names[x]);
      free_from = left + width + ui_.px(6);
    }
    draw_text(*list_, ui_.small, {area_.min.x, area_.max.y + line + ui_.px(6)}, color,
              data_.x_label, area_.width(), 0.5F);
    if (cell_.y < line) return;
    for (std::size_t y = 0; y < data_.y_names.size(); ++y) {
      const float top = box_of(0, y).min.y + (cell_.y - line) * 0.5F;
      draw_text(*list_, ui_.small, {frame_.min.x, top}, color, data_.y_names[y],
                area_.min.x - frame_.min.x - ui_.px(6), 1);
    }
  }

  void draw_scale() {
    if (!span_.best) return;
    const Rect bar{{area_.max.x + ui_.px(10), area_.min.y},
                   {area_.max.x + ui_.px(22), area_.max.y}};
    constexpr int kSteps = 32;
    for (int i = 0; i < kSteps; ++i) {
      const float top = bar.max.y - bar.height() * static_cast<float>(i + 1) / kSteps;
      list_->AddRectFilled({bar.min.x, top}, {bar.max.x, top + bar.height() / kSteps + 1},
                           to_u32(view_data::heat_color(ui_.palette, (i + 0.5) / kSteps)));
    }
    const float x = bar.max.x + ui_.px(4);
    const float room = frame_.max.x - x;
    draw_text(*list_, ui_.small, {x, bar.min.y}, ui_.palette.muted,
              view_data::format_value(span_.high, data_.unit), room);
    draw_text(*list_, ui_.small, {x, bar.max.y - ui_.small->FontSize}, ui_.palette.muted,
              view_data::format_value(span_.low, data_.unit), room);
  }

  const Ui& ui_;
  Rect frame_;
  Rect area_;
  ImVec2 cell_{1, 1};
  const HeatMapData& data_;
  std::optional<std::size_t> current_;
  Span span_;
  ImDrawList* list_ = ImGui::GetWindowDrawList();
  bool hovered_ = ImGui::IsItemHovered();
};

}  // namespace

HeatMapResult heat_map(const Ui& ui, const char* id, ImVec2 size, const HeatMapData& data,
                       std::optional<std::size_t> current) {
  const Rect frame = place(id, size);
  const bool released = ImGui::IsItemHovered() && ImGui::IsMouseReleased(ImGuiMouseButton_Left);
  HeatMapResult result = HeatMap(ui, frame, data, current).draw();
  if (result.hovered) {
    const std::size_t x = *result.hovered % data.x_names.size();
    const std::size_t y = *result.hovered / data.x_names.size();
    const HeatCell& cell = data.cells[*result.hovered];
    std::vector<TooltipLine> lines{{data.x_label, data.x_names[x]},
                                   {data.y_label, data.y_names[y]}};
    lines.insert(lines.end(), cell.details.begin(), cell.details.end());
    tooltip(ui, usable(cell) ? view_data::format_value(cell.value, data.unit) : "not possible",
            lines, cell.blocked);
  }
  result.clicked = released && result.hovered.has_value();
  return result;
}

}  // namespace dscope::viewer
