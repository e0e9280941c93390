// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_alignment.h"

#include "profiler/profile/saturating.h"

#include <algorithm>
#include <limits>

namespace dscope::view_data {
namespace {

// `before` >= 0.
std::int64_t earlier(std::int64_t time_ns, std::int64_t before) {
  return std::max(time_ns, std::numeric_limits<std::int64_t>::min() + before) - before;
}

}  // namespace

TimeRange Alignment::longest_step() const {
  const std::int64_t length = std::max(step_ns[0], step_ns[1]);
  if (length <= 0) return extents[0];
  return {origins_ns[0], profile::add_saturating(origins_ns[0], length)};
}

Alignment align(const Timeline& upper, const Timeline& lower, std::size_t step) {
  const std::array timelines{&upper, &lower};
  Alignment result;
  result.steps = std::min(upper.steps.size(), lower.steps.size());
  if (result.steps > 0) result.step = std::min(step, result.steps - 1);
  std::int64_t before = 0;
  std::int64_t after = 0;
  for (std::size_t i = 0; i < timelines.size(); ++i) {
    const Timeline& timeline = *timelines[i];
    result.origins_ns[i] = timeline.extent.start_ns;
    if (result.steps > 0) {
      result.origins_ns[i] = timeline.steps[result.step].start_ns;
      result.step_ns[i] = timeline.steps[result.step].length_ns();
    }
    before = std::max(before, result.origins_ns[i] - timeline.extent.start_ns);
    after = std::max(after, timeline.extent.end_ns - result.origins_ns[i]);
  }
  for (std::size_t i = 0; i < timelines.size(); ++i) {
    result.extents[i] = {earlier(result.origins_ns[i], before),
                         profile::add_saturating(result.origins_ns[i], after)};
  }
  return result;
}

}  // namespace dscope::view_data
