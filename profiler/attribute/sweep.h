// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/attribution.h"

#include <cstdint>
#include <vector>

namespace dscope::attribute {

// One step of a device: [start_ns, end_ns), not empty.
struct Window {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
};

// One piece of work of a device: [start_ns, end_ns), not empty.
struct WorkItem {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::size_t index = 0;   // into ActivityList::activities
  std::uint32_t lane = 0;  // 0 .. lanes-1
  Stage stage = Stage::kUnattributed;
};

struct SweepResult {
  std::vector<StepTimes> steps;  // one per window, without device and closure
  std::vector<WorkTime> work;    // in order of start; without work outside all windows
  std::int64_t clipped = 0;
  std::int64_t outside = 0;
  std::int64_t outside_ns = 0;
};

// Rules 2 to 5 of attribution.h for one device. `windows` are sorted and disjoint. One pass over
// the starts and ends of all work in time order: O(n log n) for sorting, constant work per event.
[[nodiscard]] SweepResult sweep(std::vector<WorkItem> work, std::uint32_t lanes,
                                const std::vector<Window>& windows);

}  // namespace dscope::attribute
