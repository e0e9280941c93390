// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/attribution.h"

#include <vector>

namespace dscope::attribute {

// The stage of every activity of the list by rule 1 of attribution.h, [activities]; meaningless for
// those that are not work. O(n log n).
[[nodiscard]] std::vector<Stage> label_work(const collect::ActivityList& list,
                                            const Labeler& labeler);

}  // namespace dscope::attribute
