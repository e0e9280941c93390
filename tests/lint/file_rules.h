// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/lint/source_tree.h"

#include <string>
#include <vector>

namespace dscope::lint {

// What is wrong, one entry each, as "path:line: expectation". Empty: the rule holds.
using Findings = std::vector<std::string>;

// Rules about one file by itself.
[[nodiscard]] Findings check_licence_lines(const SourceFile& file);
[[nodiscard]] Findings check_length(const SourceFile& file);
[[nodiscard]] Findings check_header_form(const SourceFile& file);
[[nodiscard]] Findings check_environment(const SourceFile& file);
[[nodiscard]] Findings check_no_reminders(const SourceFile& file);
[[nodiscard]] Findings check_no_machine_paths(const SourceFile& file);
// What each folder may include: the layers of the project.
[[nodiscard]] Findings check_includes(const SourceFile& file);

}  // namespace dscope::lint
