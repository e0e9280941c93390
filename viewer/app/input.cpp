// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/input.h"

#include <GLFW/glfw3.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace dscope::viewer {
namespace {

struct KeyName {
  std::string_view name;
  int key;
};

constexpr std::array kKeyNames = {
    KeyName{"ctrl", GLFW_KEY_LEFT_CONTROL},
    KeyName{"shift", GLFW_KEY_LEFT_SHIFT},
    KeyName{"alt", GLFW_KEY_LEFT_ALT},
    KeyName{"enter", GLFW_KEY_ENTER},
    KeyName{"escape", GLFW_KEY_ESCAPE},
    KeyName{"tab", GLFW_KEY_TAB},
    KeyName{"space", GLFW_KEY_SPACE},
    KeyName{"backspace", GLFW_KEY_BACKSPACE},
    KeyName{"delete", GLFW_KEY_DELETE},
    KeyName{"left", GLFW_KEY_LEFT},
    KeyName{"right", GLFW_KEY_RIGHT},
    KeyName{"up", GLFW_KEY_UP},
    KeyName{"down", GLFW_KEY_DOWN},
    KeyName{"pageup", GLFW_KEY_PAGE_UP},
    KeyName{"pagedown", GLFW_KEY_PAGE_DOWN},
    KeyName{"home", GLFW_KEY_HOME},
    KeyName{"end", GLFW_KEY_END},
    KeyName{"plus", GLFW_KEY_EQUAL},
    KeyName{"minus", GLFW_KEY_MINUS},
};

ImVec2 between(ImVec2 a, ImVec2 b, float t) {
  return {a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t};
}

}  // namespace

std::optional<int> key_from_name(std::string_view name) {
  for (const KeyName& entry : kKeyNames) {
    if (entry.name == name) return entry.key;
  }
  if (name.size() == 1) {
    const char c = name[0];
    if (c >= 'a' && c <= 'z') return c - 'a' + GLFW_KEY_A;
    // Those of GLFW are the characters themselves.
    constexpr std::string_view kSame = "0123456789',-./;=[]`";
    if (kSame.find(c) != std::string_view::npos) return c;
  }
  if (name.size() >= 2 && name[0] == 'f') {
    int number = 0;
    for (const char c : name.substr(1)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    if (number >= 1 && number <= 12) return GLFW_KEY_F1 + number - 1;
  }
  return std::nullopt;
}

void InputQueue::move(ImVec2 to) {
  add({.kind = InputEvent::Kind::kMove, .position = to});
}

void InputQueue::press(int button) {
  add({.kind = InputEvent::Kind::kButton, .code = button, .down = true});
}

void InputQueue::release(int button) {
  add({.kind = InputEvent::Kind::kButton, .code = button, .down = false});
}

void InputQueue::click(ImVec2 at, int button) {
  move(at);
  wait(1);  // ImGui hovers what was there in the frame before
  press(button);
  release(button);
  wait(1);
}

void InputQueue::double_click(ImVec2 at) {
  move(at);
  wait(1);
  for (int i = 0; i < 2; ++i) {
    press();
    release();
  }
  wait(1);
}

void InputQueue::drag(ImVec2 from, ImVec2 to, int button, int frames) {
  move(from);
  wait(1);
  press(button);
  for (int i = 1; i <= frames; ++i) {
    move(between(from, to, static_cast<float>(i) / static_cast<float>(frames)));
  }
  release(button);
  wait(1);
}

void InputQueue::wheel(float steps) {
  add({.kind = InputEvent::Kind::kWheel, .wheel = steps});
}

void InputQueue::key(int glfw_key, bool down) {
  add({.kind = InputEvent::Kind::kKey, .code = glfw_key, .down = down});
}

bool InputQueue::chord(std::string_view keys) {
  std::vector<int> codes;
  while (!keys.empty()) {
    const std::size_t plus = std::min(keys.find('+', 1), keys.size());
    const auto code = key_from_name(keys.substr(0, plus));
    if (!code) return false;
    codes.push_back(*code);
    keys.remove_prefix(std::min(plus + 1, keys.size()));
  }
  for (const int code : codes) key(code, true);
  for (auto it = codes.rbegin(); it != codes.rend(); ++it) key(*it, false);
  return true;
}

void InputQueue::text(std::string text) {
  add({.kind = InputEvent::Kind::kText, .text = std::move(text)});
}

void InputQueue::wait(int frames) {
  for (int i = 0; i < frames; ++i) add({});
}

void InputQueue::apply(ImGuiIO& io) {
  if (events_.empty()) return;
  const InputEvent event = std::move(events_.front());
  events_.pop_front();
  switch (event.kind) {
    case InputEvent::Kind::kMove:
      io.MousePos = event.position;
      break;
    case InputEvent::Kind::kButton:
      io.MouseDown[std::clamp(event.code, 0, 4)] = event.down;
      break;
    case InputEvent::Kind::kWheel:
      io.MouseWheel += event.wheel;
      break;
    case InputEvent::Kind::kText:
      io.AddInputCharactersUTF8(event.text.c_str());
      break;
    case InputEvent::Kind::kKey:
      io.KeysDown[std::clamp(event.code, 0, IM_ARRAYSIZE(io.KeysDown) - 1)] = event.down;
      io.KeyCtrl = io.KeysDown[GLFW_KEY_LEFT_CONTROL];
      io.KeyShift = io.KeysDown[GLFW_KEY_LEFT_SHIFT];
      io.KeyAlt = io.KeysDown[GLFW_KEY_LEFT_ALT];
      break;
    case InputEvent::Kind::kNothing:
      break;
  }
}

void set_key_map(ImGuiIO& io) {
  constexpr std::pair<ImGuiKey_, int> kMap[] = {
      {ImGuiKey_Tab, GLFW_KEY_TAB},
      {ImGuiKey_LeftArrow, GLFW_KEY_LEFT},
      {ImGuiKey_RightArrow, GLFW_KEY_RIGHT},
      {ImGuiKey_UpArrow, GLFW_KEY_UP},
      {ImGuiKey_DownArrow, GLFW_KEY_DOWN},
      {ImGuiKey_PageUp, GLFW_KEY_PAGE_UP},
      {ImGuiKey_PageDown, GLFW_KEY_PAGE_DOWN},
      {ImGuiKey_Home, GLFW_KEY_HOME},
      {ImGuiKey_End, GLFW_KEY_END},
      {ImGuiKey_Insert, GLFW_KEY_INSERT},
      {ImGuiKey_Delete, GLFW_KEY_DELETE},
      {ImGuiKey_Backspace, GLFW_KEY_BACKSPACE},
      {ImGuiKey_Space, GLFW_KEY_SPACE},
      {ImGuiKey_Enter, GLFW_KEY_ENTER},
      {ImGuiKey_Escape, GLFW_KEY_ESCAPE},
      {ImGuiKey_KeyPadEnter, GLFW_KEY_KP_ENTER},
      {ImGuiKey_A, GLFW_KEY_A},
      {ImGuiKey_C, GLFW_KEY_C},
      {ImGuiKey_V, GLFW_KEY_V},
      {ImGuiKey_X, GLFW_KEY_X},
      {ImGuiKey_Y, GLFW_KEY_Y},
      {ImGuiKey_Z, GLFW_KEY_Z},
  };
  for (const auto& [key, code] : kMap) io.KeyMap[key] = code;
}

}  // namespace dscope::viewer
