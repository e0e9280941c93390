// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/trace.h"

#include <string_view>

namespace dscope::importer {

// Gives every device and lane that has activities a track, with a plain name where the trace had
// none ("GPU 0", "host", "stream 7", "thread 12"), and sorts both lists by number; of several
// tracks of one number the last one stays.
void complete_tracks(Trace& trace);

// Adds to the entry of `reason`, which is made on first use. A count of 0 adds nothing.
void add_skipped(Trace& trace, std::string_view reason, std::int64_t count = 1);

}  // namespace dscope::importer
