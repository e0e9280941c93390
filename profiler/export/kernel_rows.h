// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/text_table.h"
#include "profiler/profile/profile.h"

#include <cstddef>

namespace dscope::exporter {

// The kernel (op) summary of a measurement as a table, longest first, at most `most` rows.
[[nodiscard]] TextTable kernel_table(const profile::Profile& profile, std::size_t most = SIZE_MAX);

}  // namespace dscope::exporter
