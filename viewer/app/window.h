// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/app/png.h"

#include <filesystem>
#include <string>
#include <vector>

struct GLFWwindow;

namespace dscope::viewer {

// OpenGL through GLFW: a window for a person, or a picture nobody sees, which may be larger than
// the screen. Owns the ImGui context and its back ends. One per process.
class Window {
 public:
  // Throws Error{kUnavailable} without a display or OpenGL 3.
  Window(int width, int height, bool visible);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  void wait_for_input(double seconds);  // returns at once when there is any
  static void wake();                   // ends a wait_for_input(); from any thread
  void fonts_changed();
  void begin_frame();                    // up to ImGui::NewFrame()
  void end_frame(const float clear[3]);  // from ImGui::Render() on
  void finish();                         // waits until everything is drawn

  [[nodiscard]] bool should_close() const;
  [[nodiscard]] float content_scale() const;
  [[nodiscard]] std::vector<std::filesystem::path> take_dropped();
  [[nodiscard]] Picture read_pixels() const;   // of the last frame
  [[nodiscard]] std::string renderer() const;  // "llvmpipe (LLVM 15.0.6, 256 bits)"
  [[nodiscard]] std::pair<int, int> size() const;

 private:
  void make_picture_target();

  GLFWwindow* window_ = nullptr;
  int width_;
  int height_;
  bool visible_;
  unsigned target_ = 0;   // framebuffer of a picture nobody sees
  unsigned texture_ = 0;  // its pixels
  std::vector<std::filesystem::path> dropped_;
};

}  // namespace dscope::viewer
