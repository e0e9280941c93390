// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <imgui.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

// Mouse and keyboard as data: what scripts and tests feed the application with. The same fields of
// ImGuiIO are filled that the GLFW back end fills for a person.
namespace dscope::viewer {

struct InputEvent {
  enum class Kind : std::uint8_t { kMove, kButton, kWheel, kKey, kText, kNothing };
  Kind kind = Kind::kNothing;  // kNothing: a frame without input
  ImVec2 position;
  int code = 0;  // mouse button 0..2, or GLFW key
  bool down = false;
  float wheel = 0;
  std::string text;
};

// The GLFW key of "a", "f1", "ctrl", "left", "/", "enter", ...; empty: unknown.
[[nodiscard]] std::optional<int> key_from_name(std::string_view name);

class InputQueue {
 public:
  void move(ImVec2 to);
  void press(int button = 0);
  void release(int button = 0);
  void click(ImVec2 at, int button = 0);
  void double_click(ImVec2 at);
  void drag(ImVec2 from, ImVec2 to, int button = 0, int frames = 8);
  void wheel(float steps);
  void key(int glfw_key, bool down);
  // "ctrl+shift+s": down and up again. False: a name is unknown.
  [[nodiscard]] bool chord(std::string_view keys);
  void text(std::string text);
  void wait(int frames);

  // Fills ImGuiIO for the next frame from one event. Call it once a frame before NewFrame().
  void apply(ImGuiIO& io);
  [[nodiscard]] bool empty() const { return events_.empty(); }

 private:
  void add(InputEvent event) { events_.push_back(std::move(event)); }
  std::deque<InputEvent> events_;
};

// The key map that the GLFW back end would set, for contexts without one.
void set_key_map(ImGuiIO& io);

}  // namespace dscope::viewer
