// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/palette.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope::viewer {

struct Options {
  std::vector<std::filesystem::path> files;
  std::string panel;                      // empty: the remembered one, or the first
  std::optional<view_data::Theme> theme;  // empty: the remembered one, or light
  std::optional<float> scale;
  int width = 1280;
  int height = 720;
  bool size_given = false;
  std::filesystem::path screenshot;  // not empty: headless, and ends after it
  std::filesystem::path export_csv;  // likewise; needs no display
  std::filesystem::path script;      // input to play before the screenshot
  bool bench = false;
  std::int64_t bench_slices = 10'000'000;
  bool no_settings = false;

  // No window: what is drawn goes to a file or nowhere.
  [[nodiscard]] bool headless() const {
    return !screenshot.empty() || !export_csv.empty() || !script.empty() || bench;
  }
  [[nodiscard]] bool draws() const { return !screenshot.empty() || !script.empty() || bench; }
};

// Throws Error{kUsage}. Empty: --help or --version was asked for and answered on stdout.
[[nodiscard]] std::optional<Options> parse_options(int argc, char** argv);

// "1280x720", 200..16384 each; throws Error{kUsage}.
[[nodiscard]] std::pair<int, int> parse_size(const std::string& text);

// The panels that --panel knows, in the order of the tabs.
[[nodiscard]] const std::vector<std::string>& panel_ids();

}  // namespace dscope::viewer
