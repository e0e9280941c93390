// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/analyse.h"

#include <string>
#include <vector>

namespace dscope::attribute {

// Divides the duration of collectives into waiting for the slowest rank and transfer, and returns
// how that was done:
//
// "across ranks": the list has several devices with the same number of collectives, and the n-th of
// all of them overlap (so the clocks agree): wait is the time until the last of them has started.
//
// "minimum duration", an estimate: nobody waited in the shortest collective of its name and size,
// so that is the transfer. Where everyone waited in all of them (two ranks that share a GPU, a rank
// that is always late) that is far too long, so a bound holds: what the slowest plausible link
// needs for its bytes, 100 us and 1 GB/s. NCCL's LL protocol carries only small messages; where the
// bytes are not known, such a kernel is taken to carry no more than 512 KiB. "minimum duration,
// bounded" when the bound decided for any of them.
//
// `collectives` in order of device and start; empty: an empty string.
[[nodiscard]] std::string split_collectives(const collect::ActivityList& list,
                                            std::vector<Collective>& collectives);

}  // namespace dscope::attribute
