// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/text_table.h"
#include "profiler/profile/profile.h"

#include <cstddef>

// Other tables of a measurement than that of its stages.
namespace dscope::exporter {

// The kernels (ops) of every stage that take most time, at most `most` of each; stages by
// descending time. Times and calls per step (or of the whole trace, without step marks).
[[nodiscard]] TextTable top_kernel_table(const profile::Profile& profile, std::size_t most);

// One row for each step of each device: wall, busy and idle time, wait, and a column for each stage
// that took time in any of them. For spreadsheets and plots.
[[nodiscard]] TextTable step_table(const profile::Profile& profile);

}  // namespace dscope::exporter
