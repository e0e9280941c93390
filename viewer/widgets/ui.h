// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/axis.h"
#include "viewer/view_data/palette.h"

#include <imgui.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What every widget needs: colours, scale, fonts, and the small things drawn everywhere.
namespace dscope::viewer {

// imgui.h keeps its operators to itself.
[[nodiscard]] inline ImVec2 operator+(ImVec2 a, ImVec2 b) {
  return {a.x + b.x, a.y + b.y};
}
[[nodiscard]] inline ImVec2 operator-(ImVec2 a, ImVec2 b) {
  return {a.x - b.x, a.y - b.y};
}

[[nodiscard]] inline ImU32 to_u32(view_data::Color c) {
  return IM_COL32(c.r, c.g, c.b, c.a);
}
[[nodiscard]] ImVec4 to_vec4(view_data::Color color);

struct Ui {
  view_data::Palette palette;
  float scale = 1;
  ImFont* regular = nullptr;
  ImFont* bold = nullptr;   // headings
  ImFont* small = nullptr;  // axis labels and text inside slices
  ImFont* mono = nullptr;   // code, command lines

  // A length given for a scale of 1.
  [[nodiscard]] float px(float length) const { return length * scale; }
};

// Sets colours and sizes of ImGui's own widgets.
void apply_style(const Ui& ui);

struct Rect {
  ImVec2 min;
  ImVec2 max;

  [[nodiscard]] float width() const { return max.x - min.x; }
  [[nodiscard]] float height() const { return max.y - min.y; }
  [[nodiscard]] bool holds(ImVec2 p) const {
    return p.x >= min.x && p.x < max.x && p.y >= min.y && p.y < max.y;
  }
};

// Takes `size` of the current window (0 or less: what is left, less that much) as an item of its
// own and returns its rectangle. Hover and clicks are then asked with ImGui::IsItemHovered() etc.
[[nodiscard]] Rect place(const char* id, ImVec2 size);

// Text with printf-free, length-aware calls: text from files may hold anything.
void text(std::string_view text);
void text_muted(const Ui& ui, std::string_view text);
void text_colored(view_data::Color color, std::string_view text);
void text_wrapped(std::string_view text);
void heading(const Ui& ui, std::string_view text);

[[nodiscard]] float text_width(const ImFont* font, std::string_view text);
// The longest beginning that fits, with an ellipsis when it was cut; empty when not even that fits.
[[nodiscard]] std::string fit_text(const ImFont* font, std::string_view text, float width);
// Draws text cut to `width` (fit_text). `align` 0: left, 0.5: centred, 1: right.
void draw_text(ImDrawList& list, const ImFont* font, ImVec2 position, view_data::Color color,
               std::string_view text, float width = 1e9F, float align = 0);

// A small filled square in line with the text, then SameLine().
void swatch(const Ui& ui, view_data::Color color);

// A button that looks pressed while `on`; returns true when clicked.
[[nodiscard]] bool toggle(const Ui& ui, const char* label, bool on);

// A combo of texts; true when `index` changed. A text that does not fit is in a tooltip.
[[nodiscard]] bool choice(const Ui& ui, const char* label, int& index,
                          const std::vector<std::string>& items, float width);

// A tooltip of one form for everything: a heading with an optional swatch, lines of label and
// value, and a remark. Call it while the thing is hovered.
struct TooltipLine {
  std::string label;
  std::string value;
};
void tooltip(const Ui& ui, std::string_view title, const std::vector<TooltipLine>& lines,
             std::string_view remark = {}, const view_data::Color* color = nullptr);

// The same for a question mark behind a word that wants explaining.
void help_marker(const Ui& ui, std::string_view explanation);

// Stages in their colours on one line (wrapped to the width there is), those with `shown` set.
// Returns the stage that was clicked.
[[nodiscard]] std::optional<Stage> stage_legend(const Ui& ui,
                                                const std::array<bool, kStageCount>& shown,
                                                std::optional<Stage> selected = std::nullopt);

}  // namespace dscope::viewer
