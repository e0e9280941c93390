// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <string>

namespace dscope::exporter {

// The whole report as Markdown: facts, stage table, ops, what could not be determined. Throws
// Error{kInput} when the document has no measured step.
[[nodiscard]] std::string markdown_report(const profile::Profile& profile);

}  // namespace dscope::exporter
