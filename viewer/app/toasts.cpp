// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/toasts.h"

#include "viewer/view_data/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dscope::viewer {
namespace {

constexpr float kNoteSeconds = 4;
constexpr std::size_t kMost = 5;  // at once; older ones go

}  // namespace

void Toasts::add(std::string text, bool error) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  text = view_data::shorten(view_data::printable(text), 600);
  if (error) {
    ++errors_;
    last_error_ = text;
  }
  // The same again: one is enough.
  std::erase_if(toasts_, [&](const Toast& toast) { return toast.text == text; });
  toasts_.push_back({std::move(text), error, 0, next_id_++});
  while (toasts_.size() > kMost) toasts_.pop_front();
}

bool Toasts::draw_one(const Ui& ui, Toast& toast, float& bottom) {
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  toast.age_s += ImGui::GetIO().DeltaTime;
  if (!toast.error && toast.age_s > kNoteSeconds) return false;
  const float width = std::min(ui.px(440), display.x - ui.px(24));
  ImGui::SetNextWindowPos({display.x - ui.px(12), bottom}, ImGuiCond_Always, {1, 1});
  ImGui::SetNextWindowSize({width, 0});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, to_vec4(ui.palette.surface));
  ImGui::PushStyleColor(ImGuiCol_Border, to_vec4(toast.error ? ui.palette.bad : ui.palette.border));
  const std::string name = fmt::format("##toast{}", toast.id);
  ImGui::Begin(name.c_str(), nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav |
                   ImGuiWindowFlags_NoMove);
  bool keep = true;
  heading(ui, toast.error ? "That did not work" : "Done");
  const float close = text_width(ui.regular, "Close") + ImGui::GetStyle().FramePadding.x * 2;
  ImGui::SameLine(ImGui::GetWindowWidth() - close - ImGui::GetStyle().WindowPadding.x);
  if (ImGui::SmallButton("Close")) keep = false;
  text_wrapped(toast.text);
  bottom -= ImGui::GetWindowHeight() + ui.px(8);
  ImGui::End();
  ImGui::PopStyleColor(2);
  return keep;
}

void Toasts::draw(const Ui& ui) {
  float bottom = ImGui::GetIO().DisplaySize.y - ui.px(40);
  std::deque<Toast> kept;
  for (auto it = toasts_.rbegin(); it != toasts_.rend(); ++it) {
    if (draw_one(ui, *it, bottom)) kept.push_front(std::move(*it));
  }
  toasts_ = std::move(kept);
}

}  // namespace dscope::viewer
