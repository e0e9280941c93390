// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/explore_controls_pane.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace dscope::viewer {
namespace {

using view_data::ControlKind;
using view_data::ExploreControl;
using view_data::ExploreSection;

// ImGui takes formats: a text that is to be shown as it is.
std::string literal(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '%' ? std::string("%%") : std::string(1, c);
  return out;
}

std::size_t changed_count(const ExploreSection& section) {
  return static_cast<std::size_t>(
      std::count_if(section.controls.begin(), section.controls.end(),
                    [](const ExploreControl& control) { return control.changed; }));
}

}  // namespace

bool ExploreControlsPane::set(const ExploreControl& control, model::Configuration& now,
                              std::string_view value) {
  refused_ = view_data::try_set(now, *control.axis, value);
  refused_axis_ = control.axis->name;
  return refused_.empty();
}

bool ExploreControlsPane::draw_slider(const ExploreControl& control, model::Configuration& now) {
  const model::Axis& axis = *control.axis;
  const std::string format = literal(control.shown);
  const ImGuiSliderFlags flags =
      ImGuiSliderFlags_AlwaysClamp |
      (axis.logarithmic ? ImGuiSliderFlags_Logarithmic : ImGuiSliderFlags_None);
  const double at = std::clamp(control.number.value_or(axis.low), axis.low, axis.high);
  if (axis.kind == model::Axis::Kind::kInteger) {
    auto value = static_cast<std::int64_t>(std::llround(at));
    const auto low = static_cast<std::int64_t>(axis.low);
    const auto high = static_cast<std::int64_t>(axis.high);
    return ImGui::SliderScalar("##value", ImGuiDataType_S64, &value, &low, &high, format.c_str(),
                               flags) &&
           set(control, now, view_data::slider_value(axis, static_cast<double>(value)));
  }
  double value = at;
  return ImGui::SliderScalar("##value", ImGuiDataType_Double, &value, &axis.low, &axis.high,
                             format.c_str(), flags) &&
         set(control, now, view_data::slider_value(axis, value));
}

bool ExploreControlsPane::draw_choice(const Ui& ui, const ExploreControl& control,
                                      model::Configuration& now) {
  bool changed = false;
  const float arrow = ImGui::GetFrameHeight() + 2 * ImGui::GetStyle().FramePadding.x;
  const std::string shown = fit_text(ui.regular, control.shown, ImGui::CalcItemWidth() - arrow);
  if (!ImGui::BeginCombo("##value", shown.c_str())) return false;
  for (std::size_t i = 0; i < control.choices.size(); ++i) {
    const bool current = control.choices[i] == control.value;
    if (ImGui::Selectable(control.labels[i].c_str(), current) && !current) {
      changed = set(control, now, control.choices[i]);
    }
    if (current) ImGui::SetItemDefaultFocus();
  }
  ImGui::EndCombo();
  return changed;
}

// Right click: the exact value, useful ones, and the way back.
bool ExploreControlsPane::draw_menu(const Ui& ui, const ExploreControl& control,
                                    model::Configuration& now,
                                    const model::Configuration& reference) {
  bool changed = false;
  if (!ImGui::BeginPopupContextItem("menu")) return false;
  if (ImGui::IsWindowAppearing()) {
    control.value.copy(typed_.data(), typed_.size() - 1);
    typed_[std::min(control.value.size(), typed_.size() - 1)] = '\0';
    ImGui::SetKeyboardFocusHere();
  }
  heading(ui, control.axis->label);
  text_muted(ui, control.axis->help);
  ImGui::SetNextItemWidth(ui.px(180));
  if (ImGui::InputText("##typed", typed_.data(), typed_.size(),
                       ImGuiInputTextFlags_EnterReturnsTrue)) {
    changed = set(control, now, typed_.data());
    if (changed) ImGui::CloseCurrentPopup();
  }
  if (refused_axis_ == control.axis->name && !refused_.empty()) {
    text_colored(ui.palette.bad, refused_);
  }
  for (const std::string& choice : control.axis->choices) {
    const std::string label = view_data::shown_value(*control.axis, choice);
    if (ImGui::MenuItem(label.c_str(), nullptr, choice == control.value)) {
      changed = set(control, now, choice);
    }
  }
  if (control.changed && ImGui::MenuItem("Back to the reference")) {
    changed = set(control, now, control.axis->get(reference));
  }
  ImGui::EndPopup();
  return changed;
}

bool ExploreControlsPane::draw_control(const Ui& ui, const ExploreControl& control,
                                       model::Configuration& now) {
  switch (control.kind) {
    case ControlKind::kSwitch: {
      bool on = control.on;
      return ImGui::Checkbox("##value", &on) && set(control, now, on ? "on" : "off");
    }
    case ControlKind::kChoice:
      return draw_choice(ui, control, now);
    case ControlKind::kSlider:
      break;
  }
  bool changed = draw_slider(control, now);
  if (control.automatic.empty() || !control.number) return changed;
  ImGui::SameLine(0, ui.px(4));
  if (ImGui::Button(control.automatic.c_str())) changed = set(control, now, control.automatic);
  return changed;
}

bool ExploreControlsPane::draw(const Ui& ui, model::Configuration& now,
                               const model::Configuration& reference) {
  std::string key = view_data::axis_key(now) + "\n\n" + view_data::axis_key(reference);
  if (key != made_of_) {
    made_of_ = std::move(key);
    sections_ = view_data::explore_controls(now, reference);
  }
  bool changed = false;
  for (const ExploreSection& section : sections_) {
    const std::size_t count = changed_count(section);
    const std::string title =
        count == 0 ? section.title : section.title + " (" + std::to_string(count) + " changed)";
    // The id stays when the title changes.
    const std::string label = title + "###" + section.title;
    if (!ImGui::CollapsingHeader(label.c_str(), ImGuiTreeNodeFlags_DefaultOpen)) continue;
    const float width = ImGui::GetContentRegionAvail().x;
    for (const ExploreControl& control : section.controls) {
      ImGui::PushID(control.axis->name.c_str());
      ImGui::AlignTextToFramePadding();
      const std::string name = fit_text(ui.regular, control.axis->label, width * 0.50F);
      text_colored(control.changed ? ui.palette.accent : ui.palette.text, name);
      if (ImGui::IsItemHovered()) tooltip(ui, control.axis->label, {}, control.help);
      ImGui::SameLine(width * 0.52F);
      const bool with_button =
          control.kind == ControlKind::kSlider && control.number && !control.automatic.empty();
      const float button = with_button ? text_width(ui.regular, control.automatic) +
                                             2 * ImGui::GetStyle().FramePadding.x + ui.px(4)
                                       : 0;
      ImGui::SetNextItemWidth(std::max(ui.px(40), ImGui::GetContentRegionAvail().x - button));
      ImGui::BeginGroup();
      changed = draw_control(ui, control, now) || changed;
      ImGui::EndGroup();
      if (ImGui::IsItemHovered() && !ImGui::IsItemActive()) {
        tooltip(ui, control.axis->label, {{"now", control.shown}},
                control.help + "\nright click: type a value");
      }
      changed = draw_menu(ui, control, now, reference) || changed;
      ImGui::PopID();
    }
    ImGui::Spacing();
  }
  return changed;
}

}  // namespace dscope::viewer
