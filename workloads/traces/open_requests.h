// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/traces/request_reader.h"

#include <filesystem>
#include <memory>
#include <string>

namespace dscope::traces {

// Opens a request trace of any supported format, which its first line decides, not its name. Throws
// Error{kInput} with the path when the file cannot be opened, is empty or of no known format (then
// with the list of formats).
[[nodiscard]] std::unique_ptr<RequestReader> open_requests(const std::filesystem::path& path);

// One line per format, for help texts: "mooncake   JSON lines with ...".
[[nodiscard]] std::string request_formats_help();

}  // namespace dscope::traces
