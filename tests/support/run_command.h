// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/temporary_directory.h"

#include <string>

namespace dscope::test {

struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Runs a shell command line to its end and captures both streams.
[[nodiscard]] CommandResult run_command(const std::string& command_line);

// The dscope binary of this build with `arguments`.
[[nodiscard]] CommandResult dscope(const std::string& arguments);

}  // namespace dscope::test
