// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/options.h"
#include "viewer/app/run.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::filesystem::path settings_file() {
  for (const auto& [name, below] : {std::pair{"XDG_CONFIG_HOME", "dscope/viewer.json"},
                                    std::pair{"HOME", ".config/dscope/viewer.json"}}) {
    const std::string folder = variable(name);
    if (!folder.empty()) return std::filesystem::path(folder) / below;
  }
  return {};
}

std::filesystem::path find_program(const char* name) {
  std::istringstream folders(variable("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::error_code ignored;
    auto path = std::filesystem::path(folder) / name;
    if (!folder.empty() && std::filesystem::is_regular_file(path, ignored)) return path;
  }
  return {};
}

int run_main(int argc, char** argv) {
  const auto options = dscope::viewer::parse_options(argc, argv);
  if (!options) return 0;  // --help, --version
  if (options->bench) return dscope::viewer::run_bench(*options);
  if (options->headless()) return dscope::viewer::run_headless(*options);
  return dscope::viewer::run_window(*options, {settings_file(), find_program("zenity")});
}

}  // namespace

// The only place where exceptions end.
int main(int argc, char** argv) try {
  return run_main(argc, argv);
} catch (const dscope::Error& e) {
  fmt::print(stderr, "dscope-viewer: {}\n", e.what());
  return dscope::exit_code(e.kind());
} catch (const std::exception& e) {
  fmt::print(stderr, "dscope-viewer: internal error: {}\n", e.what());
  return 1;
}
