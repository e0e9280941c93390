// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/loaded_library.h"

#include <fstream>
#include <istream>

namespace dscope::inject {

std::string loaded_library(const std::string& name, std::istream& maps) {
  for (std::string line; std::getline(maps, line);) {
    const std::size_t path = line.find('/');
    if (path == std::string::npos) continue;
    const std::size_t file = line.rfind('/') + 1;
    if (line.compare(file, name.size(), name) == 0) return line.substr(path);
  }
  return {};
}

std::string loaded_library(const std::string& name) {
  std::ifstream maps("/proc/self/maps");
  return loaded_library(name, maps);
}

}  // namespace dscope::inject
