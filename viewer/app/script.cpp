// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/script.h"

#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <sstream>

namespace dscope::viewer {
namespace {

constexpr int kMostFrames = 100'000;

std::string rest_of(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words.begin() + 1, words.end(), " "));
}

}  // namespace

Script::Script(const std::filesystem::path& path) : path_(path) {
  std::ifstream in(path);
  if (!in) throw input_error("{}: cannot be opened for reading", path.string());
  std::string text;
  for (std::size_t number = 1; std::getline(in, text); ++number) {
    std::istringstream words(text);
    Line line{number, {}};
    for (std::string word; words >> word && word[0] != '#';) line.words.push_back(word);
    if (!line.words.empty()) lines_.push_back(std::move(line));
  }
}

void Script::fail(const Line& line, std::string_view expected) const {
  throw input_error("{}:{}: expected {}, found \"{}\"", path_.string(), line.number, expected,
                    fmt::join(line.words, " "));
}

float Script::number(const Line& line, std::size_t word) const {
  if (word >= line.words.size()) fail(line, "one more number");
  std::string_view text = line.words[word];
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto value = parse_number<float>(text);
  if (!value) fail(line, "a number");
  return *value;
}

ImVec2 Script::point(const Line& line, std::size_t first, ImVec2 size) const {
  ImVec2 at(number(line, first), number(line, first + 1));
  if (line.words[first].ends_with('%')) at.x *= size.x / 100;
  if (line.words[first + 1].ends_with('%')) at.y *= size.y / 100;
  return at;
}

bool Script::play_mouse(const Line& line, InputQueue& input, ImVec2 size) {
  const std::string& action = line.words[0];
  if (action == "click") {
    input.click(point(line, 1, size));
  } else if (action == "right-click") {
    input.click(point(line, 1, size), 1);
  } else if (action == "double-click") {
    input.double_click(point(line, 1, size));
  } else if (action == "move") {
    input.move(point(line, 1, size));
  } else if (action == "drag") {
    input.drag(point(line, 1, size), point(line, 3, size));
  } else if (action == "wheel") {
    input.wheel(number(line, 1));
  } else {
    return false;
  }
  return true;
}

bool Script::play_keyboard(const Line& line, InputQueue& input) {
  const std::string& action = line.words[0];
  if (action == "key") {
    if (line.words.size() != 2 || !input.chord(line.words[1])) fail(line, "the name of a key");
  } else if (action == "hold") {
    const auto key = line.words.size() == 3 ? key_from_name(line.words[1]) : std::nullopt;
    if (!key) fail(line, "the name of a key and a number of frames");
    input.key(*key, true);
    input.wait(std::clamp(static_cast<int>(number(line, 2)), 0, kMostFrames));
    input.key(*key, false);
  } else if (action == "text") {
    input.text(rest_of(line.words));
  } else if (action == "wait") {
    input.wait(std::clamp(static_cast<int>(number(line, 1)), 0, kMostFrames));
  } else {
    return false;
  }
  return true;
}

bool Script::play_application(const Line& line, Application& app) {
  const std::string& action = line.words[0];
  if (action == "open" && line.words.size() >= 2) {
    app.open({rest_of(line.words)});
  } else if (action == "panel") {
    if (line.words.size() != 2 || !app.show(line.words[1])) fail(line, "the id of a panel");
  } else if (action == "theme") {
    const auto theme =
        line.words.size() == 2 ? view_data::theme_from_id(line.words[1]) : std::nullopt;
    if (!theme) fail(line, "the id of a theme");
    app.set_theme(*theme);
  } else if (action == "scale") {
    app.set_scale(number(line, 1));
  } else {
    return false;
  }
  return true;
}

bool Script::advance(Application& app, InputQueue& input, ImVec2 size,
                     const std::function<void(const std::filesystem::path&)>& take_picture) {
  if (!input.empty()) return true;
  if (next_ == lines_.size()) return false;
  const Line& line = lines_[next_];
  if (line.words[0] == "wait-loaded") {
    if (!app.loading() && !app.computing()) ++next_;
    return true;
  }
  ++next_;
  if (line.words[0] == "screenshot" && line.words.size() >= 2) {
    take_picture(rest_of(line.words));
    return true;
  }
  if (!play_mouse(line, input, size) && !play_keyboard(line, input) &&
      !play_application(line, app)) {
    fail(line, "an action (click, drag, wheel, key, text, wait, open, panel, screenshot, ...)");
  }
  return true;
}

}  // namespace dscope::viewer
