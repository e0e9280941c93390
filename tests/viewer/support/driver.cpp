// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/viewer/support/driver.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

namespace dscope::test {

Driver::Driver(ImVec2 size, viewer::Settings settings, std::filesystem::path settings_file)
    : size_(size) {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = size;
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  // Without a window system the clipboard is ImGui's own.
  viewer::set_key_map(io);
  app_ = std::make_unique<viewer::Application>(std::move(settings), std::move(settings_file));
}

Driver::~Driver() {
  app_.reset();
  ImGui::DestroyContext();
}

void Driver::frame() {
  ImGuiIO& io = ImGui::GetIO();
  io.DeltaTime = 1.0F / 60;
  input_.apply(io);
  if (app_->prepare_frame()) {
    unsigned char* pixels = nullptr;
    io.Fonts->GetTexDataAsAlpha8(&pixels, nullptr, nullptr);
  }
  ImGui::NewFrame();
  app_->frame();
  ImGui::Render();
  check();
}

void Driver::check() {
  drawn_ = {};
  const ImDrawData* data = ImGui::GetDrawData();
  for (int n = 0; n < data->CmdListsCount; ++n) {
    const ImDrawList* list = data->CmdLists[n];
    drawn_.vertices += static_cast<std::size_t>(list->VtxBuffer.Size);
    for (const ImDrawVert& vertex : list->VtxBuffer) {
      if (!std::isfinite(vertex.pos.x) || !std::isfinite(vertex.pos.y)) ++drawn_.not_finite;
    }
    for (const ImDrawCmd& command : list->CmdBuffer) {
      const ImVec4 clip = command.ClipRect;
      if (clip.z <= clip.x || clip.w <= clip.y) continue;  // scrolled out of view
      if (command.ElemCount > 0 &&
          (clip.x < -1 || clip.y < -1 || clip.z > size_.x + 1 || clip.w > size_.y + 1)) {
        ++drawn_.outside;
      }
    }
  }
  if (!problems_.empty()) return;
  if (drawn_.not_finite > 0) problems_ = fmt::format("{} vertices not finite", drawn_.not_finite);
  if (drawn_.outside > 0) problems_ = fmt::format("{} commands outside the window", drawn_.outside);
  if (drawn_.vertices == 0) problems_ = "nothing was drawn";
}

void Driver::frames(int count) {
  for (int i = 0; i < count; ++i) frame();
}

void Driver::play() {
  while (!input_.empty()) frame();
  frames(2);
}

void Driver::keys(std::string_view chord) {
  if (!input_.chord(chord)) problems_ = fmt::format("no such key: {}", chord);
  play();
}

void Driver::wait_loaded() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (app_->loading() && std::chrono::steady_clock::now() < end) {
    frame();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (app_->loading()) problems_ = "still loading after two minutes";
  frames(3);
}

void Driver::open(const std::filesystem::path& path) {
  app_->open({path});
  wait_loaded();
}

}  // namespace dscope::test
