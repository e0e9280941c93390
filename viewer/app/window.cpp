// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#define GL_GLEXT_PROTOTYPES  // NOLINT: framebuffer objects are in every libGL of today
#define GLFW_INCLUDE_GLEXT   // NOLINT: likewise

#include "viewer/app/window.h"

#include "viewer/app/input.h"
#include "workloads/base/error.h"

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace dscope::viewer {
namespace {

std::string last_problem() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text != nullptr ? text : "unknown reason";
}

}  // namespace

Window::Window(int width, int height, bool visible)
    : width_(width), height_(height), visible_(visible) {
  if (glfwInit() == GLFW_FALSE) {
    throw unavailable_error(
        "no display ({}). On a machine without one: xvfb-run -a dscope-viewer ... (Debian: xvfb)",
        last_problem());
  }
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_VISIBLE, visible ? GLFW_TRUE : GLFW_FALSE);
  window_ = glfwCreateWindow(visible ? width : 64, visible ? height : 64, "DecodeScope", nullptr,
                             nullptr);
  if (window_ == nullptr) {
    const std::string problem = last_problem();
    glfwTerminate();
    throw unavailable_error(
        "no window with OpenGL 3.3 ({}). Software rendering (Debian: libgl1-mesa-dri) is enough: "
        "LIBGL_ALWAYS_SOFTWARE=1",
        problem);
  }
  glfwMakeContextCurrent(window_);
  glfwSwapInterval(visible ? 1 : 0);
  glfwSetWindowUserPointer(window_, this);
  glfwSetDropCallback(window_, [](GLFWwindow* window, int count, const char** paths) {
    auto* self = static_cast<Window*>(glfwGetWindowUserPointer(window));
    self->dropped_.insert(self->dropped_.end(), paths, paths + count);
  });
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  if (visible) {
    ImGui_ImplGlfw_InitForOpenGL(window_, true);
  } else {
    set_key_map(ImGui::GetIO());
    make_picture_target();
  }
  ImGui_ImplOpenGL3_Init("#version 330 core");
}

Window::~Window() {
  ImGui_ImplOpenGL3_Shutdown();
  if (visible_) ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  if (target_ != 0) glDeleteFramebuffers(1, &target_);
  if (texture_ != 0) glDeleteTextures(1, &texture_);
  glfwDestroyWindow(window_);
  glfwTerminate();
}

void Window::make_picture_target() {
  glGenTextures(1, &texture_);
  glBindTexture(GL_TEXTURE_2D, texture_);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width_, height_, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
  glGenFramebuffers(1, &target_);
  glBindFramebuffer(GL_FRAMEBUFFER, target_);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture_, 0);
  if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
    throw unavailable_error("OpenGL cannot draw a picture of {}x{} pixels", width_, height_);
  }
}

void Window::wait_for_input(double seconds) {
  if (seconds > 0) {
    glfwWaitEventsTimeout(seconds);
  } else {
    glfwPollEvents();
  }
}

void Window::wake() {
  glfwPostEmptyEvent();
}

void Window::fonts_changed() {
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
}

void Window::begin_frame() {
  ImGui_ImplOpenGL3_NewFrame();
  if (visible_) {
    ImGui_ImplGlfw_NewFrame();
  } else {
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = {static_cast<float>(width_), static_cast<float>(height_)};
    io.DeltaTime = 1.0F / 60;  // the same picture on every machine
  }
  ImGui::NewFrame();
}

void Window::end_frame(const float clear[3]) {
  ImGui::Render();
  if (visible_) glfwGetFramebufferSize(window_, &width_, &height_);
  glBindFramebuffer(GL_FRAMEBUFFER, target_);
  glViewport(0, 0, width_, height_);
  glClearColor(clear[0], clear[1], clear[2], 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  if (visible_) glfwSwapBuffers(window_);
}

void Window::finish() {
  glFinish();
}

bool Window::should_close() const {
  return glfwWindowShouldClose(window_) != 0;
}

float Window::content_scale() const {
  if (!visible_) return 1;
  float x = 1;
  float y = 1;
  glfwGetWindowContentScale(window_, &x, &y);
  return std::max(x, y);
}

std::vector<std::filesystem::path> Window::take_dropped() {
  return std::exchange(dropped_, {});
}

Picture Window::read_pixels() const {
  Picture picture{width_, height_, {}};
  const std::size_t row = static_cast<std::size_t>(width_) * 3;
  std::vector<std::uint8_t> upside_down(row * static_cast<std::size_t>(height_));
  picture.pixels.resize(upside_down.size());
  glBindFramebuffer(GL_FRAMEBUFFER, target_);
  if (visible_) glReadBuffer(GL_FRONT);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, width_, height_, GL_RGB, GL_UNSIGNED_BYTE, upside_down.data());
  for (std::size_t y = 0; y < static_cast<std::size_t>(height_); ++y) {
    std::memcpy(&picture.pixels[y * row],
                &upside_down[(static_cast<std::size_t>(height_) - 1 - y) * row], row);
  }
  return picture;
}

std::string Window::renderer() const {
  const auto* text = glGetString(GL_RENDERER);
  return text == nullptr ? "unknown" : reinterpret_cast<const char*>(text);
}

std::pair<int, int> Window::size() const {
  if (!visible_) return {width_, height_};
  int width = width_;
  int height = height_;
  glfwGetWindowSize(window_, &width, &height);
  return {width, height};
}

}  // namespace dscope::viewer
