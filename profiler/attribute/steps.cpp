// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/steps.h"

#include "profiler/attribute/repeats.h"
#include "profiler/profile/statistics.h"
#include "workloads/nearly_sorted.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityKind;
using collect::ActivityList;
using Order = std::vector<std::uint32_t>;
using OrderByDevice = std::map<std::int32_t, Order>;  // work, by start

constexpr std::int32_t kHost = -1;

OrderByDevice work_by_device(const ActivityList& list) {
  OrderByDevice orders;
  const BulkVector<Activity>& all = list.activities;
  Order* last = nullptr;
  std::int32_t last_device = 0;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (!is_work(all[i].kind) || all[i].end_ns <= all[i].start_ns) continue;
    if (last == nullptr || all[i].device != last_device) {
      last_device = all[i].device;
      last = &orders[last_device];
    }
    last->push_back(i);
  }
  for (auto& [device, order] : orders) {
    const auto before = [&](std::uint32_t i, std::uint32_t j) {
      return std::tie(all[i].start_ns, i) < std::tie(all[j].start_ns, j);
    };
    sort_nearly_sorted(order, before);
  }
  return orders;
}

bool has_steps(const ActivityList& list) {
  return std::any_of(list.activities.begin(), list.activities.end(),
                     [](const Activity& a) { return a.kind == ActivityKind::kStep; });
}

// Ranges that the rules call a step become steps.
void promote_ranges(ActivityList& list, const StageRules& rules) {
  std::vector<signed char> verdicts(list.names.size(), -1);
  for (Activity& a : list.activities) {
    if (a.kind != ActivityKind::kRange || a.end_ns <= a.start_ns) continue;
    signed char& verdict = verdicts[a.name];
    if (verdict < 0) verdict = rules.is_step(list.names[a.name]) ? 1 : 0;
    if (verdict == 1) a.kind = ActivityKind::kStep;
  }
}

std::vector<std::uint32_t> steps_of(const ActivityList& list, bool on_host) {
  std::vector<std::uint32_t> steps;
  for (std::uint32_t i = 0; i < list.activities.size(); ++i) {
    const Activity& a = list.activities[i];
    if (a.kind == ActivityKind::kStep && a.end_ns > a.start_ns && (a.device == kHost) == on_host) {
      steps.push_back(i);
    }
  }
  std::sort(steps.begin(), steps.end(), [&](std::uint32_t i, std::uint32_t j) {
    const Activity& x = list.activities[i];
    const Activity& y = list.activities[j];
    return std::tie(x.device, x.start_ns, i) < std::tie(y.device, y.start_ns, j);
  });
  return steps;
}

// A profiler that projects an annotation onto a GPU writes a piece for each stream. Pieces of one
// name that follow each other on different streams are one step.
void join_pieces(ActivityList& list) {
  Activity* whole = nullptr;
  std::set<std::int32_t> lanes;
  for (const std::uint32_t index : steps_of(list, false)) {
    Activity& piece = list.activities[index];
    if (whole != nullptr && whole->device == piece.device && whole->name == piece.name &&
        lanes.insert(piece.lane).second) {
      whole->end_ns = std::max(whole->end_ns, piece.end_ns);
      piece.kind = ActivityKind::kRange;
    } else {
      whole = &piece;
      lanes = {piece.lane};
    }
  }
}

struct Extent {
  std::int64_t start_ns = std::numeric_limits<std::int64_t>::max();
  std::int64_t end_ns = std::numeric_limits<std::int64_t>::min();

  [[nodiscard]] bool empty() const { return start_ns >= end_ns; }
  void add(const Activity& a) {
    start_ns = std::min(start_ns, a.start_ns);
    end_ns = std::max(end_ns, a.end_ns);
  }
};

void add_step(ActivityList& list, std::int32_t device, std::uint32_t name, Extent extent) {
  Activity step;
  step.kind = ActivityKind::kStep;
  step.name = name;
  step.device = device;
  step.start_ns = extent.start_ns;
  step.end_ns = extent.end_ns;
  list.activities.push_back(step);
}

// Steps of the host by thread: the traces of several ranks have a thread each that marks them.
using StepsByLane = std::map<std::int32_t, std::vector<std::uint32_t>>;

// The step of `steps` (by start) that `time_ns` is in, or npos.
std::size_t step_at(const ActivityList& list, const std::vector<std::uint32_t>& steps,
                    std::int64_t time_ns) {
  const auto after = std::upper_bound(
      steps.begin(), steps.end(), time_ns,
      [&](std::int64_t t, std::uint32_t step) { return t < list.activities[step].start_ns; });
  if (after == steps.begin()) return steps.size();
  const auto at = static_cast<std::size_t>(after - steps.begin()) - 1;
  return time_ns < list.activities[steps[at]].end_ns ? at : steps.size();
}

// What the steps of one host thread launched on one device.
struct Projection {
  std::vector<Extent> extents;  // of each step
  std::int64_t launched = 0;    // pieces of work
  bool late = false;            // some ran on after the end of their step
};

// Replaces steps of the host by the extent of the work that was launched in them, for the devices
// whose work runs on when the host has gone ahead.
void project(ActivityList& list, Launches& launches) {
  StepsByLane lanes;
  for (const std::uint32_t step : steps_of(list, true)) {
    lanes[list.activities[step].lane].push_back(step);
  }
  std::map<std::pair<std::int32_t, std::int32_t>, Projection> projections;  // device, host thread
  std::set<std::int32_t> with_steps;
  for (const std::uint32_t step : steps_of(list, false)) {
    with_steps.insert(list.activities[step].device);
  }
  if (lanes.empty()) return;
  for (const Launch& launch : launches.sorted()) {
    const Activity& work = list.activities[launch.work];
    if (work.device == kHost || launch.device != kHost || with_steps.contains(work.device)) {
      continue;
    }
    // The thread that launched it, or with one marking thread any other.
    auto lane = lanes.find(launch.lane);
    if (lane == lanes.end() && lanes.size() == 1) lane = lanes.begin();
    if (lane == lanes.end()) continue;
    const std::size_t at = step_at(list, lane->second, launch.time_ns);
    if (at == lane->second.size()) continue;
    Projection& projection = projections[{work.device, lane->first}];
    projection.extents.resize(lane->second.size());
    projection.extents[at].add(work);
    ++projection.launched;
    projection.late |= work.end_ns > list.activities[lane->second[at]].end_ns;
  }
  std::map<std::int32_t, std::pair<std::int32_t, const Projection*>> chosen;  // by device
  for (const auto& [key, projection] : projections) {
    auto& best = chosen[key.first];
    if (best.second == nullptr || projection.launched > best.second->launched) {
      best = {key.second, &projection};
    }
  }
  for (const auto& [device, best] : chosen) {
    if (!best.second->late && lanes.size() == 1) continue;
    for (std::size_t i = 0; i < best.second->extents.size(); ++i) {
      const Extent& extent = best.second->extents[i];
      const std::uint32_t name = list.activities[lanes[best.first][i]].name;
      if (!extent.empty()) add_step(list, device, name, extent);
    }
  }
  if (lanes.size() == 1) return;
  // Steps of several threads overlap, and none of them holds for all devices.
  for (const auto& [lane, steps] : lanes) {
    for (const std::uint32_t step : steps) list.activities[step].kind = ActivityKind::kRange;
  }
}

struct Segment {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::size_t size() const { return end - begin; }
};

// Whether a segment at an end of the recording is a whole step: its size is that of the others.
bool is_whole(const Segment& segment, double usual) {
  constexpr double kTolerance = 0.02;
  return std::fabs(static_cast<double>(segment.size()) - usual) <= kTolerance * usual;
}

// Cuts the order at the starts and drops what is partial at the ends.
std::vector<Segment> whole_segments(const std::vector<std::size_t>& starts, std::size_t size,
                                    std::int64_t& excluded) {
  std::vector<Segment> segments;
  if (starts.front() > 0) segments.push_back({0, starts.front()});
  for (std::size_t i = 0; i < starts.size(); ++i) {
    segments.push_back({starts[i], i + 1 < starts.size() ? starts[i + 1] : size});
  }
  std::vector<double> inner;
  for (std::size_t i = 1; i + 1 < segments.size(); ++i) {
    inner.push_back(static_cast<double>(segments[i].size()));
  }
  if (inner.empty()) {
    for (const Segment& segment : segments) inner.push_back(static_cast<double>(segment.size()));
    inner = {*std::max_element(inner.begin(), inner.end())};
  }
  const double usual = profile::median(inner);
  if (!is_whole(segments.back(), usual)) {
    segments.pop_back();
    ++excluded;
  }
  if (!segments.empty() && !is_whole(segments.front(), usual)) {
    segments.erase(segments.begin());
    ++excluded;
  }
  return segments;
}

Extent extent_of(const ActivityList& list, const Order& order, const Segment& segment) {
  Extent extent;
  for (std::size_t i = segment.begin; i < segment.end; ++i) extent.add(list.activities[order[i]]);
  return extent;
}

std::int64_t add_segments(ActivityList& list, std::int32_t device, const Order& order,
                          const std::vector<std::size_t>& starts) {
  std::int64_t excluded = 0;
  const std::vector<Segment> segments = whole_segments(starts, order.size(), excluded);
  const std::uint32_t name = list.intern("step");
  for (const Segment& segment : segments) {
    Extent extent = extent_of(list, order, segment);
    if (segment.end < order.size()) {
      const std::int64_t next_ns = list.activities[order[segment.end]].start_ns;
      const std::int64_t took_ns = extent.end_ns - extent.start_ns;
      if (next_ns - extent.end_ns <= took_ns) extent.end_ns = next_ns;
    }
    add_step(list, device, name, extent);
  }
  return excluded;
}

FoundSteps add_repeats(ActivityList& list, const NameRules& names,
                       const std::vector<LabelledWork>& work) {
  FoundSteps found;
  for (const auto& [device, order] : work_by_device(list)) {
    const Repeats repeats = find_repeats(list, names, work, order);
    if (repeats.starts.size() < 2) continue;
    found.from = repeats.from;
    found.excluded = std::max(found.excluded, add_segments(list, device, order, repeats.starts));
  }
  return found;
}

}  // namespace

FoundSteps find_steps(ActivityList& list, Launches& launches, const StageRules& rules,
                      const NameRules& names, const std::vector<LabelledWork>& work) {
  FoundSteps found;
  const bool marked = has_steps(list);
  if (!marked) promote_ranges(list, rules);
  if (!marked && !has_steps(list)) return add_repeats(list, names, work);
  join_pieces(list);
  project(list, launches);
  found.from = "annotations";
  return found;
}

}  // namespace dscope::attribute
