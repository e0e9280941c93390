// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/range_labels.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityKind;

// Where and when work was launched, and which work it was.
struct Launch {
  std::int32_t device;
  std::int32_t lane;
  std::int64_t time_ns;
  std::size_t work;
};

bool is_labelled_range(const Activity& a) {
  return a.kind == ActivityKind::kRange && a.stage.has_value() && a.end_ns > a.start_ns;
}

// Launches of the work that its source did not label, by lane and time.
std::vector<Launch> unlabelled_launches(const std::vector<Activity>& activities) {
  std::unordered_map<std::uint64_t, const Activity*> calls;
  for (const Activity& a : activities) {
    if (a.kind == ActivityKind::kRuntimeCall && a.correlation != 0)
      calls.emplace(a.correlation, &a);
  }
  std::vector<Launch> launches;
  for (std::size_t i = 0; i < activities.size(); ++i) {
    const Activity& work = activities[i];
    if (!is_work(work.kind) || work.stage) continue;
    const auto call = calls.find(work.correlation);
    const Activity& at = call == calls.end() ? work : *call->second;
    launches.push_back({at.device, at.lane, at.start_ns, i});
  }
  std::sort(launches.begin(), launches.end(), [](const Launch& x, const Launch& y) {
    return std::tie(x.device, x.lane, x.time_ns) < std::tie(y.device, y.lane, y.time_ns);
  });
  return launches;
}

std::vector<const Activity*> labelled_ranges(const std::vector<Activity>& activities) {
  std::vector<const Activity*> ranges;
  for (const Activity& a : activities) {
    if (is_labelled_range(a)) ranges.push_back(&a);
  }
  // Outer ranges before inner ones that start at the same instant.
  std::stable_sort(ranges.begin(), ranges.end(), [](const Activity* x, const Activity* y) {
    return std::tie(x->device, x->lane, x->start_ns, y->end_ns) <
           std::tie(y->device, y->lane, y->start_ns, x->end_ns);
  });
  return ranges;
}

// Both lists are sorted by lane and time, so one pass with a stack of open ranges finds the
// innermost one around each launch.
void label_by_ranges(const std::vector<Activity>& activities, std::vector<Stage>& stages) {
  const std::vector<const Activity*> ranges = labelled_ranges(activities);
  if (ranges.empty()) return;
  std::vector<const Activity*> open;
  auto next = ranges.begin();
  for (const Launch& launch : unlabelled_launches(activities)) {
    const auto lane = std::tie(launch.device, launch.lane);
    while (next != ranges.end() && std::tie((*next)->device, (*next)->lane, (*next)->start_ns) <=
                                       std::tie(launch.device, launch.lane, launch.time_ns)) {
      open.push_back(*next++);
    }
    while (!open.empty() && (std::tie(open.back()->device, open.back()->lane) != lane ||
                             open.back()->end_ns <= launch.time_ns)) {
      open.pop_back();
    }
    if (!open.empty()) stages[launch.work] = *open.back()->stage;
  }
}

}  // namespace

std::vector<Stage> label_work(const collect::ActivityList& list, const Labeler& labeler) {
  std::vector<Stage> stages(list.activities.size(), Stage::kUnattributed);
  label_by_ranges(list.activities, stages);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const Activity& work = list.activities[i];
    if (!is_work(work.kind)) continue;
    if (work.stage) {
      stages[i] = *work.stage;
    } else if (stages[i] == Stage::kUnattributed && labeler) {
      stages[i] = labeler(work, list.name_of(work)).value_or(Stage::kUnattributed);
    }
  }
  return stages;
}

}  // namespace dscope::attribute
