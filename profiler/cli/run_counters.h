// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/cli/back_end.h"
#include "profiler/cli/command.h"
#include "profiler/cli/run_options.h"
#include "profiler/profile/profile.h"

namespace dscope::cli {

// What `--counters` asks for: runs the first steps of the workload again, eagerly, with the
// counters of the GPU read after every kernel. After the measurement: weights must be on the GPU,
// the back end of the measurement and whatever used CUPTI must be gone. Throws Error{kUnavailable}
// with the reason where this machine gives no counters.
[[nodiscard]] profile::Counters count_hardware(const RunOptions& options, BackEnds& back_ends,
                                               const Launch& launch);

}  // namespace dscope::cli
