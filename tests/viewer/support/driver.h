// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/app/application.h"
#include "viewer/app/input.h"

#include <imgui.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace dscope::test {

// What was drawn in one frame, in numbers.
struct DrawnFrame {
  std::size_t vertices = 0;
  std::size_t not_finite = 0;  // vertices with a coordinate that is not a number
  std::size_t outside = 0;     // clip rectangles that reach beyond the window
};

// The application in this process: no window and no OpenGL, but every frame goes through ImGui as
// it would, and mouse and keyboard arrive the way they do from a person. Every frame is checked;
// problems() says what was found.
class Driver {
 public:
  explicit Driver(ImVec2 size = {1280, 720}, viewer::Settings settings = {},
                  std::filesystem::path settings_file = {});
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  [[nodiscard]] viewer::Application& app() { return *app_; }
  [[nodiscard]] viewer::InputQueue& input() { return input_; }
  [[nodiscard]] ImVec2 size() const { return size_; }

  void frame();
  void frames(int count);
  void play();  // until all input is used up, and a little longer
  void keys(std::string_view chord);
  void open(const std::filesystem::path& path);  // and waits until it is loaded, or has failed
  void wait_loaded();

  [[nodiscard]] const DrawnFrame& drawn() const { return drawn_; }
  [[nodiscard]] const std::string& problems() const { return problems_; }  // empty: none

 private:
  void check();

  ImVec2 size_;
  std::unique_ptr<viewer::Application> app_;
  viewer::InputQueue input_;
  DrawnFrame drawn_;
  std::string problems_;
};

}  // namespace dscope::test
