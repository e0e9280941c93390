// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/inject/settings.h"

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace dscope::inject {

using Environment = std::vector<std::pair<std::string, std::string>>;

// What is set for a command so that CUDA and NVTX load `library` in it. `get`: the environment as
// it is, null for what is not set. Throws Error{kUsage} where another tool is to be injected
// already.
[[nodiscard]] Environment launch_environment(const Settings& settings,
                                             const std::filesystem::path& library,
                                             const std::function<const char*(const char*)>& get);

// The file that a command's first word stands for, looked up in `path` (of the form of PATH) where
// it has no slash; empty where there is none.
[[nodiscard]] std::filesystem::path find_command(const std::string& word, const std::string& path);

// The libcupti of the Python environment that `command` belongs to: the newest of the wheels'
// (nvidia/cu13, nvidia/cuda_cupti) beside it. `command` may be the interpreter or a script of the
// environment. Empty where there is none.
[[nodiscard]] std::filesystem::path find_cupti(const std::filesystem::path& command);

}  // namespace dscope::inject
