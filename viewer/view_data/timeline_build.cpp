// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_build.h"

#include "profiler/attribute/nccl_split.h"
#include "workloads/parallel.h"
#include "viewer/view_data/timeline.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace dscope::view_data {
namespace {

using collect::Activity;
using collect::ActivityKind;

// Deeper nesting than this is left out and counted: nobody reads it, and a hostile trace could ask
// for a row per slice.
constexpr std::size_t kMostRows = 24;
constexpr std::size_t kStopInterval = 1 << 16;

LaneKind kind_of(const Activity& activity) {
  if (activity.kind == ActivityKind::kStep) return LaneKind::kSteps;
  if (collect::is_work(activity.kind)) return LaneKind::kWork;
  return LaneKind::kRanges;  // calls nest inside ranges of their thread
}

std::uint32_t saturated(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, UINT32_MAX));
}

void check(const std::atomic<bool>* stop) {
  if (stop != nullptr && *stop) throw Error(ErrorKind::kInterrupted, "interrupted");
}

struct Buckets {
  using Key = std::tuple<std::int32_t, LaneKind, std::int32_t>;  // device, kind, lane
  std::map<Key, std::vector<std::uint32_t>> lists;               // indices of activities
};

struct MadeLane {
  Lane lane;
  TimeRange extent;
  std::vector<TimeRange> steps;
  std::size_t depth_limited = 0;
};

void extend(TimeRange& extent, const TimeRange& range) {
  if (range.empty()) return;
  if (extent.empty()) extent = range;
  extent.start_ns = std::min(extent.start_ns, range.start_ns);
  extent.end_ns = std::max(extent.end_ns, range.end_ns);
}

Buckets divide(const BulkVector<Activity>& activities, const std::atomic<bool>* stop) {
  Buckets buckets;
  Buckets::Key last_key;
  std::vector<std::uint32_t>* last = nullptr;
  for (std::size_t i = 0; i < activities.size(); ++i) {
    if (i % kStopInterval == 0) check(stop);
    const Activity& a = activities[i];
    if (a.end_ns <= a.start_ns || a.start_ns <= 0) continue;  // counted by attribution
    const LaneKind kind = kind_of(a);
    const Buckets::Key key{a.device, kind, kind == LaneKind::kSteps ? 0 : a.lane};
    if (last == nullptr || key != last_key) {  // neighbours mostly share their lane
      last = &buckets.lists[key];
      last_key = key;
    }
    last->push_back(static_cast<std::uint32_t>(i));
  }
  return buckets;
}

// What each collective spent waiting, by index of its activity.
using Waits = std::unordered_map<std::uint32_t, std::int64_t>;

Waits waits_of(const collect::ActivityList& list, const attribute::Analysis& analysis) {
  std::vector<attribute::Collective> collectives;
  for (std::size_t i = 0; i < analysis.work.size(); ++i) {
    const bool kernel = list.activities[i].kind == ActivityKind::kKernel;
    if (!kernel || analysis.work[i].stage != Stage::kNccl) continue;
    collectives.push_back({.work = static_cast<std::uint32_t>(i)});
  }
  std::sort(collectives.begin(), collectives.end(), [&](const auto& a, const auto& b) {
    const Activity& x = list.activities[a.work];
    const Activity& y = list.activities[b.work];
    return std::tie(x.device, x.start_ns, a.work) < std::tie(y.device, y.start_ns, b.work);
  });
  Waits waits;
  if (collectives.empty()) return waits;
  (void)attribute::split_collectives(list, collectives);
  for (const attribute::Collective& c : collectives) {
    if (c.wait_ns > 0) waits.emplace(c.work, c.wait_ns);
  }
  return waits;
}

Slice slice_of(const Activity& a, const attribute::LabelledWork* work) {
  Slice slice;
  slice.start_ns = a.start_ns;
  slice.end_ns = a.end_ns;
  slice.name = a.name;
  slice.correlation = a.correlation;
  slice.bytes = a.bytes;
  slice.stage = a.stage.value_or(Stage::kOther);
  if (work != nullptr && collect::is_work(a.kind)) {
    slice.stage = work->stage;
    slice.source = work->source;
    slice.confidence = static_cast<std::uint8_t>(std::clamp(work->confidence, 0.0F, 1.0F) * 100.0F);
  }
  return slice;
}

// The first row that is free and below whatever encloses the slice; kMostRows: none.
std::size_t row_for(const std::vector<Row>& rows, const Slice& slice) {
  std::size_t lowest = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].end_ns() > slice.start_ns && rows[r].end_ns() >= slice.end_ns) lowest = r + 1;
  }
  for (std::size_t r = lowest; r < rows.size(); ++r) {
    if (rows[r].end_ns() <= slice.start_ns) return r;
  }
  return std::min(rows.size(), kMostRows);
}

void sort_by_start(const BulkVector<Activity>& activities, std::vector<std::uint32_t>& order) {
  const auto before = [&](std::uint32_t i, std::uint32_t j) {
    const Activity& a = activities[i];
    const Activity& b = activities[j];
    return a.start_ns != b.start_ns ? a.start_ns < b.start_ns
           : a.end_ns != b.end_ns   ? a.end_ns > b.end_ns  // the one outside first
                                    : i < j;
  };
  if (!std::is_sorted(order.begin(), order.end(), before)) {
    std::sort(order.begin(), order.end(), before);
  }
}

class Builder {
 public:
  Builder(importer::Trace& trace, const attribute::Analysis& analysis,
          const std::atomic<bool>* stop)
      : trace_(trace), analysis_(analysis), stop_(stop) {}

  Timeline build() {
    result_.has_events = true;
    waits_ = waits_of(trace_.list, analysis_);
    result_.has_waits = !waits_.empty();
    Buckets buckets = divide(trace_.list.activities, stop_);
    std::vector<std::pair<const Buckets::Key, std::vector<std::uint32_t>>*> lists;
    for (auto& entry : buckets.lists) lists.push_back(&entry);
    std::vector<MadeLane> lanes(lists.size());
    parallel_for(lists.size(), [&](std::size_t i) {
      auto& [key, order] = *lists[i];
      lanes[i] = make_lane(std::get<0>(key), std::get<1>(key), std::get<2>(key), order);
      std::vector<std::uint32_t>().swap(order);
    });
    for (MadeLane& lane : lanes) add(std::move(lane));
    parallel_for(result_.groups.size(), [&](std::size_t i) { finish(result_.groups[i]); });
    // Devices first: they are what the time is spent on.
    std::stable_sort(
        result_.groups.begin(), result_.groups.end(),
        [](const Group& a, const Group& b) { return (a.device >= 0) > (b.device >= 0); });
    std::sort(result_.steps.begin(), result_.steps.end(),
              [](const TimeRange& a, const TimeRange& b) { return a.start_ns < b.start_ns; });
    result_.names = std::move(trace_.list.names);
    return std::move(result_);
  }

 private:
  // Lanes are independent of each other: nothing of the result is touched.
  MadeLane make_lane(std::int32_t device, LaneKind kind, std::int32_t lane,
                     std::vector<std::uint32_t>& order) const {
    const BulkVector<Activity>& activities = trace_.list.activities;
    sort_by_start(activities, order);
    MadeLane made;
    made.lane = {
        .kind = kind, .device = device, .lane = lane, .name = lane_name(device, kind, lane)};
    std::vector<Row>& rows = made.lane.rows;
    rows.resize(1);
    rows[0].reserve(order.size());
    bool calls_only = kind == LaneKind::kRanges;
    for (std::size_t n = 0; n < order.size(); ++n) {
      if (n % kStopInterval == 0) check(stop_);
      const std::uint32_t i = order[n];
      const Activity& a = activities[i];
      calls_only = calls_only && a.kind == ActivityKind::kRuntimeCall;
      Slice slice = slice_of(a, i < analysis_.work.size() ? &analysis_.work[i] : nullptr);
      if (slice.stage == Stage::kNccl) {
        const auto wait = waits_.find(i);
        if (wait != waits_.end())
          slice.wait_ns = saturated(std::min(wait->second, slice.length_ns()));
      }
      const std::size_t row = row_for(rows, slice);
      if (row == kMostRows) {
        ++made.depth_limited;
        continue;
      }
      if (row == rows.size()) rows.emplace_back();
      rows[row].add(slice);
      extend(made.extent, {slice.start_ns, slice.end_ns});
      if (kind == LaneKind::kSteps && row == 0) {
        made.steps.push_back({slice.start_ns, slice.end_ns});
      }
    }
    if (calls_only) made.lane.kind = LaneKind::kCalls;
    for (Row& row : rows) row.finish();
    return made;
  }

  void add(MadeLane made) {
    result_.depth_limited += made.depth_limited;
    const std::size_t slices = made.lane.slices();
    if (slices == 0) return;
    result_.slice_count += slices;
    extend(result_.extent, made.extent);
    if (!made.steps.empty()) add_steps(made.lane.device, std::move(made.steps));
    group_of(made.lane.device).lanes.push_back(std::move(made.lane));
  }

  // The steps of the first GPU that has any; else those of the host. What the host marks is when a
  // step was asked for, not when it ran.
  void add_steps(std::int32_t device, std::vector<TimeRange> steps) {
    const bool better = device >= 0 && steps_device_ < 0;
    if (!better && !result_.steps.empty()) return;
    steps_device_ = device;
    result_.steps = std::move(steps);
  }

  Group& group_of(std::int32_t device) {
    for (Group& group : result_.groups) {
      if (group.device == device) return group;
    }
    Group group{.device = device};
    group.name = device < 0 ? "Host" : fmt::format("GPU {}", device);
    for (const importer::DeviceTrack& track : trace_.devices) {
      if (track.device == device && !track.name.empty()) group.name = track.name;
    }
    return result_.groups.emplace_back(std::move(group));
  }

  std::string lane_name(std::int32_t device, LaneKind kind, std::int32_t lane) const {
    if (kind == LaneKind::kSteps) return "steps";
    // A stream may have both work and ranges.
    const char* ending = device >= 0 && kind == LaneKind::kRanges ? ", ranges" : "";
    for (const importer::LaneTrack& track : trace_.lanes) {
      if (track.device == device && track.lane == lane && !track.name.empty()) {
        return track.name + ending;
      }
    }
    return fmt::format("{} {}{}", device < 0 ? "thread" : "stream", lane, ending);
  }

  static void finish(Group& group) {
    std::stable_sort(group.lanes.begin(), group.lanes.end(), [](const Lane& a, const Lane& b) {
      return std::tie(a.kind, a.lane) < std::tie(b.kind, b.lane);
    });
    if (group.device >= 0) group.idle = idle_row(group);
  }

  importer::Trace& trace_;
  const attribute::Analysis& analysis_;
  const std::atomic<bool>* stop_;
  Waits waits_;
  std::int32_t steps_device_ = -1;
  Timeline result_;
};

}  // namespace

Row idle_row(const Group& group) {
  struct Cursor {
    std::span<const Slice> slices;
    std::size_t next = 0;
  };
  std::vector<Cursor> cursors;
  for (const Lane& lane : group.lanes) {
    if (lane.kind != LaneKind::kWork) continue;
    for (const Row& row : lane.rows) cursors.push_back({row.slices()});
  }
  Row idle;
  std::int64_t busy_until = std::numeric_limits<std::int64_t>::min();
  bool any = false;
  // A merge of few sorted rows: the earliest of their next slices.
  while (true) {
    Cursor* first = nullptr;
    for (Cursor& cursor : cursors) {
      if (cursor.next == cursor.slices.size()) continue;
      if (first == nullptr ||
          cursor.slices[cursor.next].start_ns < first->slices[first->next].start_ns) {
        first = &cursor;
      }
    }
    if (first == nullptr) break;
    const Slice& slice = first->slices[first->next++];
    if (any && slice.start_ns > busy_until) {
      Slice gap{.start_ns = busy_until, .end_ns = slice.start_ns, .name = kNoSlice};
      gap.stage = Stage::kGap;
      idle.add(gap);
    }
    busy_until = std::max(busy_until, slice.end_ns);
    any = true;
  }
  idle.finish();
  return idle;
}

Timeline make_timeline(importer::Trace trace, const attribute::Analysis& analysis,
                       const std::atomic<bool>* stop) {
  return Builder(trace, analysis, stop).build();
}

}  // namespace dscope::view_data
