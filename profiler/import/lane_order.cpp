// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/lane_order.h"

#include "workloads/nearly_sorted.h"
#include "workloads/parallel.h"

#include <algorithm>

namespace dscope::importer {
namespace {

using collect::Activity;
using Lanes = std::map<LaneKey, LaneOrder>;

Lanes divide(const BulkVector<Activity>& activities, std::size_t begin, std::size_t end) {
  Lanes lanes;
  LaneKey last_key;
  LaneOrder* last = nullptr;
  for (std::size_t i = begin; i < end; ++i) {
    const LaneKey key = lane_of(activities[i]);
    if (last == nullptr || key != last_key) {  // neighbours mostly share their lane
      last = &lanes[key];
      last_key = key;
    }
    last->push_back(static_cast<std::uint32_t>(i));
  }
  return lanes;
}

void sort_by_start(const BulkVector<Activity>& activities, LaneOrder& order) {
  const auto before = [&](std::uint32_t i, std::uint32_t j) {
    const Activity& a = activities[i];
    const Activity& b = activities[j];
    return a.start_ns != b.start_ns ? a.start_ns < b.start_ns
           : a.end_ns != b.end_ns   ? a.end_ns > b.end_ns
                                    : i < j;
  };
  sort_nearly_sorted(order, before);
}

}  // namespace

Lanes lanes_in_order(const BulkVector<Activity>& activities) {
  constexpr std::size_t kPart = 1 << 20;
  std::vector<Lanes> parts((activities.size() + kPart - 1) / kPart);
  parallel_for(parts.size(), [&](std::size_t p) {
    parts[p] = divide(activities, p * kPart, std::min(activities.size(), (p + 1) * kPart));
  });
  Lanes lanes;
  for (Lanes& part : parts) {
    for (auto& [key, order] : part) {
      LaneOrder& all = lanes[key];
      if (all.empty()) {
        all = std::move(order);
      } else {
        all.insert(all.end(), order.begin(), order.end());
        LaneOrder().swap(order);
      }
    }
  }
  std::vector<LaneOrder*> orders;
  for (auto& [key, order] : lanes) orders.push_back(&order);
  parallel_for(orders.size(), [&](std::size_t i) { sort_by_start(activities, *orders[i]); });
  return lanes;
}

}  // namespace dscope::importer
