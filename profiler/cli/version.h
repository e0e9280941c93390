// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <string>
#include <vector>

namespace dscope::cli {

// "dscope 0.1.0 (git 1a2b3c4, dirty), gcc 12.2.0, CUDA 13.0".
[[nodiscard]] std::string version_text();

// Provenance of a document made now by this build, with this command line.
[[nodiscard]] profile::Provenance make_provenance(const std::vector<std::string>& command_line);

}  // namespace dscope::cli
