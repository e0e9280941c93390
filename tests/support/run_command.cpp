// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/run_command.h"

#include <sys/wait.h>

#include <cstdlib>

namespace dscope::test {

CommandResult run_command(const std::string& command_line) {
  const TemporaryDirectory captured;
  const std::string out = captured.file("out");
  const std::string err = captured.file("err");
  const int status = std::system(("{ " + command_line + "; } >" + out + " 2>" + err).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
}

CommandResult dscope(const std::string& arguments) {
  return run_command(DSCOPE_BINARY " " + arguments);
}

}  // namespace dscope::test
