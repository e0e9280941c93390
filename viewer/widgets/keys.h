// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <GLFW/glfw3.h>
#include <imgui.h>

// Shortcuts. ImGui 1.86 takes the key codes of the back end: those of GLFW.
namespace dscope::viewer {

// Pressed in this frame (or repeated while held), without Ctrl and Alt, and not meant for a text
// field.
[[nodiscard]] inline bool key_pressed(int glfw_key, bool repeat = false) {
  const ImGuiIO& io = ImGui::GetIO();
  return !io.WantTextInput && !io.KeyCtrl && !io.KeyAlt && ImGui::IsKeyPressed(glfw_key, repeat);
}

// Held down, likewise: for pan and zoom, which go on while the key is down.
[[nodiscard]] inline bool key_held(int glfw_key) {
  const ImGuiIO& io = ImGui::GetIO();
  return !io.WantTextInput && !io.KeyCtrl && !io.KeyAlt && ImGui::IsKeyDown(glfw_key);
}

// Ctrl and the key; works in text fields, too.
[[nodiscard]] inline bool ctrl_pressed(int glfw_key, bool shift = false) {
  const ImGuiIO& io = ImGui::GetIO();
  return io.KeyCtrl && io.KeyShift == shift && !io.KeyAlt && ImGui::IsKeyPressed(glfw_key, false);
}

}  // namespace dscope::viewer
