// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/profile/profile.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// From activities to stage times. The rules:
//
// 1. Label. The stage of work is the one its source gave it; else that of the innermost labelled
//    range around its launch (the runtime call with the same correlation id, or the work itself,
//    when it has none, on the lane where that happened); else what the labeler says; else
//    Stage::kUnattributed.
// 2. Window. Times are attributed within steps: the kStep activities of a device, or of the host
//    (device -1), which hold for every device that has work. Without any, the whole extent of all
//    work is the one window. Work that crosses a border is cut there.
// 3. Nesting. Work has its turn once all work of its lane that started before it and ends before it
//    has ended: on one stream such an overlap only means that the successor was started early and
//    waits (programmatic dependent launch), so the interval belongs to the predecessor. Of the work
//    of one lane that has its turn at one instant, the one that started last has the time (of equal
//    starts the one that ends first, of equal intervals the later record): nested ranges of a host
//    lane give theirs to the innermost one.
// 4. Overlap. Lanes of one device that are busy at the same instant share it equally. Devices are
//    separate: each has its own StepTimes. Nanoseconds stay whole; left-over ones go to the stages
//    with the largest remainders, so nothing is lost.
// 5. Gap. Instants of a step in which no lane of the device is busy.
namespace dscope::attribute {

// The stages of one step on one device.
struct StepTimes {
  std::int32_t device = -1;
  std::int64_t step = 0;  // ordinal of the step window in time
  std::int64_t start_ns = 0;
  std::int64_t wall_ns = 0;
  std::int64_t busy_ns = 0;
  std::int64_t gap_ns = 0;
  profile::StageValues stage_time_ns{};   // kGap stays 0
  profile::StageValues stage_launches{};  // work that starts in the step
  std::int64_t comm_exposed_ns = 0;       // collectives alone on the device
  std::int64_t comm_hidden_ns = 0;        // collectives with other work beside them
  double closure_error = 0;               // |sum of stages + gap - wall| / wall
};

// One work activity after attribution.
struct WorkTime {
  std::size_t index = 0;  // into ActivityList::activities
  Stage stage = Stage::kUnattributed;
  std::int64_t step = 0;       // ordinal of the first step window it touches
  std::size_t row = 0;         // of that step in Attribution::steps
  std::int64_t own_ns = 0;     // inside step windows, without what was nested on its lane; from its
                               // start, not from its turn
  std::int64_t waited_ns = 0;  // of own_ns, before its turn: the work before it still ran
};

// Work that no rule recognised.
struct NamedTime {
  std::string name;
  std::int64_t count = 0;
  std::int64_t time_ns = 0;  // sum of own times
};

struct Attribution {
  bool has_steps = false;               // false: the one window is the extent of all work
  std::vector<StepTimes> steps;         // by device, then time
  std::vector<NamedTime> unattributed;  // longest first
  profile::Losses losses;               // what attribution found or set aside
};

// Decides on work that neither its source nor a range has labelled, e.g. by kernel name.
using Labeler =
    std::function<std::optional<Stage>(const collect::Activity&, std::string_view name)>;

struct Options {
  Labeler labeler;                               // may be empty
  std::function<void(const WorkTime&)> on_work;  // may be empty; in order of start, per device
};

// O(n log n) in the number of activities. Records that cannot be used (zero or impossible
// timestamps, zero or negative durations) are counted and left out.
[[nodiscard]] Attribution attribute(const collect::ActivityList& list, const Options& options = {});

}  // namespace dscope::attribute
