// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/launches.h"

#include "workloads/base/error.h"
#include "workloads/nearly_sorted.h"

#include <algorithm>
#include <tuple>

namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityKind;

bool is_call(const Activity& a) {
  return a.kind == ActivityKind::kRuntimeCall && a.correlation != 0;
}

}  // namespace

Launches::Launches(const collect::ActivityList& list) : activities_(list.activities) {
  if (activities_.size() >= kNoActivity) {
    throw input_error("a trace of {} activities is more than can be analysed at once",
                      activities_.size());
  }
  for (std::uint32_t i = 0; i < activities_.size(); ++i) {
    if (is_call(activities_[i])) calls_.emplace_back(activities_[i].correlation, i);
  }
  sort_nearly_sorted(calls_);
}

std::optional<std::uint32_t> Launches::call_of(std::uint64_t correlation) const {
  if (correlation == 0) return std::nullopt;
  constexpr std::size_t kNear = 8;
  const std::size_t near = std::min(calls_.size(), last_ + kNear);
  for (std::size_t i = last_; i < near; ++i) {
    if (calls_[i].first == correlation && (i == 0 || calls_[i - 1].first != correlation)) {
      last_ = i;
      return calls_[i].second;
    }
  }
  const auto found = std::lower_bound(calls_.begin(), calls_.end(),
                                      std::pair<std::uint64_t, std::uint32_t>(correlation, 0));
  if (found == calls_.end() || found->first != correlation) return std::nullopt;
  last_ = static_cast<std::size_t>(found - calls_.begin());
  return found->second;
}

const std::vector<Launch>& Launches::sorted() {
  if (is_sorted_) return sorted_;
  is_sorted_ = true;
  for (std::uint32_t i = 0; i < activities_.size(); ++i) {
    const Activity& work = activities_[i];
    if (!is_work(work.kind)) continue;
    const Activity& at = activities_[call_of(work.correlation).value_or(i)];
    sorted_.push_back({at.device, at.lane, at.start_ns, i});
  }
  const auto before = [](const Launch& x, const Launch& y) {
    return std::tie(x.device, x.lane, x.time_ns) < std::tie(y.device, y.lane, y.time_ns);
  };
  sort_nearly_sorted(sorted_, before);
  return sorted_;
}

std::vector<std::uint32_t> Launches::innermost_ranges(
    const std::function<bool(const Activity&)>& accept) {
  std::vector<std::uint32_t> ranges;
  for (std::uint32_t i = 0; i < activities_.size(); ++i) {
    const Activity& a = activities_[i];
    if (a.kind == ActivityKind::kRange && a.end_ns > a.start_ns && accept(a)) ranges.push_back(i);
  }
  if (ranges.empty()) return {};
  // Outer ranges before inner ones that start at the same instant.
  const auto before = [&](std::uint32_t i, std::uint32_t j) {
    const Activity& x = activities_[i];
    const Activity& y = activities_[j];
    return std::tie(x.device, x.lane, x.start_ns, y.end_ns) <
           std::tie(y.device, y.lane, y.start_ns, x.end_ns);
  };
  sort_nearly_sorted(ranges, before);
  // Both lists are in order of lane and time, so one pass with a stack of open ranges finds the
  // innermost one around each launch.
  std::vector<std::uint32_t> innermost(activities_.size(), kNoActivity);
  std::vector<std::uint32_t> open;
  auto next = ranges.begin();
  for (const Launch& launch : sorted()) {
    const auto lane = std::tie(launch.device, launch.lane);
    while (next != ranges.end() && std::tie(activities_[*next].device, activities_[*next].lane,
                                            activities_[*next].start_ns) <=
                                       std::tie(launch.device, launch.lane, launch.time_ns)) {
      open.push_back(*next++);
    }
    const auto is_over = [&](const Activity& range) {
      return std::tie(range.device, range.lane) != lane || range.end_ns <= launch.time_ns;
    };
    while (!open.empty() && is_over(activities_[open.back()])) open.pop_back();
    if (!open.empty()) innermost[launch.work] = open.back();
  }
  return innermost;
}

}  // namespace dscope::attribute
