// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/application.h"
#include "viewer/view_data/document_text.h"
#include "viewer/view_data/text.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace dscope::viewer {

void Application::draw_sidebar(float width) {
  ImGui::BeginChild("##sidebar", {width, 0}, false);
  ImGui::Dummy({1, ui_.px(2)});
  heading(ui_, "Documents");
  const float button = text_width(ui_.regular, "Open") + ImGui::GetStyle().FramePadding.x * 2;
  ImGui::SameLine(ImGui::GetContentRegionAvail().x - button);
  if (ImGui::SmallButton("Open")) open_dialog();
  ImGui::Dummy({1, ui_.px(2)});
  if (documents_.empty() && store_.idle()) text_muted(ui_, "none");
  for (std::size_t i = 0; i < documents_.size(); ++i) draw_document_entry(documents_[i], i);
  draw_loading();
  ImGui::EndChild();
}

void Application::draw_document_entry(const view_data::DocumentPtr& document, std::size_t index) {
  ImGui::PushID(static_cast<int>(document->id));
  const float line = ui_.regular->FontSize;
  const float height = line + ui_.small->FontSize + ui_.px(14);
  const Rect box = place("##document", {-ui_.px(4), height});
  const bool hovered = ImGui::IsItemHovered();
  const bool active = selection_.active == document->id;
  if (ImGui::IsItemClicked() && !active) {
    selection_.active = document->id;
    selection_.time.reset();
    if (selection_.baseline == document->id) selection_.baseline = 0;
  }
  draw_document_menu(document);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (active || hovered) {
    list.AddRectFilled(box.min, box.max,
                       to_u32(active ? ui_.palette.selection : ui_.palette.raised), ui_.px(4));
  }
  list.AddRectFilled(box.min + ImVec2(ui_.px(4), ui_.px(6)),
                     {box.min.x + ui_.px(7), box.max.y - ui_.px(6)},
                     to_u32(ui_.palette.of_series(index)), ui_.px(1));
  const char* role = selection_.baseline == document->id     ? "baseline"
                     : selection_.prediction == document->id ? "prediction"
                                                             : "";
  const float role_width = *role == 0 ? 0 : text_width(ui_.small, role) + ui_.px(10);
  const ImVec2 text_at = box.min + ImVec2(ui_.px(14), ui_.px(5));
  const float room = box.max.x - text_at.x - ui_.px(6);
  draw_text(list, active ? ui_.bold : ui_.regular, text_at, ui_.palette.text,
            view_data::printable(document->name), room - role_width);
  draw_text(list, ui_.small, {text_at.x, text_at.y + line + ui_.px(3)}, ui_.palette.muted,
            view_data::short_facts(*document), room);
  draw_text(list, ui_.small, {box.max.x - role_width, text_at.y + ui_.px(1)}, ui_.palette.accent,
            role);
  if (hovered && !ImGui::IsPopupOpen("##document_menu")) {
    std::vector<TooltipLine> lines;
    for (const auto& file : document->files) lines.push_back({"file", file.string()});
    if (lines.empty()) lines.push_back({"file", "made here"});
    tooltip(ui_, document->name, lines, "Right click: compare, lay under, close");
  }
  ImGui::PopID();
}

void Application::draw_document_menu(const view_data::DocumentPtr& document) {
  if (!ImGui::BeginPopupContextItem("##document_menu")) return;
  const std::uint64_t id = document->id;
  const bool baseline = selection_.baseline == id;
  if (ImGui::MenuItem("Baseline of comparisons", nullptr, baseline, selection_.active != id)) {
    selection_.baseline = baseline ? 0 : id;
  }
  const bool prediction = selection_.prediction == id;
  if (ImGui::MenuItem("Prediction under the measurement", nullptr, prediction,
                      document->has_prediction())) {
    selection_.prediction = prediction ? 0 : id;
  }
  ImGui::Separator();
  if (ImGui::MenuItem("Copy the path", nullptr, false, !document->files.empty())) {
    std::string paths;
    for (const auto& file : document->files) paths += (paths.empty() ? "" : "\n") + file.string();
    copy(std::move(paths));
  }
  if (ImGui::MenuItem("Close")) close_document(id);
  ImGui::EndPopup();
}

void Application::draw_loading() {
  const std::vector<view_data::DocumentStore::Pending> pending = store_.pending();
  if (pending.empty()) return;
  ImGui::Dummy({1, ui_.px(6)});
  heading(ui_, "Loading");
  for (const auto& job : pending) {
    ImGui::PushID(static_cast<int>(job.ticket));
    const float room = ImGui::GetContentRegionAvail().x - ui_.px(4);
    text(fit_text(ui_.regular, view_data::printable(view_data::name_of_files(job.files)), room));
    const float button = text_width(ui_.regular, "Cancel") + ImGui::GetStyle().FramePadding.x * 2;
    const std::string label = fmt::format("{:.0f} %", job.progress * 100);
    ImGui::ProgressBar(static_cast<float>(job.progress),
                       {std::max(ui_.px(20), room - button - ui_.px(8)), 0}, label.c_str());
    ImGui::SameLine();
    if (ImGui::Button("Cancel")) store_.cancel(job.ticket);
    text_muted(ui_, job.cancelled ? "stopping" : fit_text(ui_.regular, job.phase, room));
    ImGui::PopID();
  }
}

}  // namespace dscope::viewer
