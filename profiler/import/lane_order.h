// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

// Activities lane by lane: how a timeline draws them, and how a trace is saved.
namespace dscope::importer {

enum class LaneContent : std::uint8_t {
  kSteps,  // of a device, whatever lane they are on
  kWork,
  kHost,  // ranges and calls
};

struct LaneKey {
  std::int32_t device = -1;
  LaneContent content = LaneContent::kWork;
  std::int32_t lane = 0;  // 0 for kSteps

  bool operator==(const LaneKey&) const = default;
  bool operator<(const LaneKey& other) const {
    return std::tie(device, content, lane) < std::tie(other.device, other.content, other.lane);
  }
};

[[nodiscard]] inline LaneKey lane_of(const collect::Activity& activity) {
  if (activity.kind == collect::ActivityKind::kStep) {
    return {activity.device, LaneContent::kSteps, 0};
  }
  const bool work = collect::is_work(activity.kind);
  return {activity.device, work ? LaneContent::kWork : LaneContent::kHost, activity.lane};
}

// Indices of activities, by start; of equal starts the longer one first.
using LaneOrder = std::vector<std::uint32_t>;

// All of `activities`, fewer than 2^32. On all cores.
[[nodiscard]] std::map<LaneKey, LaneOrder> lanes_in_order(
    const BulkVector<collect::Activity>& activities);

}  // namespace dscope::importer
