// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_steps.h"

#include "profiler/profile/saturating.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dscope::view_data {
namespace {

// Steps of a document that no clock places: enough for any, and the sum stays far from overflow.
constexpr std::int64_t kLongestStep = std::int64_t{1} << 50;
constexpr std::size_t kMostSteps = 1 << 12;

Slice stage_slice(std::int64_t start_ns, std::int64_t end_ns, Stage stage) {
  Slice slice{.start_ns = start_ns, .end_ns = end_ns, .name = kNoSlice};
  slice.stage = stage;
  return slice;
}

// Adds stage after stage from `at`, not beyond `limit`.
void add_stages(Row& row, std::int64_t at, std::int64_t limit,
                const std::array<double, kStageCount>& times) {
  for (std::size_t s = 0; s < kStageCount; ++s) {
    const double room = static_cast<double>(limit - at);
    if (!(times[s] > 0) || room <= 0) continue;
    const auto length = static_cast<std::int64_t>(std::llround(std::min(times[s], room)));
    if (length <= 0) continue;
    row.add(stage_slice(at, at + length, static_cast<Stage>(s)));
    at += length;
  }
}

std::array<double, kStageCount> times_of(const profile::StepSample& step) {
  std::array<double, kStageCount> times{};
  for (std::size_t s = 0; s < kStageCount; ++s) {
    times[s] = static_cast<double>(step.time_ns(static_cast<Stage>(s)));
  }
  return times;
}

std::array<double, kStageCount> times_of(const profile::Prediction& prediction) {
  std::array<double, kStageCount> times{};
  for (const profile::PredictedStage& stage : prediction.stages) {
    if (std::isfinite(stage.time_ns)) times[static_cast<std::size_t>(stage.stage)] += stage.time_ns;
  }
  return times;
}

std::int64_t limit_of(std::span<const TimeRange> steps, std::size_t index) {
  return index + 1 < steps.size() ? steps[index + 1].start_ns
                                  : steps[index].end_ns + steps[index].length_ns() * 4;
}

}  // namespace

Row measured_row(std::span<const TimeRange> steps, const profile::Measurement& measurement) {
  Row row;
  std::size_t i = 0;
  for (const profile::StepSample& sample : measurement.steps) {
    if (i == steps.size()) break;
    if (sample.device != measurement.steps.front().device) break;  // sorted by device
    add_stages(row, steps[i].start_ns, limit_of(steps, i), times_of(sample));
    ++i;
  }
  row.finish();
  return row;
}

Row predicted_row(std::span<const TimeRange> steps, const profile::Prediction& prediction) {
  Row row;
  const auto times = times_of(prediction);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    add_stages(row, steps[i].start_ns, limit_of(steps, i), times);
  }
  row.finish();
  return row;
}

double ResidualSegment::relative() const {
  if (predicted_ns > 0) return (measured_ns - predicted_ns) / predicted_ns;
  return std::numeric_limits<double>::infinity();
}

std::vector<ResidualSegment> residuals(const Row& measured, const profile::Prediction& prediction) {
  const auto predicted = times_of(prediction);
  std::vector<ResidualSegment> segments;
  for (const Slice& slice : measured.slices()) {
    if (slice.stage == Stage::kGap) continue;
    segments.push_back({{slice.start_ns, slice.end_ns},
                        slice.stage,
                        static_cast<double>(slice.length_ns()),
                        predicted[static_cast<std::size_t>(slice.stage)]});
  }
  return segments;
}

Timeline make_step_timeline(const profile::Measurement& measurement) {
  Timeline timeline;
  std::int64_t at = 0;
  Lane lane{.kind = LaneKind::kSteps, .device = 0, .name = "steps"};
  lane.rows.resize(1);
  for (std::size_t i = 0; i < measurement.steps.size() && i < kMostSteps; ++i) {
    if (measurement.steps[i].device != measurement.steps.front().device) break;
    const std::int64_t wall =
        std::clamp<std::int64_t>(measurement.steps[i].wall_ns, 0, kLongestStep);
    if (wall == 0) {  // the lists of steps and samples stay parallel
      timeline.steps.push_back({at, at});
      continue;
    }
    timeline.steps.push_back({at, at + wall});
    Slice slice{.start_ns = at, .end_ns = at + wall, .name = 0};
    lane.rows[0].add(slice);
    at += wall;
  }
  lane.rows[0].finish();
  timeline.slice_count = lane.rows[0].size();
  if (timeline.slice_count == 0) return timeline;
  timeline.extent = {0, at};
  timeline.names = {"step"};
  Group group{.device = 0, .name = "Steps"};
  group.lanes.push_back(std::move(lane));
  timeline.groups.push_back(std::move(group));
  return timeline;
}

}  // namespace dscope::view_data
