// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/text_table.h"
#include "profiler/profile/profile.h"

namespace dscope::exporter {

// What hardware counters said of every stage, longest first, and of its ops, beside the bytes that
// they must move (workloads/op_costs); an op of several kernels has a row for each of them below
// its own. Means per counted step. No rows where nothing was counted.
[[nodiscard]] TextTable counter_table(const profile::Profile& profile);

}  // namespace dscope::exporter
