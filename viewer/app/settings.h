// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/palette.h"

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace dscope::viewer {

enum class Split : std::uint8_t { kNone, kSideBySide, kStacked };

// Where things are: what "Reset layout" resets.
struct Layout {
  bool sidebar = true;
  float sidebar_share = 0.19F;  // of the window's width
  Split split = Split::kNone;
  float split_share = 0.5F;
  std::array<std::string, 2> panels;  // shown in the panes; empty: the first
};

// What is remembered between runs.
struct Settings {
  view_data::Theme theme = view_data::Theme::kLight;
  float scale = 1;  // on top of what the screen asks for
  int width = 1440;
  int height = 900;
  Layout layout;
  // Newest first; several absolute paths: the ranks of one run.
  std::vector<std::vector<std::string>> recent;
  std::string last_folder;  // of the file dialog

  static constexpr std::size_t kMostRecent = 12;
  void remember(const std::vector<std::filesystem::path>& files);
};

// A missing file gives the defaults; what makes no sense in a file is replaced by its default: bad
// settings must never keep the viewer from starting.
[[nodiscard]] Settings load_settings(const std::filesystem::path& file);

// Throws Error{kInput} with the path.
void save_settings(const Settings& settings, const std::filesystem::path& file);

}  // namespace dscope::viewer
