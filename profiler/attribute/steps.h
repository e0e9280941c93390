// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/analyse.h"
#include "profiler/attribute/launches.h"
#include "profiler/attribute/neighbours.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dscope::attribute {

struct FoundSteps {
  std::string from;           // for Measurement::steps_from; empty: none found, or the source's own
  std::int64_t excluded = 0;  // partial ones at the ends, of the device that has most
};

// Finds the steps of every device by part 2 of analyse() and writes them into `list`: kStep
// activities of the device are added, and those that were pieces of one step (one for each stream)
// are joined, the pieces becoming ranges. `work` are the labels of the activities.
//
// A step that is annotated reaches from the first start to the last end of its work. One that was
// found reaches to the start of the next, unless the device idles in between for longer than the
// step itself took: then nobody asked for a token.
[[nodiscard]] FoundSteps find_steps(collect::ActivityList& list, Launches& launches,
                                    const StageRules& rules, const NameRules& names,
                                    const std::vector<LabelledWork>& work);

}  // namespace dscope::attribute
