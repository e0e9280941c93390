// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/inject/range_log.h"

namespace dscope::inject {

// The log that ranges of NVTX go to.
RangeLog& nvtx_log();

// Puts itself into the function table of one copy of NVTX in the process (every library that uses
// it has its own). `get_export_table`: what NVTX hands to InitializeInjectionNvtx2. Every push then
// opens a range on RangeStack::of_thread(), every pop logs one; start/end ranges are logged too.
// Returns whether the table was there.
//
// This does without CUPTI's NVTX handler, which sees nothing when NVTX loads another copy of
// libcupti than the process does.
bool tap_nvtx(const void* (*get_export_table)(unsigned id));

}  // namespace dscope::inject
