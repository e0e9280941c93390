// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/widgets/bars.h"

#include <algorithm>
#include <cmath>

namespace dscope::viewer {
namespace {

using view_data::Color;

double usable(double value) {
  return std::isfinite(value) && value > 0 ? value : 0;
}

double total_of(const Bar& bar) {
  double total = 0;
  for (const BarSegment& segment : bar.segments) total += usable(segment.value);
  return total;
}

double end_of_axis(std::span<const Bar> bars, const BarsOptions& options) {
  if (usable(options.most) > 0) return options.most;
  double most = 0;
  for (const Bar& bar : bars) {
    most = std::max({most, total_of(bar), usable(bar.high.value_or(0))});
  }
  return most > 0 ? most : 1;
}

Color shown_color(const Ui& ui, const BarSegment& segment) {
  return segment.dimmed ? view_data::mix(segment.color, ui.palette.surface, 0.72) : segment.color;
}

// One bar after another from the left edge of `area`.
class HorizontalBars {
 public:
  HorizontalBars(const Ui& ui, Rect frame, std::span<const Bar> bars, const BarsOptions& options)
      : ui_(ui), frame_(frame), bars_(bars), options_(options) {
    for (const Bar& bar : bars) {
      labels_ = std::max(labels_, text_width(ui.regular, bar.label));
      notes_ = std::max(notes_, text_width(ui.regular, bar.note));
    }
    labels_ = std::min(labels_, frame.width() * 0.3F);
    most_ = end_of_axis(bars, options);
  }

  static float height(const Ui& ui, std::size_t bars, const BarsOptions& options) {
    const float axis = options.show_axis ? ui.small->FontSize + ui.px(8) : 0;
    return static_cast<float>(bars) * ui.px(options.thickness + 8) + axis;
  }

  BarsResult draw() {
    const float left = frame_.min.x + labels_ + (labels_ > 0 ? ui_.px(10) : 0);
    area_ = {
        {left, frame_.min.y},
        {std::max(left + 1, frame_.max.x - notes_ - ui_.px(notes_ > 0 ? 12 : 4)), frame_.max.y}};
    if (options_.show_axis) draw_axis();
    BarsResult result;
    float y = frame_.min.y + ui_.px(4);
    for (std::size_t i = 0; i < bars_.size(); ++i) {
      draw_bar(i, y, result);
      y += ui_.px(options_.thickness + 8);
    }
    return result;
  }

 private:
  float x_of(double value) const {
    return area_.min.x + area_.width() * static_cast<float>(std::min(value / most_, 2.0));
  }

  void draw_axis() {
    const float line = ui_.small->FontSize;
    area_.max.y -= line + ui_.px(8);
    const int most = std::max(2, static_cast<int>(area_.width() / ui_.px(90)));
    for (const view_data::Tick& tick : view_data::make_ticks(0, most_, most, options_.unit)) {
      const float x = x_of(tick.value);
      list_->AddLine({x, area_.min.y}, {x, area_.max.y}, to_u32(ui_.palette.grid));
      const float width = text_width(ui_.small, tick.text);
      const float at = std::min(x - width * 0.5F, frame_.max.x - width);
      draw_text(*list_, ui_.small, {at, area_.max.y + ui_.px(4)}, ui_.palette.muted, tick.text);
    }
  }

  void draw_bar(std::size_t index, float y, BarsResult& result) {
    const Bar& bar = bars_[index];
    const float thick = ui_.px(options_.thickness);
    const float text_y = y + (thick - ui_.regular->FontSize) * 0.5F;
    draw_text(*list_, ui_.regular, {frame_.min.x, text_y}, ui_.palette.text, bar.label, labels_);
    double sum = 0;
    for (std::size_t i = 0; i < bar.segments.size(); ++i) {
      const BarSegment& segment = bar.segments[i];
      const double value = usable(segment.value);
      if (value <= 0) continue;
      const Rect box{{x_of(sum), y}, {std::max(x_of(sum + value), x_of(sum) + 1), y + thick}};
      sum += value;
      draw_segment(segment, box);
      if (hovered_ && box.holds(ImGui::GetIO().MousePos)) {
        result.hovered_bar = index;
        result.hovered_segment = i;
      }
    }
    const float end = x_of(sum);
    draw_whisker(bar, y, thick);
    draw_text(*list_, ui_.regular, {end + ui_.px(8), text_y}, ui_.palette.text, bar.note,
              frame_.max.x - end - ui_.px(8));
  }

  void draw_segment(const BarSegment& segment, const Rect& box) {
    const Color color = shown_color(ui_, segment);
    list_->AddRectFilled(box.min, box.max, to_u32(color));
    if (box.width() > ui_.px(6)) {  // a seam between neighbours
      list_->AddLine({box.max.x - 0.5F, box.min.y}, {box.max.x - 0.5F, box.max.y},
                     to_u32(ui_.palette.surface));
    }
    if (box.width() < text_width(ui_.small, segment.label) + ui_.px(10)) return;
    draw_text(*list_, ui_.small,
              {box.min.x + ui_.px(5), box.min.y + (box.height() - ui_.small->FontSize) * 0.5F},
              view_data::text_on(color), segment.label, box.width() - ui_.px(8));
  }

  void draw_whisker(const Bar& bar, float y, float thick) {
    if (!bar.low || !bar.high) return;
    const float a = x_of(usable(*bar.low));
    const float b = x_of(usable(*bar.high));
    const float middle = y + thick + ui_.px(3);  // below the bar, where it hides no name
    const ImU32 color = to_u32(ui_.palette.text);
    list_->AddLine({a, middle}, {b, middle}, color, ui_.px(1.5F));
    for (const float x : {a, b}) {
      list_->AddLine({x, middle - ui_.px(3)}, {x, middle + ui_.px(3)}, color, ui_.px(1.5F));
    }
  }

  const Ui& ui_;
  Rect frame_;
  Rect area_;
  std::span<const Bar> bars_;
  const BarsOptions& options_;
  ImDrawList* list_ = ImGui::GetWindowDrawList();
  bool hovered_ = ImGui::IsItemHovered();
  float labels_ = 0;
  float notes_ = 0;
  double most_ = 1;
};

class VerticalBars {
 public:
  VerticalBars(const Ui& ui, Rect frame, std::span<const Bar> bars, const BarsOptions& options)
      : ui_(ui),
        frame_(frame),
        area_(frame),
        bars_(bars),
        options_(options),
        most_(end_of_axis(bars, options)) {}

  BarsResult draw() {
    draw_axis();
    BarsResult result;
    if (bars_.empty()) return result;
    const float each = area_.width() / static_cast<float>(bars_.size());
    const bool merged = each < 1;
    const std::size_t columns =
        merged ? static_cast<std::size_t>(std::max(1.0F, area_.width())) : bars_.size();
    for (std::size_t c = 0; c < columns; ++c) {
      const std::size_t first = c * bars_.size() / columns;
      const std::size_t last = std::max(first + 1, (c + 1) * bars_.size() / columns);
      const float width = merged ? 1 : each;
      const float left = area_.min.x + static_cast<float>(c) * width;
      // The middle bar stands for those that share the pixel: segments of one bar always add up.
      const float seam = width > 4 ? std::min(width * 0.15F, ui_.px(6)) : 0;
      draw_column((first + last - 1) / 2, {left, left + width - seam}, result);
    }
    draw_labels(each);
    return result;
  }

 private:
  void draw_axis() {
    if (!options_.show_axis) return;
    const float line = ui_.small->FontSize;
    area_.max.y -= line + ui_.px(6);
    area_.min.y += line * 0.5F;
    const int most = std::max(2, static_cast<int>(area_.height() / (line * 2.6F)));
    const auto ticks = view_data::make_ticks(0, most_, most, options_.unit);
    float widest = 0;
    for (const view_data::Tick& tick : ticks) {
      widest = std::max(widest, text_width(ui_.small, tick.text));
    }
    area_.min.x += widest + ui_.px(8);
    for (const view_data::Tick& tick : ticks) {
      const float y = y_of(tick.value);
      list_->AddLine({area_.min.x, y}, {area_.max.x, y}, to_u32(ui_.palette.grid));
      draw_text(*list_, ui_.small, {frame_.min.x, y - line * 0.5F}, ui_.palette.muted, tick.text,
                widest, 1);
    }
  }

  float y_of(double value) const {
    return area_.max.y - area_.height() * static_cast<float>(std::min(value / most_, 1.0));
  }

  void draw_column(std::size_t index, std::pair<float, float> x, BarsResult& result) {
    double sum = 0;
    const Bar& bar = bars_[index];
    for (std::size_t i = 0; i < bar.segments.size(); ++i) {
      const double value = usable(bar.segments[i].value);
      if (value <= 0) continue;
      const Rect box{{x.first, y_of(sum + value)}, {std::max(x.second, x.first + 1), y_of(sum)}};
      sum += value;
      list_->AddRectFilled(box.min, box.max, to_u32(shown_color(ui_, bar.segments[i])));
      if (hovered_ && box.holds(ImGui::GetIO().MousePos)) {
        result.hovered_bar = index;
        result.hovered_segment = i;
      }
    }
  }

  void draw_labels(float each) {
    if (!options_.show_axis) return;
    float free_from = -1e9F;
    for (std::size_t i = 0; i < bars_.size(); ++i) {
      const float middle = area_.min.x + (static_cast<float>(i) + 0.5F) * each;
      const float width = text_width(ui_.small, bars_[i].label);
      const float left = std::clamp(middle - width * 0.5F, frame_.min.x,
                                    std::max(frame_.min.x, frame_.max.x - width));
      if (left < free_from) continue;
      draw_text(*list_, ui_.small, {left, area_.max.y + ui_.px(4)}, ui_.palette.muted,
                bars_[i].label);
      free_from = left + width + ui_.px(12);
    }
  }

  const Ui& ui_;
  Rect frame_;
  Rect area_;
  std::span<const Bar> bars_;
  const BarsOptions& options_;
  ImDrawList* list_ = ImGui::GetWindowDrawList();
  bool hovered_ = ImGui::IsItemHovered();
  double most_;
};

void show_tooltip(const Ui& ui, std::span<const Bar> bars, const BarsResult& result) {
  if (!result.hovered_bar || !result.hovered_segment) return;
  const Bar& bar = bars[*result.hovered_bar];
  const BarSegment& segment = bar.segments[*result.hovered_segment];
  tooltip(ui, segment.label, segment.details, bar.label, &segment.color);
}

}  // namespace

BarsResult stacked_bars(const Ui& ui, const char* id, ImVec2 size, std::span<const Bar> bars,
                        const BarsOptions& options) {
  if (options.horizontal && size.y == 0) {
    size.y = HorizontalBars::height(ui, bars.size(), options);
  }
  const Rect frame = place(id, size);
  const bool released = ImGui::IsItemHovered() && ImGui::IsMouseReleased(ImGuiMouseButton_Left);
  BarsResult result = options.horizontal ? HorizontalBars(ui, frame, bars, options).draw()
                                         : VerticalBars(ui, frame, bars, options).draw();
  result.clicked = released && result.hovered_bar.has_value();
  show_tooltip(ui, bars, result);
  return result;
}

}  // namespace dscope::viewer
