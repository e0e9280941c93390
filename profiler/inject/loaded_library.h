// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>

namespace dscope::inject {

// The file of the first library whose name begins with `name` among those that this process has
// loaded; empty where there is none. PyTorch brings its own libcupti: it must not get a second one.
[[nodiscard]] std::string loaded_library(const std::string& name);

// The same from text in the form of /proc/PID/maps.
[[nodiscard]] std::string loaded_library(const std::string& name, std::istream& maps);

}  // namespace dscope::inject
