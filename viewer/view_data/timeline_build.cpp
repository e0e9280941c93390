// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_build.h"

#include "profiler/attribute/nccl_split.h"
#include "workloads/base/error.h"
#include "workloads/nearly_sorted.h"
#include "workloads/parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <tuple>
#include <utility>

namespace dscope::view_data {
namespace {

using collect::Activity;
using collect::ActivityKind;
using importer::LaneContent;

// Deeper nesting than this is left out and counted: nobody reads it, and a hostile trace could ask
// for a row per slice.
constexpr std::uint8_t kMostRows = 24;

std::uint32_t saturated(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, UINT32_MAX));
}

void check(const std::atomic<bool>* stop) {
  if (stop != nullptr && *stop) throw Error(ErrorKind::kInterrupted, "interrupted");
}

void extend(TimeRange& extent, const TimeRange& range) {
  if (range.empty()) return;
  if (extent.empty()) extent = range;
  extent.start_ns = std::min(extent.start_ns, range.start_ns);
  extent.end_ns = std::max(extent.end_ns, range.end_ns);
}

LaneKind kind_of(LaneContent content) {
  switch (content) {
    case LaneContent::kSteps:
      return LaneKind::kSteps;
    case LaneContent::kWork:
      return LaneKind::kWork;
    case LaneContent::kHost:
      break;
  }
  return LaneKind::kRanges;  // calls nest inside ranges of their thread
}

// Which slice of a lane goes into which row: known before any slice is made, so that they can be
// written where they stay, by several threads.
struct RowPlan {
  using Counts = std::array<std::size_t, kMostRows>;

  std::vector<std::uint8_t> rows;  // [slices]; kMostRows: left out
  struct Part {
    std::size_t first = 0;  // slice of the lane
    Counts before{};        // slices of each row before this part
  };
  std::vector<Part> parts;  // and one past the last
  std::size_t used = 0;     // rows
  bool in_order = true;

  [[nodiscard]] std::size_t left_out() const {
    const Counts& all = parts.back().before;
    std::size_t kept = 0;
    for (const std::size_t count : all) kept += count;
    return rows.size() - kept;
  }
};

// Slices one after another, as they come.
class RowPlanner {
 public:
  void begin_part() { plan_.parts.push_back({plan_.rows.size(), counts_}); }

  void add(const TimeRange& slice) {
    const bool after = slice.start_ns > last_.start_ns ||
                       (slice.start_ns == last_.start_ns && slice.end_ns <= last_.end_ns);
    plan_.in_order = plan_.in_order && after;
    last_ = slice;
    const std::uint8_t row = row_of(slice);
    plan_.rows.push_back(row);
    if (row == kMostRows) return;
    plan_.used = std::max<std::size_t>(plan_.used, row + std::size_t{1});
    ends_[row] = slice.end_ns;
    ++counts_[row];
  }

  RowPlan finish() && {
    begin_part();
    return std::move(plan_);
  }

 private:
  // The first row that is free and below whatever encloses the slice; kMostRows: none.
  [[nodiscard]] std::uint8_t row_of(const TimeRange& slice) const {
    const auto used = static_cast<std::uint8_t>(plan_.used);
    std::uint8_t lowest = 0;
    for (std::uint8_t r = 0; r < used; ++r) {
      if (ends_[r] > slice.start_ns && ends_[r] >= slice.end_ns) lowest = r + 1;
    }
    for (std::uint8_t r = lowest; r < used; ++r) {
      if (ends_[r] <= slice.start_ns) return r;
    }
    return used;
  }

  RowPlan plan_;
  RowPlan::Counts counts_{};
  std::array<std::int64_t, kMostRows> ends_{};
  TimeRange last_{std::numeric_limits<std::int64_t>::min(), 0};
};

RowPlan plan_rows(const LaneSource& source, const std::atomic<bool>* stop) {
  RowPlanner planner;
  std::vector<TimeRange> times;
  for (std::size_t p = 0; p < source.parts(); ++p) {
    check(stop);
    source.read_times(p, times);
    planner.begin_part();
    for (const TimeRange& slice : times) planner.add(slice);
  }
  return std::move(planner).finish();
}

// A collective, for the split of its time.
struct CollectiveSlice {
  std::int32_t device = -1;
  Slice* slice = nullptr;
};

class Builder {
 public:
  Builder(const LaneSources& sources, const importer::Trace& trace, const std::atomic<bool>* stop)
      : sources_(sources), trace_(trace), stop_(stop), plans_(sources.size()) {}

  std::optional<Timeline> build(std::vector<std::string> names) {
    result_.has_events = true;
    result_.names = std::move(names);
    parallel_for(sources_.size(),
                 [&](std::size_t i) { plans_[i] = plan_rows(*sources_[i], stop_); });
    const auto in_order = [](const RowPlan& plan) { return plan.in_order; };
    if (!std::all_of(plans_.begin(), plans_.end(), in_order)) return std::nullopt;
    make_lanes();
    if (!fill()) return std::nullopt;
    set_waits();
    for (std::size_t i = 0; i < lanes_.size(); ++i) add(std::move(lanes_[i]), plans_[i]);
    finish();
    // Devices first: they are what the time is spent on.
    std::stable_sort(
        result_.groups.begin(), result_.groups.end(),
        [](const Group& a, const Group& b) { return (a.device >= 0) > (b.device >= 0); });
    return std::move(result_);
  }

 private:
  struct Part {
    std::size_t lane = 0;
    std::size_t part = 0;
    bool calls_only = true;
    bool as_planned = true;
    std::vector<CollectiveSlice> collectives;
  };

  void make_lanes() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const importer::LaneKey key = sources_[i]->key();
      Lane& lane = lanes_.emplace_back();
      lane.kind = kind_of(key.content);
      lane.device = key.device;
      lane.lane = key.lane;
      lane.name = lane_name(key.device, lane.kind, key.lane);
      const RowPlan& plan = plans_[i];
      lane.rows.resize(std::max<std::size_t>(1, plan.used));
      std::vector<std::span<Slice>>& room = room_.emplace_back();
      for (std::size_t r = 0; r < plan.used; ++r) {
        room.push_back(lane.rows[r].allocate(plan.parts.back().before[r]));
      }
      for (std::size_t p = 0; p < sources_[i]->parts(); ++p) parts_.push_back({i, p});
    }
  }

  // False: a source says other things than before.
  bool fill() {
    parallel_for(parts_.size(), [&](std::size_t i) { fill_part(parts_[i]); });
    std::vector<bool> calls_only(lanes_.size(), true);
    for (const Part& part : parts_) {
      if (!part.as_planned) return false;
      if (!part.calls_only) calls_only[part.lane] = false;
    }
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (lanes_[i].kind == LaneKind::kRanges && calls_only[i]) lanes_[i].kind = LaneKind::kCalls;
    }
    return true;
  }

  void fill_part(Part& part) {
    check(stop_);
    thread_local LanePart read;  // asking the system for memory costs more than reading
    sources_[part.lane]->read(part.part, read);
    part.calls_only = read.calls_only;
    const RowPlan& plan = plans_[part.lane];
    const std::size_t first = plan.parts[part.part].first;
    part.as_planned = read.slices.size() == plan.parts[part.part + 1].first - first;
    if (!part.as_planned) return;
    RowPlan::Counts at = plan.parts[part.part].before;
    auto collective = read.collectives.begin();
    for (std::size_t i = 0; i < read.slices.size(); ++i) {
      const bool is_collective = collective != read.collectives.end() && *collective == i;
      if (is_collective) ++collective;
      const std::uint8_t row = plan.rows[first + i];
      if (row == kMostRows) continue;
      Slice& slice = room_[part.lane][row][at[row]++];
      slice = read.slices[i];
      if (is_collective) part.collectives.push_back({lanes_[part.lane].device, &slice});
    }
  }

  void set_waits() {
    std::vector<CollectiveSlice> slices;
    for (const Part& part : parts_) {
      slices.insert(slices.end(), part.collectives.begin(), part.collectives.end());
    }
    if (slices.empty()) return;
    const auto before = [](const CollectiveSlice& a, const CollectiveSlice& b) {
      return std::tie(a.device, a.slice->start_ns) < std::tie(b.device, b.slice->start_ns);
    };
    sort_nearly_sorted(slices, before);
    collect::ActivityList list;
    list.names = result_.names;
    list.activities.reserve(slices.size());
    std::vector<attribute::Collective> collectives;
    collectives.reserve(slices.size());
    for (const CollectiveSlice& at : slices) {
      collectives.push_back({.work = static_cast<std::uint32_t>(list.activities.size())});
      Activity& a = list.activities.emplace_back();
      a.name = at.slice->name;
      a.device = at.device;
      a.start_ns = at.slice->start_ns;
      a.end_ns = at.slice->end_ns;
      a.bytes = at.slice->bytes;
    }
    (void)attribute::split_collectives(list, collectives);
    for (const attribute::Collective& c : collectives) {
      Slice& slice = *slices[c.work].slice;
      slice.wait_ns = saturated(std::min(c.wait_ns, slice.length_ns()));
      result_.has_waits = result_.has_waits || slice.wait_ns > 0;
    }
  }

  // What does not depend on each other, the longest first.
  void finish() {
    std::vector<std::function<void()>> tasks;
    for (Group& group : result_.groups) {
      std::stable_sort(group.lanes.begin(), group.lanes.end(), [](const Lane& a, const Lane& b) {
        return std::tie(a.kind, a.lane) < std::tie(b.kind, b.lane);
      });
      if (group.device >= 0) tasks.emplace_back([&group] { group.idle = idle_row(group); });
    }
    for (Group& group : result_.groups) {
      for (Lane& lane : group.lanes) {
        for (Row& row : lane.rows) tasks.emplace_back([&row] { row.finish(); });
      }
    }
    parallel_for(tasks.size(), [&](std::size_t i) { tasks[i](); });
  }

  void add(Lane lane, const RowPlan& plan) {
    result_.depth_limited += plan.left_out();
    const std::size_t slices = lane.slices();
    if (slices == 0) return;
    result_.slice_count += slices;
    for (const Row& row : lane.rows) {
      extend(result_.extent, {row.slices().front().start_ns, row.slices().back().end_ns});
    }
    if (lane.kind == LaneKind::kSteps) {
      std::vector<TimeRange> steps;
      for (const Slice& step : lane.rows[0].slices()) steps.push_back({step.start_ns, step.end_ns});
      add_steps(lane.device, std::move(steps));
    }
    group_of(lane.device).lanes.push_back(std::move(lane));
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

  const LaneSources& sources_;
  const importer::Trace& trace_;
  const std::atomic<bool>* stop_;
  std::vector<RowPlan> plans_;                       // [sources]
  std::vector<Lane> lanes_;                          // likewise
  std::vector<std::vector<std::span<Slice>>> room_;  // likewise, of their rows
  std::vector<Part> parts_;                          // of all sources
  std::int32_t steps_device_ = -1;
  Timeline result_;
};

}  // namespace

Slice slice_of(const Activity& a, const attribute::LabelledWork& label) {
  Slice slice;
  slice.start_ns = a.start_ns;
  slice.end_ns = a.end_ns;
  slice.name = a.name;
  slice.correlation = a.correlation;
  slice.bytes = a.bytes;
  slice.stage = a.stage.value_or(Stage::kOther);
  if (collect::is_work(a.kind)) {
    slice.stage = label.stage;
    slice.source = label.source;
    slice.confidence = static_cast<std::uint8_t>(std::clamp(label.confidence, 0.0F, 1.0F) * 100.0F);
  }
  return slice;
}

void add_slice(const Activity& activity, const attribute::LabelledWork& label, LanePart& part) {
  part.calls_only = part.calls_only && activity.kind == ActivityKind::kRuntimeCall;
  if (activity.kind == ActivityKind::kKernel && label.stage == Stage::kNccl) {
    part.collectives.push_back(static_cast<std::uint32_t>(part.slices.size()));
  }
  part.slices.push_back(slice_of(activity, label));
}

std::optional<Timeline> timeline_of(const LaneSources& lanes, const importer::Trace& trace,
                                    std::vector<std::string> names, const std::atomic<bool>* stop) {
  return Builder(lanes, trace, stop).build(std::move(names));
}

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
  std::size_t most = 0;
  for (const Cursor& cursor : cursors) most += cursor.slices.size();
  idle.reserve(most);  // what is not used is never touched
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

}  // namespace dscope::view_data
