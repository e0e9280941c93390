// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/app/options.h"

#include <filesystem>

namespace dscope::viewer {

// What the process knows of its surroundings; only main() looks at the environment.
struct Surroundings {
  std::filesystem::path settings_file;  // empty: nothing is remembered
  std::filesystem::path zenity;         // empty: not installed
};

// Each returns the exit code: 0, or 1 when a file could not be read or written.
[[nodiscard]] int run_window(const Options& options, const Surroundings& surroundings);
[[nodiscard]] int run_headless(const Options& options);
[[nodiscard]] int run_bench(const Options& options);

}  // namespace dscope::viewer
