// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <string>

namespace dscope::exporter {

// The whole report as one HTML file with its pictures inside: no scripts, nothing loaded from
// elsewhere. Throws Error{kInput} when the document has no measured step.
[[nodiscard]] std::string html_report(const profile::Profile& profile);

}  // namespace dscope::exporter
