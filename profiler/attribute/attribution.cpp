// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/attribution.h"

#include "profiler/attribute/range_labels.h"
#include "profiler/attribute/sweep.h"
#include "profiler/profile/saturating.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <unordered_map>

namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityKind;

constexpr std::int32_t kHost = -1;

// No clock shows such a time (Unix time reaches it in 2043), and no difference of two smaller ones
// overflows.
constexpr std::int64_t kImpossibleTime = std::int64_t{1} << 61;

// Counts what cannot be used. CUPTI writes records whose start and end are both 0 when it lost the
// timestamps; a start of 0 alone is normal in traces that count from their beginning.
bool is_usable(const Activity& a, profile::Losses& losses) {
  const bool impossible = std::max(a.start_ns, a.end_ns) >= kImpossibleTime ||
                          std::min(a.start_ns, a.end_ns) <= -kImpossibleTime;
  if (a.end_ns > a.start_ns && !impossible) return true;
  if (impossible || (a.start_ns == 0 && a.end_ns == 0)) {
    ++losses.zero_timestamps;
  } else if (a.end_ns < a.start_ns) {
    ++losses.negative_durations;
  } else {
    ++losses.zero_durations;
  }
  return false;
}

struct DeviceWork {
  std::vector<WorkItem> items;
  std::unordered_map<std::int32_t, std::uint32_t> lanes;  // activity lane -> 0, 1, ...

  void add(const Activity& a, std::size_t index, Stage stage) {
    const auto lane = lanes.try_emplace(a.lane, static_cast<std::uint32_t>(lanes.size())).first;
    items.push_back({a.start_ns, a.end_ns, index, lane->second, stage});
  }
};

using WorkByDevice = std::map<std::int32_t, DeviceWork>;
using WindowsByDevice = std::map<std::int32_t, std::vector<Window>>;

// Sorts each device's steps and drops those that begin inside another.
void make_disjoint(WindowsByDevice& windows, profile::Losses& losses) {
  for (auto& [device, list] : windows) {
    std::sort(list.begin(), list.end(),
              [](const Window& x, const Window& y) { return x.start_ns < y.start_ns; });
    std::vector<Window> disjoint;
    for (const Window& window : list) {
      if (!disjoint.empty() && window.start_ns < disjoint.back().end_ns) {
        ++losses.overlapping_steps;
      } else {
        disjoint.push_back(window);
      }
    }
    list = std::move(disjoint);
  }
}

Window extent(const WorkByDevice& work) {
  Window all{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  for (const auto& [device, of_device] : work) {
    for (const WorkItem& item : of_device.items) {
      all.start_ns = std::min(all.start_ns, item.start_ns);
      all.end_ns = std::max(all.end_ns, item.end_ns);
    }
  }
  return all;
}

const std::vector<Window>& windows_of(std::int32_t device, const WindowsByDevice& windows) {
  static const std::vector<Window> none;
  for (std::int32_t owner : {device, kHost}) {
    if (const auto found = windows.find(owner); found != windows.end()) return found->second;
  }
  return none;
}

double closure_error(const StepTimes& step) {
  const std::int64_t sum =
      std::accumulate(step.stage_time_ns.begin(), step.stage_time_ns.end(), step.gap_ns);
  return std::fabs(static_cast<double>(sum - step.wall_ns)) / static_cast<double>(step.wall_ns);
}

class Unattributed {
 public:
  void add(std::uint32_t name, std::int64_t own_ns) {
    NamedTime& entry = by_name_[name];
    ++entry.count;
    entry.time_ns = profile::add_saturating(entry.time_ns, own_ns);
  }

  std::vector<NamedTime> longest_first(const std::vector<std::string>& names) && {
    std::vector<NamedTime> list;
    for (auto& [name, entry] : by_name_) {
      entry.name = names[name];
      list.push_back(std::move(entry));
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const NamedTime& x, const NamedTime& y) { return x.time_ns > y.time_ns; });
    return list;
  }

 private:
  std::map<std::uint32_t, NamedTime> by_name_;
};

}  // namespace

Attribution attribute(const collect::ActivityList& list, const Options& options) {
  Attribution result;
  const std::vector<Stage> stages = label_work(list, options.labeler);
  WorkByDevice work;
  WindowsByDevice windows;
  for (std::size_t i = 0; i < list.activities.size(); ++i) {
    const Activity& a = list.activities[i];
    const bool is_step = a.kind == ActivityKind::kStep;
    if ((!is_step && !is_work(a.kind)) || !is_usable(a, result.losses)) continue;
    if (is_step) {
      windows[a.device].push_back({a.start_ns, a.end_ns});
    } else {
      work[a.device].add(a, i, stages[i]);
    }
  }
  make_disjoint(windows, result.losses);
  result.has_steps = !windows.empty();
  if (windows.empty() && !work.empty()) windows[kHost] = {extent(work)};
  // A device with steps of its own and no work was idle and says so; host steps describe the host
  // only when nothing else worked.
  for (const auto& [device, ignored] : windows) {
    if (device != kHost || work.empty()) work[device];
  }

  Unattributed unattributed;
  for (auto& [device, of_device] : work) {
    const auto lanes = static_cast<std::uint32_t>(of_device.lanes.size());
    SweepResult swept = sweep(std::move(of_device.items), lanes, windows_of(device, windows));
    for (StepTimes& step : swept.steps) {
      step.device = device;
      step.closure_error = closure_error(step);
    }
    const std::size_t first_row = result.steps.size();
    std::move(swept.steps.begin(), swept.steps.end(), std::back_inserter(result.steps));
    result.losses.clipped_activities += swept.clipped;
    result.losses.outside_steps += swept.outside;
    result.losses.outside_steps_ns =
        profile::add_saturating(result.losses.outside_steps_ns, swept.outside_ns);
    for (WorkTime& item : swept.work) {
      item.row = first_row + static_cast<std::size_t>(item.step);
      if (item.stage == Stage::kUnattributed) {
        unattributed.add(list.activities[item.index].name, item.own_ns);
      }
      if (options.on_work) options.on_work(item);
    }
  }
  result.unattributed = std::move(unattributed).longest_first(list.names);
  return result;
}

}  // namespace dscope::attribute
