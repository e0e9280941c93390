// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/analyse.h"
#include "profiler/attribute/neighbours.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dscope::attribute {

// Where the steps of one device begin, as positions in its order of execution.
struct Repeats {
  std::string from;                 // empty: nothing repeats
  std::vector<std::size_t> starts;  // ascending; what is before the first is no whole step
};

// The three ways to see steps in a recording without step marks, the first that answers:
//   - launches of one CUDA graph, when its work is more than half of all: works that share a
//     correlation id. More launches than steps (a graph for each part of a step) are left to the
//     next way;
//   - a kernel that the rules say runs first or last in a step;
//   - the shortest period in the sequence of pieces between the kernels of one kind that a layer
//     runs a fixed number of times: hyper-connections, else collectives. Needs three periods, and
//     no such kernel as in the second way.
[[nodiscard]] Repeats find_repeats(const collect::ActivityList& list, const NameRules& names,
                                   const std::vector<LabelledWork>& work,
                                   std::span<const std::uint32_t> order);

}  // namespace dscope::attribute
