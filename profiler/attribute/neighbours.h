// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/analyse.h"
#include "profiler/attribute/stage_rules.h"

#include <cstdint>
#include <optional>
#include <vector>

// Labels for work that no name decides, by its position in the order of execution:
//
//   - A matrix product gets the stage that the rules' contexts give it between the nearest anchors;
//   what sums directly after it has the same.
//   - Helpers between two pieces of one stage belong to it. Between different stages they belong to
//     the one that takes helpers on that side; where both do, the border is where the fewest
//     helpers are on the wrong side of it (Lean), and what could be either goes to the later one;
//     where neither does, they prepare the later one.
//   - Work whose name no rule knows belongs to a stage only when that is on both sides; between two
//     stages it is where they part.
//   - The same surroundings get the same answer: the names of the six pieces before and after
//   decide
//     by majority over the whole trace, and stand in where the recording begins or ends.
//
// The order of execution is that of a device; of its lanes one by one when more than a twentieth of
// its work overlaps.
namespace dscope::attribute {

// By name, what the rules say about it; empty: nothing.
using NameRules = std::vector<std::optional<NameRule>>;  // [names]

// Fills `work` (parallel to the activities) where it has no stage yet. O(n log n).
void label_by_neighbours(const collect::ActivityList& list, const StageRules& rules,
                         const NameRules& names, std::vector<LabelledWork>& work);

}  // namespace dscope::attribute
