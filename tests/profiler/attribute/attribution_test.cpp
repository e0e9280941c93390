// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/attribution.h"

#include <gtest/gtest.h>

#include <limits>

namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityKind;
using collect::ActivityList;

class AttributionTest : public ::testing::Test {
 protected:
  Activity& add(ActivityKind kind, std::int64_t start, std::int64_t end,
                std::optional<Stage> stage = std::nullopt, const char* name = "work",
                std::int32_t lane = 0, std::int32_t device = 0) {
    Activity a;
    a.kind = kind;
    a.stage = stage;
    a.name = list_.intern(name);
    a.device = device;
    a.lane = lane;
    a.start_ns = start;
    a.end_ns = end;
    list_.activities.push_back(a);
    return list_.activities.back();
  }
  Activity& kernel(std::int64_t start, std::int64_t end, std::optional<Stage> stage,
                   std::int32_t lane = 0, std::int32_t device = 0) {
    return add(ActivityKind::kKernel, start, end, stage, "kernel", lane, device);
  }
  void step(std::int64_t start, std::int64_t end, std::int32_t device = -1) {
    add(ActivityKind::kStep, start, end, std::nullopt, "step", 0, device);
  }
  static std::int64_t time(const StepTimes& s, Stage stage) {
    return s.stage_time_ns[static_cast<std::size_t>(stage)];
  }
  static std::int64_t launches(const StepTimes& s, Stage stage) {
    return s.stage_launches[static_cast<std::size_t>(stage)];
  }

  ActivityList list_;
};

TEST_F(AttributionTest, EmptyListHasNoSteps) {
  const Attribution a = attribute(list_);
  EXPECT_TRUE(a.steps.empty());
  EXPECT_FALSE(a.has_steps);
}

TEST_F(AttributionTest, StagesAndGapMakeUpTheStep) {
  step(100, 200);
  kernel(110, 140, Stage::kMoe);
  kernel(150, 170, Stage::kNccl);
  kernel(170, 180, Stage::kMoe);
  const Attribution a = attribute(list_);
  ASSERT_EQ(a.steps.size(), 1u);
  const StepTimes& s = a.steps[0];
  EXPECT_TRUE(a.has_steps);
  EXPECT_EQ(s.device, 0);
  EXPECT_EQ(s.start_ns, 100);
  EXPECT_EQ(s.wall_ns, 100);
  EXPECT_EQ(time(s, Stage::kMoe), 40);
  EXPECT_EQ(time(s, Stage::kNccl), 20);
  EXPECT_EQ(s.busy_ns, 60);
  EXPECT_EQ(s.gap_ns, 40);
  EXPECT_EQ(time(s, Stage::kGap), 0);
  EXPECT_EQ(launches(s, Stage::kMoe), 2);
  EXPECT_EQ(s.closure_error, 0);
  EXPECT_EQ(a.losses.lost_records(), 0);
}

// |---- moe 0..100 ----|
//     |- router 20..60 -|        the inner op has its time
//        |mhc 30..40|            and the innermost has it before that
TEST_F(AttributionTest, TheInnermostWorkOfALaneHasTheTime) {
  step(0, 100);
  kernel(0, 100, Stage::kMoe);
  kernel(20, 60, Stage::kRouter);
  kernel(30, 40, Stage::kMhc);
  const StepTimes s = attribute(list_).steps.at(0);
  EXPECT_EQ(time(s, Stage::kMoe), 60);
  EXPECT_EQ(time(s, Stage::kRouter), 30);
  EXPECT_EQ(time(s, Stage::kMhc), 10);
  EXPECT_EQ(s.gap_ns, 0);
}

// Programmatic dependent launch: the successor is on the device early and waits.
TEST_F(AttributionTest, PartialOverlapOnOneLaneBelongsToTheEarlierStart) {
  step(0, 100);
  kernel(0, 60, Stage::kMoe);
  kernel(40, 100, Stage::kNccl);
  std::vector<WorkTime> work;
  Options options;
  options.on_work = [&](const WorkTime& w) { work.push_back(w); };
  const StepTimes s = attribute(list_, options).steps.at(0);
  EXPECT_EQ(time(s, Stage::kMoe), 60);
  EXPECT_EQ(time(s, Stage::kNccl), 40);
  ASSERT_EQ(work.size(), 2u);
  EXPECT_EQ(work[0].own_ns, 60);
  EXPECT_EQ(work[1].own_ns, 60) << "a kernel's own time is what the profiler recorded";
}

// Three launched early, one after another; the third waits for both.
TEST_F(AttributionTest, AChainOfEarlyStartsRunsInOrder) {
  step(0, 100);
  kernel(0, 50, Stage::kMoe);
  kernel(10, 70, Stage::kNccl);
  kernel(20, 100, Stage::kRouter);
  const StepTimes s = attribute(list_).steps.at(0);
  EXPECT_EQ(time(s, Stage::kMoe), 50);
  EXPECT_EQ(time(s, Stage::kNccl), 20);
  EXPECT_EQ(time(s, Stage::kRouter), 30);
}

TEST_F(AttributionTest, CommunicationIsExposedOrHidden) {
  step(0, 100);
  kernel(0, 40, Stage::kNccl, 1);
  kernel(30, 60, Stage::kMoe, 2);
  kernel(80, 90, Stage::kNccl, 1);
  const StepTimes s = attribute(list_).steps.at(0);
  EXPECT_EQ(s.comm_exposed_ns, 40);
  EXPECT_EQ(s.comm_hidden_ns, 10);
}

// The outer of two that start together is the longer one, whatever the order of records.
TEST_F(AttributionTest, OfEqualStartsTheShorterIsInner) {
  step(0, 100);
  kernel(0, 30, Stage::kRouter);
  kernel(0, 100, Stage::kMoe);
  const StepTimes s = attribute(list_).steps.at(0);
  EXPECT_EQ(time(s, Stage::kRouter), 30);
  EXPECT_EQ(time(s, Stage::kMoe), 70);
}

TEST_F(AttributionTest, OfEqualIntervalsTheLaterRecordIsInner) {
  step(0, 10);
  kernel(0, 10, Stage::kRouter);
  kernel(0, 10, Stage::kMoe);
  EXPECT_EQ(time(attribute(list_).steps.at(0), Stage::kMoe), 10);
}

// Two lanes 0..100 and 50..150: the middle is shared.
TEST_F(AttributionTest, LanesShareTheirOverlapEqually) {
  step(0, 150);
  kernel(0, 100, Stage::kMoe, 1);
  kernel(50, 150, Stage::kNccl, 2);
  const StepTimes s = attribute(list_).steps.at(0);
  EXPECT_EQ(time(s, Stage::kMoe), 75);
  EXPECT_EQ(time(s, Stage::kNccl), 75);
  EXPECT_EQ(s.busy_ns, 150);
}

// 100 ns over three lanes: 33 each and one left over, which is not lost.
TEST_F(AttributionTest, LeftOverNanosecondsAreNotLost) {
  step(0, 100);
  kernel(0, 100, Stage::kMoe, 1);
  kernel(0, 100, Stage::kNccl, 2);
  kernel(0, 100, Stage::kRouter, 3);
  const StepTimes s = attribute(list_).steps.at(0);
  EXPECT_EQ(time(s, Stage::kMoe), 34);
  EXPECT_EQ(time(s, Stage::kNccl), 33);
  EXPECT_EQ(time(s, Stage::kRouter), 33);
  EXPECT_EQ(s.closure_error, 0);
}

// Two of three lanes run MoE: 100 * 2/3 = 66.67 rounds up, by the larger remainder.
TEST_F(AttributionTest, SharesAreByLane) {
  step(0, 100);
  kernel(0, 100, Stage::kMoe, 1);
  kernel(0, 100, Stage::kMoe, 2);
  kernel(0, 100, Stage::kNccl, 3);
  const StepTimes s = attribute(list_).steps.at(0);
  EXPECT_EQ(time(s, Stage::kMoe), 67);
  EXPECT_EQ(time(s, Stage::kNccl), 33);
}

TEST_F(AttributionTest, WorkIsCutAtBordersAndCounted) {
  step(100, 200);
  step(200, 300);
  kernel(50, 120, Stage::kMoe);    // begins before
  kernel(180, 230, Stage::kNccl);  // crosses
  kernel(290, 400, Stage::kMhc);   // ends after
  const Attribution a = attribute(list_);
  ASSERT_EQ(a.steps.size(), 2u);
  EXPECT_EQ(time(a.steps[0], Stage::kMoe), 20);
  EXPECT_EQ(time(a.steps[0], Stage::kNccl), 20);
  EXPECT_EQ(time(a.steps[1], Stage::kNccl), 30);
  EXPECT_EQ(time(a.steps[1], Stage::kMhc), 10);
  EXPECT_EQ(launches(a.steps[0], Stage::kMoe), 0) << "it was launched before the step";
  EXPECT_EQ(launches(a.steps[0], Stage::kNccl), 1);
  EXPECT_EQ(launches(a.steps[1], Stage::kNccl), 0);
  EXPECT_EQ(a.losses.clipped_activities, 3);
  EXPECT_EQ(a.losses.outside_steps, 0);
}

TEST_F(AttributionTest, WorkOutsideStepsIsCounted) {
  step(100, 200);
  step(300, 400);
  kernel(0, 90, Stage::kMoe);
  kernel(200, 300, Stage::kMoe);
  kernel(450, 460, Stage::kMoe);
  const Attribution a = attribute(list_);
  EXPECT_EQ(a.losses.outside_steps, 3);
  EXPECT_EQ(a.losses.outside_steps_ns, 200);
  EXPECT_EQ(a.losses.clipped_activities, 0);
  EXPECT_EQ(a.steps[0].gap_ns, 100);
  EXPECT_EQ(a.steps[1].gap_ns, 100);
}

TEST_F(AttributionTest, WithoutStepsTheExtentOfAllWorkIsTheWindow) {
  kernel(100, 150, Stage::kMoe, 0, 0);
  kernel(180, 300, Stage::kNccl, 0, 1);
  const Attribution a = attribute(list_);
  EXPECT_FALSE(a.has_steps);
  ASSERT_EQ(a.steps.size(), 2u);
  for (const StepTimes& s : a.steps) {
    EXPECT_EQ(s.start_ns, 100);
    EXPECT_EQ(s.wall_ns, 200);
  }
  EXPECT_EQ(a.steps[0].gap_ns, 150);
  EXPECT_EQ(a.steps[1].gap_ns, 80);
}

TEST_F(AttributionTest, DevicesAreSeparate) {
  step(0, 100);
  kernel(0, 50, Stage::kMoe, 0, 0);
  kernel(0, 80, Stage::kNccl, 0, 1);
  const Attribution a = attribute(list_);
  ASSERT_EQ(a.steps.size(), 2u);
  EXPECT_EQ(a.steps[0].device, 0);
  EXPECT_EQ(time(a.steps[0], Stage::kMoe), 50) << "another device takes no share";
  EXPECT_EQ(a.steps[1].device, 1);
  EXPECT_EQ(time(a.steps[1], Stage::kNccl), 80);
}

TEST_F(AttributionTest, ADeviceCanHaveStepsOfItsOwn) {
  step(0, 100);     // of the host, for device 0
  step(20, 60, 1);  // of device 1
  step(70, 90, 2);  // of device 2, which did nothing
  kernel(10, 50, Stage::kMoe, 0, 0);
  kernel(10, 50, Stage::kMoe, 0, 1);
  const Attribution a = attribute(list_);
  ASSERT_EQ(a.steps.size(), 3u);
  EXPECT_EQ(a.steps[0].wall_ns, 100);
  EXPECT_EQ(a.steps[1].wall_ns, 40);
  EXPECT_EQ(time(a.steps[1], Stage::kMoe), 30);
  EXPECT_EQ(a.steps[2].device, 2);
  EXPECT_EQ(a.steps[2].gap_ns, 20);
}

TEST_F(AttributionTest, AStepWithoutWorkIsAllGap) {
  step(0, 100);
  const Attribution a = attribute(list_);
  ASSERT_EQ(a.steps.size(), 1u);
  EXPECT_EQ(a.steps[0].device, -1);
  EXPECT_EQ(a.steps[0].gap_ns, 100);
  EXPECT_EQ(a.steps[0].closure_error, 0);
}

TEST_F(AttributionTest, OverlappingStepsAreDroppedAndCounted) {
  step(0, 100);
  step(50, 150);
  step(100, 200);
  kernel(0, 200, Stage::kMoe);
  const Attribution a = attribute(list_);
  ASSERT_EQ(a.steps.size(), 2u);
  EXPECT_EQ(a.steps[1].start_ns, 100);
  EXPECT_EQ(a.losses.overlapping_steps, 1);
}

TEST_F(AttributionTest, UnusableRecordsAreCountedAndLeftOut) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  step(10, 100);
  step(50, 50);
  kernel(20, 20, Stage::kMoe);
  kernel(40, 30, Stage::kMoe);
  kernel(0, 0, Stage::kMoe);
  kernel(std::numeric_limits<std::int64_t>::min(), kHuge, Stage::kMoe);
  kernel(20, kHuge, Stage::kMoe);
  const Attribution a = attribute(list_);
  EXPECT_EQ(a.losses.zero_durations, 2);
  EXPECT_EQ(a.losses.negative_durations, 1);
  EXPECT_EQ(a.losses.zero_timestamps, 3);
  EXPECT_EQ(a.losses.lost_records(), 6);
  ASSERT_EQ(a.steps.size(), 1u);
  EXPECT_EQ(a.steps[0].gap_ns, 90);
}

TEST_F(AttributionTest, ATraceMayCountFromZero) {
  step(0, 10);
  kernel(0, 5, Stage::kMoe);
  EXPECT_EQ(time(attribute(list_).steps.at(0), Stage::kMoe), 5);
}

TEST_F(AttributionTest, UnlabelledWorkIsListedByName) {
  step(0, 100);
  add(ActivityKind::kKernel, 0, 10, std::nullopt, "mystery");
  add(ActivityKind::kKernel, 10, 50, std::nullopt, "enigma");
  add(ActivityKind::kMemcpy, 60, 65, std::nullopt, "mystery");
  const Attribution a = attribute(list_);
  EXPECT_EQ(time(a.steps[0], Stage::kUnattributed), 55);
  ASSERT_EQ(a.unattributed.size(), 2u);
  EXPECT_EQ(a.unattributed[0].name, "enigma");
  EXPECT_EQ(a.unattributed[0].time_ns, 40);
  EXPECT_EQ(a.unattributed[1].name, "mystery");
  EXPECT_EQ(a.unattributed[1].count, 2);
  EXPECT_EQ(a.unattributed[1].time_ns, 15);
}

TEST_F(AttributionTest, TheInnermostLabelledRangeOfTheLaneNamesTheStage) {
  step(0, 100);
  add(ActivityKind::kRange, 0, 100, Stage::kMoe, "outer", 5);
  add(ActivityKind::kRange, 20, 60, Stage::kRouter, "inner", 5);
  add(ActivityKind::kRange, 30, 40, std::nullopt, "says nothing", 5);
  kernel(10, 15, std::nullopt, 5);
  kernel(35, 38, std::nullopt, 5);
  kernel(60, 70, std::nullopt, 5);  // the inner range has just ended
  kernel(80, 81, Stage::kMhc, 5);   // knows better
  kernel(90, 92, std::nullopt, 6);  // another lane
  const StepTimes s = attribute(list_).steps.at(0);
  EXPECT_EQ(time(s, Stage::kMoe), 15);
  EXPECT_EQ(time(s, Stage::kRouter), 3);
  EXPECT_EQ(time(s, Stage::kMhc), 1);
  EXPECT_EQ(time(s, Stage::kUnattributed), 2);
}

// Work runs long after its launch: the range that counts is the one around the call.
TEST_F(AttributionTest, DeviceWorkIsLabelledWhereItWasLaunched) {
  step(0, 200);
  add(ActivityKind::kRange, 0, 20, Stage::kMoe, "range", 7, -1);
  add(ActivityKind::kRange, 20, 40, Stage::kNccl, "range", 7, -1);
  add(ActivityKind::kRuntimeCall, 5, 8, std::nullopt, "launch", 7, -1).correlation = 11;
  add(ActivityKind::kRuntimeCall, 25, 28, std::nullopt, "launch", 7, -1).correlation = 12;
  kernel(100, 130, std::nullopt).correlation = 11;
  kernel(130, 140, std::nullopt).correlation = 12;
  kernel(150, 151, std::nullopt).correlation = 13;  // its call is not in the trace
  const StepTimes s = attribute(list_).steps.at(0);
  EXPECT_EQ(s.device, 0);
  EXPECT_EQ(time(s, Stage::kMoe), 30);
  EXPECT_EQ(time(s, Stage::kNccl), 10);
  EXPECT_EQ(time(s, Stage::kUnattributed), 1);
}

TEST_F(AttributionTest, TheLabelerIsAskedLast) {
  step(0, 100);
  add(ActivityKind::kRange, 0, 10, Stage::kMoe, "range");
  add(ActivityKind::kKernel, 0, 10, std::nullopt, "in a range");
  add(ActivityKind::kKernel, 20, 30, Stage::kMhc, "labelled");
  add(ActivityKind::kKernel, 40, 50, std::nullopt, "by name");
  add(ActivityKind::kKernel, 60, 70, std::nullopt, "nobody knows");
  std::vector<std::string> asked;
  Options options;
  options.labeler = [&](const Activity&, std::string_view name) -> std::optional<Stage> {
    asked.emplace_back(name);
    if (name == "by name") return Stage::kIndexer;
    return std::nullopt;
  };
  const StepTimes s = attribute(list_, options).steps.at(0);
  EXPECT_EQ(asked, (std::vector<std::string>{"by name", "nobody knows"}));
  EXPECT_EQ(time(s, Stage::kIndexer), 10);
  EXPECT_EQ(time(s, Stage::kUnattributed), 10);
}

TEST_F(AttributionTest, OwnTimeLeavesOutWhatIsNestedAndIsNotShared) {
  step(0, 100);
  kernel(0, 80, Stage::kMoe, 1);
  kernel(10, 30, Stage::kRouter, 1);
  kernel(0, 100, Stage::kNccl, 2);
  std::vector<WorkTime> work;
  Options options;
  options.on_work = [&](const WorkTime& w) { work.push_back(w); };
  (void)attribute(list_, options);
  ASSERT_EQ(work.size(), 3u);
  EXPECT_EQ(work[0].stage, Stage::kNccl);  // of equal starts the longer one first
  EXPECT_EQ(work[0].own_ns, 100);
  EXPECT_EQ(work[1].stage, Stage::kMoe);
  EXPECT_EQ(work[1].own_ns, 60);
  EXPECT_EQ(work[2].index, 2u);
  EXPECT_EQ(work[2].own_ns, 20);
}

}  // namespace
}  // namespace dscope::attribute
