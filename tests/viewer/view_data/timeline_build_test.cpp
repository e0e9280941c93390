// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline.h"
#include "viewer/view_data/timeline_steps.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

namespace dscope::view_data {
namespace {

using collect::Activity;
using collect::ActivityKind;

Activity activity(importer::Trace& trace, ActivityKind kind, const char* name, std::int32_t device,
                  std::int64_t start, std::int64_t end, std::int32_t lane = 7) {
  Activity a;
  a.kind = kind;
  a.name = trace.list.intern(name);
  a.device = device;
  a.lane = lane;
  a.start_ns = start;
  a.end_ns = end;
  trace.list.activities.push_back(a);
  return a;
}

Timeline build(importer::Trace trace) {
  const attribute::Analysis analysis = attribute::analyse(trace.list);
  return make_timeline(std::move(trace), analysis);
}

const Lane* find_lane(const Timeline& timeline, std::int32_t device, LaneKind kind) {
  for (const Group& group : timeline.groups) {
    for (const Lane& lane : group.lanes) {
      if (group.device == device && lane.kind == kind) return &lane;
    }
  }
  return nullptr;
}

TEST(MakeTimeline, NestedRangesLieBelowEachOtherAndDevicesComeFirst) {
  importer::Trace trace;
  activity(trace, ActivityKind::kRange, "outer", -1, 100, 1000, 1);
  activity(trace, ActivityKind::kRange, "inner", -1, 200, 300, 1);
  activity(trace, ActivityKind::kRange, "inner", -1, 400, 500, 1);
  activity(trace, ActivityKind::kKernel, "moe_gate_up_kernel", 0, 600, 700);
  const Timeline timeline = build(std::move(trace));
  ASSERT_EQ(timeline.groups.size(), 2U);
  EXPECT_EQ(timeline.groups[0].device, 0);
  const Lane* lane = find_lane(timeline, -1, LaneKind::kRanges);
  ASSERT_NE(lane, nullptr);
  ASSERT_EQ(lane->rows.size(), 2U);
  EXPECT_EQ(lane->rows[0].size(), 1U);
  EXPECT_EQ(lane->rows[1].size(), 2U);
}

TEST(MakeTimeline, RowsNeverOverlap) {
  importer::Trace trace;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t start = 1000 + (i * 7919) % 5000;
    activity(trace, ActivityKind::kKernel, "k", 0, start, start + 40 + (i * 31) % 200);
  }
  const Timeline timeline = build(std::move(trace));
  std::size_t drawn = 0;
  for (const Group& group : timeline.groups) {
    for (const Lane& lane : group.lanes) {
      if (lane.kind == LaneKind::kWork) drawn += lane.slices();
      for (const Row& row : lane.rows) {
        for (std::size_t i = 1; i < row.size(); ++i) {
          ASSERT_LE(row.slices()[i - 1].end_ns, row.slices()[i].start_ns);
        }
      }
    }
  }
  EXPECT_EQ(drawn + timeline.depth_limited, 300U);  // what is not drawn is counted
}

TEST(MakeTimeline, StepsOfTheGpuCountNotThoseOfTheHost) {
  importer::Trace trace;
  activity(trace, ActivityKind::kStep, "step", -1, 100, 200, 0);
  activity(trace, ActivityKind::kStep, "step", 0, 300, 400, 0);
  activity(trace, ActivityKind::kStep, "step", 0, 400, 500, 0);
  activity(trace, ActivityKind::kKernel, "k", 0, 310, 390);
  activity(trace, ActivityKind::kKernel, "k", 0, 410, 490);
  attribute::Analysis analysis;
  analysis.work.resize(trace.list.activities.size());
  const Timeline timeline = make_timeline(std::move(trace), analysis);
  EXPECT_EQ(timeline.steps, (std::vector<TimeRange>{{300, 400}, {400, 500}}));
}

TEST(MakeTimeline, UnusableRecordsAreLeftOut) {
  importer::Trace trace;
  activity(trace, ActivityKind::kKernel, "k", 0, 0, 10);
  activity(trace, ActivityKind::kKernel, "k", 0, 30, 20);
  activity(trace, ActivityKind::kKernel, "k", 0, 50, 50);
  const Timeline timeline = build(std::move(trace));
  EXPECT_EQ(timeline.slice_count, 0U);
  EXPECT_TRUE(timeline.extent.empty());
}

TEST(MakeTimeline, CanBeStopped) {
  importer::Trace trace;
  activity(trace, ActivityKind::kKernel, "k", 0, 10, 20);
  const attribute::Analysis analysis = attribute::analyse(trace.list);
  const std::atomic<bool> stop{true};
  EXPECT_THROW((void)make_timeline(std::move(trace), analysis, &stop), Error);
}

profile::Measurement two_steps() {
  profile::Measurement measurement;
  for (int i = 0; i < 2; ++i) {
    profile::StepSample step;
    step.wall_ns = 1000;
    step.busy_ns = 900;
    step.gap_ns = 100;
    step.stage_time_ns[static_cast<std::size_t>(Stage::kMoe)] = 600;
    step.stage_time_ns[static_cast<std::size_t>(Stage::kNccl)] = 300;
    measurement.steps.push_back(step);
  }
  return measurement;
}

TEST(StepTimeline, EveryStepIsItsStagesSideBySide) {
  const profile::Measurement measurement = two_steps();
  const Timeline timeline = make_step_timeline(measurement);
  EXPECT_EQ(timeline.extent, (TimeRange{0, 2000}));
  const Row row = measured_row(timeline.steps, measurement);
  ASSERT_EQ(row.size(), 6U);  // MoE, NCCL, idle, twice
  EXPECT_EQ(row.slices()[0].stage, Stage::kMoe);
  EXPECT_EQ(row.slices()[0].length_ns(), 600);
  EXPECT_EQ(row.slices()[2].stage, Stage::kGap);
  EXPECT_EQ(row.slices()[2].end_ns, 1000);
}

TEST(Residuals, CompareTheStagesOfMeasurementAndPrediction) {
  const profile::Measurement measurement = two_steps();
  const Timeline timeline = make_step_timeline(measurement);
  profile::Prediction prediction;
  prediction.stages.push_back({.stage = Stage::kMoe, .time_ns = 500});
  const Row row = measured_row(timeline.steps, measurement);
  const auto segments = residuals(row, prediction);
  ASSERT_EQ(segments.size(), 4U);
  EXPECT_EQ(segments[0].stage, Stage::kMoe);
  EXPECT_DOUBLE_EQ(segments[0].relative(), 0.2);
  EXPECT_TRUE(std::isinf(segments[1].relative()));  // NCCL was not predicted
  const Row predicted = predicted_row(timeline.steps, prediction);
  ASSERT_EQ(predicted.size(), 2U);
  EXPECT_EQ(predicted.slices()[1].start_ns, 1000);
}

TEST(Residuals, AHugePredictionEndsWhereTheNextStepBegins) {
  const Timeline timeline = make_step_timeline(two_steps());
  profile::Prediction prediction;
  prediction.stages.push_back({.stage = Stage::kMoe, .time_ns = 1e30});
  const Row predicted = predicted_row(timeline.steps, prediction);
  ASSERT_EQ(predicted.size(), 2U);
  EXPECT_EQ(predicted.slices()[0].end_ns, 1000);
}

}  // namespace
}  // namespace dscope::view_data
