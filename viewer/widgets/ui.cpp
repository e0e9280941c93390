// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/widgets/ui.h"

#include "viewer/view_data/text.h"

#include <algorithm>
#include <cfloat>

namespace dscope::viewer {
namespace {

using view_data::Color;
using view_data::mix;
using view_data::Palette;
using view_data::with_alpha;

void set_colors(ImVec4* colors, const Palette& p) {
  const auto set = [&](ImGuiCol_ which, Color color) { colors[which] = to_vec4(color); };
  const Color hovered = mix(p.raised, p.accent, 0.18);
  const Color pressed = mix(p.raised, p.accent, 0.32);
  set(ImGuiCol_Text, p.text);
  set(ImGuiCol_TextDisabled, p.muted);
  set(ImGuiCol_WindowBg, p.background);
  set(ImGuiCol_ChildBg, with_alpha(p.surface, 0));
  set(ImGuiCol_PopupBg, p.surface);
  set(ImGuiCol_Border, p.border);
  set(ImGuiCol_BorderShadow, with_alpha(p.border, 0));
  set(ImGuiCol_FrameBg, p.raised);
  set(ImGuiCol_FrameBgHovered, hovered);
  set(ImGuiCol_FrameBgActive, pressed);
  set(ImGuiCol_TitleBg, p.raised);
  set(ImGuiCol_TitleBgActive, p.raised);
  set(ImGuiCol_TitleBgCollapsed, p.raised);
  set(ImGuiCol_MenuBarBg, p.surface);
  set(ImGuiCol_ScrollbarBg, with_alpha(p.raised, 0.4));
  set(ImGuiCol_ScrollbarGrab, mix(p.border, p.muted, 0.25));
  set(ImGuiCol_ScrollbarGrabHovered, mix(p.border, p.muted, 0.5));
  set(ImGuiCol_ScrollbarGrabActive, p.muted);
  set(ImGuiCol_CheckMark, p.accent);
  // The value is written over the grab.
  set(ImGuiCol_SliderGrab, mix(p.raised, p.accent, 0.4));
  set(ImGuiCol_SliderGrabActive, mix(p.raised, p.accent, 0.6));
  set(ImGuiCol_Button, p.raised);
  set(ImGuiCol_ButtonHovered, hovered);
  set(ImGuiCol_ButtonActive, pressed);
  set(ImGuiCol_Header, p.selection);
  set(ImGuiCol_HeaderHovered, mix(p.selection, p.accent, 0.15));
  set(ImGuiCol_HeaderActive, mix(p.selection, p.accent, 0.3));
  set(ImGuiCol_Separator, p.border);
  set(ImGuiCol_SeparatorHovered, p.accent);
  set(ImGuiCol_SeparatorActive, p.accent);
  set(ImGuiCol_ResizeGrip, with_alpha(p.accent, 0.2));
  set(ImGuiCol_ResizeGripHovered, with_alpha(p.accent, 0.6));
  set(ImGuiCol_ResizeGripActive, p.accent);
  set(ImGuiCol_Tab, p.background);
  set(ImGuiCol_TabHovered, hovered);
  set(ImGuiCol_TabActive, p.selection);
  set(ImGuiCol_TabUnfocused, p.background);
  set(ImGuiCol_TabUnfocusedActive, p.selection);
  set(ImGuiCol_TableHeaderBg, p.raised);
  set(ImGuiCol_TableBorderStrong, p.border);
  set(ImGuiCol_TableBorderLight, p.grid);
  set(ImGuiCol_TableRowBg, with_alpha(p.surface, 0));
  set(ImGuiCol_TableRowBgAlt, with_alpha(p.raised, 0.35));
  set(ImGuiCol_TextSelectedBg, with_alpha(p.accent, 0.35));
  set(ImGuiCol_NavHighlight, p.accent);
  set(ImGuiCol_ModalWindowDimBg, with_alpha(p.text, p.dark ? 0.12 : 0.25));
}

const char* end_of(std::string_view text) {
  return text.data() + text.size();
}

}  // namespace

ImVec4 to_vec4(Color c) {
  return {static_cast<float>(c.r) / 255, static_cast<float>(c.g) / 255,
          static_cast<float>(c.b) / 255, static_cast<float>(c.a) / 255};
}

void apply_style(const Ui& ui) {
  ImGuiStyle style;  // from the defaults, so that scaling never adds up
  style.WindowPadding = {10, 10};
  style.FramePadding = {8, 4};
  style.ItemSpacing = {8, 6};
  style.ItemInnerSpacing = {6, 4};
  style.CellPadding = {6, 3};
  style.WindowRounding = 4;
  style.ChildRounding = 4;
  style.FrameRounding = 4;
  style.PopupRounding = 4;
  style.GrabRounding = 4;
  style.TabRounding = 4;
  style.ScrollbarSize = 12;
  style.ScrollbarRounding = 6;
  style.ScaleAllSizes(ui.scale);
  style.WindowBorderSize = 1;
  style.ChildBorderSize = 1;
  style.PopupBorderSize = 1;
  style.FrameBorderSize = 0;
  set_colors(style.Colors, ui.palette);
  ImGui::GetStyle() = style;
}

Rect place(const char* id, ImVec2 size) {
  const ImVec2 available = ImGui::GetContentRegionAvail();
  if (size.x <= 0) size.x += available.x;
  if (size.y <= 0) size.y += available.y;
  size.x = std::max(size.x, 1.0F);
  size.y = std::max(size.y, 1.0F);
  const ImVec2 min = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton(id, size);
  return {min, min + size};
}

void text(std::string_view text) {
  ImGui::TextUnformatted(text.data(), end_of(text));
}

void text_colored(Color color, std::string_view what) {
  ImGui::PushStyleColor(ImGuiCol_Text, to_vec4(color));
  text(what);
  ImGui::PopStyleColor();
}

void text_muted(const Ui& ui, std::string_view what) {
  text_colored(ui.palette.muted, what);
}

void text_wrapped(std::string_view what) {
  ImGui::PushTextWrapPos(0);
  text(what);
  ImGui::PopTextWrapPos();
}

void heading(const Ui& ui, std::string_view what) {
  ImGui::PushFont(ui.bold);
  text(what);
  ImGui::PopFont();
}

float text_width(const ImFont* font, std::string_view what) {
  return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, what.data(), end_of(what)).x;
}

std::string fit_text(const ImFont* font, std::string_view what, float width) {
  if (text_width(font, what) <= width) return std::string(what);
  static constexpr std::string_view kEllipsis = "\u2026";
  const float room = width - text_width(font, kEllipsis);
  if (room <= 0) return {};
  const char* rest = nullptr;
  (void)font->CalcTextSizeA(font->FontSize, room, 0, what.data(), end_of(what), &rest);
  const auto fits = static_cast<std::size_t>(rest - what.data());
  return fits == 0 ? std::string() : std::string(what.substr(0, fits)).append(kEllipsis);
}

void draw_text(ImDrawList& list, const ImFont* font, ImVec2 position, Color color,
               std::string_view what, float width, float align) {
  const std::string fitted = fit_text(font, what, width);
  if (fitted.empty()) return;
  if (align > 0) {
    const float room = width < 1e8F ? width - text_width(font, fitted) : -text_width(font, fitted);
    position.x += room * align;
  }
  // Whole pixels: glyphs of the atlas are sharp only there.
  position = {static_cast<float>(static_cast<int>(position.x)),
              static_cast<float>(static_cast<int>(position.y))};
  list.AddText(font, font->FontSize, position, to_u32(color), fitted.data(),
               fitted.data() + fitted.size());
}

void swatch(const Ui& ui, Color color) {
  const float side = ImGui::GetFontSize() * 0.7F;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float down = (ImGui::GetTextLineHeight() - side) * 0.5F;
  ImGui::GetWindowDrawList()->AddRectFilled(at + ImVec2(0, down), at + ImVec2(side, down + side),
                                            to_u32(color), ui.px(2));
  ImGui::Dummy({side, ImGui::GetTextLineHeight()});
  ImGui::SameLine(0, ui.px(6));
}

bool toggle(const Ui& ui, const char* label, bool on) {
  if (on) {
    ImGui::PushStyleColor(ImGuiCol_Button, to_vec4(ui.palette.accent));
    ImGui::PushStyleColor(ImGuiCol_ButtonHovered, to_vec4(ui.palette.accent));
    ImGui::PushStyleColor(ImGuiCol_Text, to_vec4(view_data::text_on(ui.palette.accent)));
  }
  const bool clicked = ImGui::Button(label);
  if (on) ImGui::PopStyleColor(3);
  return clicked;
}

bool choice(const Ui& ui, const char* label, int& index, const std::vector<std::string>& items,
            float width) {
  bool changed = false;
  const auto current = static_cast<std::size_t>(index);
  const bool valid = index >= 0 && current < items.size();
  const std::string whole = valid ? view_data::printable(items[current]) : std::string();
  const float room = width - ImGui::GetFrameHeight() - 2 * ImGui::GetStyle().FramePadding.x;
  const std::string shown = fit_text(ui.regular, whole, room);
  ImGui::SetNextItemWidth(width);
  const bool open = ImGui::BeginCombo(label, shown.c_str());
  if (!open && shown != whole && ImGui::IsItemHovered()) tooltip(ui, whole, {});
  if (!open) return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    ImGui::PushID(static_cast<int>(i));
    if (ImGui::Selectable(view_data::printable(items[i]).c_str(), i == current)) {
      changed = i != current;
      index = static_cast<int>(i);
    }
    ImGui::PopID();
  }
  ImGui::EndCombo();
  return changed;
}

void tooltip(const Ui& ui, std::string_view title, const std::vector<TooltipLine>& lines,
             std::string_view remark, const Color* color) {
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(ui.px(420));
  if (color != nullptr) swatch(ui, *color);
  ImGui::PushFont(ui.bold);
  text(view_data::shorten(view_data::printable(title), 240));
  ImGui::PopFont();
  float labels = 0;
  for (const TooltipLine& line : lines) {
    labels = std::max(labels, text_width(ui.regular, line.label));
  }
  for (const TooltipLine& line : lines) {
    text_muted(ui, line.label);
    ImGui::SameLine(ImGui::GetStyle().WindowPadding.x + labels + ui.px(16));
    text(view_data::printable(line.value));
  }
  if (!remark.empty()) text_muted(ui, remark);
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

void help_marker(const Ui& ui, std::string_view explanation) {
  text_muted(ui, "(?)");
  if (!ImGui::IsItemHovered()) return;
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(ui.px(360));
  text(explanation);
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

std::optional<Stage> stage_legend(const Ui& ui, const std::array<bool, kStageCount>& shown,
                                  std::optional<Stage> selected) {
  std::optional<Stage> clicked;
  const float right = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
  const float side = ImGui::GetFontSize() * 0.7F;
  bool first = true;
  for (const StageInfo& stage : kStages) {
    if (!shown[static_cast<std::size_t>(stage.stage)]) continue;
    const float width = side + ui.px(6) + text_width(ui.regular, stage.label);
    if (!first) {
      ImGui::SameLine(0, ui.px(16));
      if (ImGui::GetCursorScreenPos().x + width > right) ImGui::NewLine();
    }
    first = false;
    ImGui::PushID(static_cast<int>(stage.stage));
    const bool dimmed = selected && *selected != stage.stage;
    ImGui::BeginGroup();
    swatch(ui, dimmed ? with_alpha(ui.palette.of(stage.stage), 0.35) : ui.palette.of(stage.stage));
    text_colored(dimmed ? ui.palette.muted : ui.palette.text, stage.label);
    ImGui::EndGroup();
    if (ImGui::IsItemClicked()) clicked = stage.stage;
    if (ImGui::IsItemHovered()) {
      const Color color = ui.palette.of(stage.stage);
      tooltip(ui, stage.label, {}, stage.holds, &color);
    }
    ImGui::PopID();
  }
  return clicked;
}

}  // namespace dscope::viewer
