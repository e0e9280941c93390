// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace dscope::cli {

// Runs this program again as `ranks` processes side by side, through mpirun. Returns only by
// throwing Error{kUnavailable}, when mpirun cannot be started.
[[noreturn]] void relaunch_with_mpirun(const std::vector<std::string>& command_line, int ranks);

}  // namespace dscope::cli
