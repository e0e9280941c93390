// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/app/application.h"
#include "viewer/app/input.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace dscope::viewer {

// A file of what a person would do, one action a line ('#' begins a comment):
//   click X Y | right-click X Y | double-click X Y | move X Y | drag X0 Y0 X1 Y1 | wheel STEPS
//   key CHORD (ctrl+o, f1, w) | hold KEY FRAMES | text WORDS
//   wait FRAMES | wait-loaded | open FILE | panel ID | theme ID | scale FACTOR
//   screenshot FILE
// Coordinates are pixels; with a percent sign shares of the window's size.
class Script {
 public:
  // Throws Error{kInput} with path, line, expected and found.
  explicit Script(const std::filesystem::path& path);

  // Called before every frame: does or queues the next action once the queue is empty. False when
  // everything is done. `take_picture` is called for screenshots. Throws Error{kInput}.
  [[nodiscard]] bool advance(Application& app, InputQueue& input, ImVec2 size,
                             const std::function<void(const std::filesystem::path&)>& take_picture);

 private:
  struct Line {
    std::size_t number = 0;
    std::vector<std::string> words;
  };
  bool play_mouse(const Line& line, InputQueue& input, ImVec2 size);
  bool play_keyboard(const Line& line, InputQueue& input);
  bool play_application(const Line& line, Application& app);
  [[nodiscard]] ImVec2 point(const Line& line, std::size_t first, ImVec2 size) const;
  [[nodiscard]] float number(const Line& line, std::size_t word) const;
  [[noreturn]] void fail(const Line& line, std::string_view expected) const;

  std::filesystem::path path_;
  std::vector<Line> lines_;
  std::size_t next_ = 0;
};

}  // namespace dscope::viewer
