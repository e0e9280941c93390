// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/host_source.h"

#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace dscope::collect {
namespace {

std::vector<Activity> of_kind(const ActivityList& list, ActivityKind kind) {
  std::vector<Activity> found;
  for (const Activity& a : list.activities) {
    if (a.kind == kind) found.push_back(a);
  }
  return found;
}

TEST(HostSource, RecordsRangesAndSteps) {
  HostSource source;
  source.begin_step();
  source.begin(Stage::kMoe, "outer");
  source.begin(Stage::kRouter, "inner");
  std::this_thread::sleep_for(std::chrono::microseconds(200));
  source.end();
  source.end();
  const std::int64_t wall_ns = source.end_step();
  ActivityList list;
  source.drain(list);

  const auto steps = of_kind(list, ActivityKind::kStep);
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(steps[0].end_ns - steps[0].start_ns, wall_ns);
  const auto ranges = of_kind(list, ActivityKind::kKernel);
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(list.name_of(ranges[0]), "outer");
  EXPECT_EQ(ranges[0].stage, Stage::kMoe);
  EXPECT_EQ(list.name_of(ranges[1]), "inner");
  EXPECT_EQ(ranges[1].stage, Stage::kRouter);
  EXPECT_EQ(ranges[1].device, -1);
  EXPECT_LE(steps[0].start_ns, ranges[0].start_ns);
  EXPECT_LE(ranges[0].start_ns, ranges[1].start_ns);
  EXPECT_LE(ranges[1].end_ns, ranges[0].end_ns);
  EXPECT_LE(ranges[0].end_ns, steps[0].end_ns);
  EXPECT_GE(ranges[1].end_ns - ranges[1].start_ns, 200'000);
  EXPECT_EQ(source.losses().lost_records(), 0);
}

TEST(HostSource, DrainEmptiesTheBuffer) {
  HostSource source(1);
  ActivityList list;
  for (int step = 0; step < 3; ++step) {
    source.begin_step();
    source.begin(Stage::kMoe, "op");
    source.end();
    (void)source.end_step();
    source.drain(list);
  }
  EXPECT_EQ(of_kind(list, ActivityKind::kKernel).size(), 3u);
  EXPECT_EQ(list.names.size(), 2u) << "op and step, once each";
  EXPECT_EQ(source.losses().dropped_records, 0);
}

TEST(HostSource, AFullBufferDropsAndCounts) {
  HostSource source(2);
  source.begin_step();
  for (int i = 0; i < 5; ++i) {
    source.begin(Stage::kMoe, "op");
    source.end();
  }
  (void)source.end_step();
  ActivityList list;
  source.drain(list);
  EXPECT_EQ(of_kind(list, ActivityKind::kKernel).size(), 2u);
  EXPECT_EQ(source.losses().dropped_records, 3);
}

// The outer range fits, the inner does not: the ends still find their begins.
TEST(HostSource, DroppedRangesKeepTheNesting) {
  HostSource source(1);
  source.begin_step();
  source.begin(Stage::kMoe, "outer");
  source.begin(Stage::kRouter, "inner");
  source.end();
  source.end();
  (void)source.end_step();
  EXPECT_EQ(source.losses().dropped_records, 1);
  EXPECT_EQ(source.losses().unclosed_ranges, 0);
  EXPECT_EQ(source.losses().unbalanced_ends, 0);
  ActivityList list;
  source.drain(list);
  EXPECT_EQ(of_kind(list, ActivityKind::kKernel).size(), 1u);
}

TEST(HostSource, DepthBeyondTheLimitIsDropped) {
  HostSource source;
  source.begin_step();
  for (int i = 0; i < 70; ++i) source.begin(Stage::kMoe, "deep");
  for (int i = 0; i < 70; ++i) source.end();
  (void)source.end_step();
  EXPECT_EQ(source.losses().dropped_records, 6);
  EXPECT_EQ(source.losses().unclosed_ranges, 0);
  EXPECT_EQ(source.losses().unbalanced_ends, 0);
}

TEST(HostSource, UnclosedRangesAreCountedAndForgotten) {
  HostSource source;
  source.begin_step();
  source.begin(Stage::kMoe, "closed");
  source.end();
  source.begin(Stage::kMoe, "open");
  (void)source.end_step();
  ActivityList list;
  source.drain(list);
  EXPECT_EQ(of_kind(list, ActivityKind::kKernel).size(), 1u);
  EXPECT_EQ(source.losses().unclosed_ranges, 1);
}

TEST(HostSource, EndsWithoutBeginAreCounted) {
  HostSource source;
  source.begin_step();
  source.end();
  (void)source.end_step();
  EXPECT_EQ(source.losses().unbalanced_ends, 1);
}

TEST(HostSource, RangesOfOtherThreadsAreCounted) {
  HostSource source;
  source.begin_step();
  std::thread([&] {
    source.begin(Stage::kMoe, "elsewhere");
    source.end();
  }).join();
  (void)source.end_step();
  EXPECT_EQ(source.losses().dropped_records, 1);
  EXPECT_EQ(source.losses().unbalanced_ends, 0);
}

TEST(HostSource, RangesOutsideStepsAreIgnored) {
  HostSource source;
  source.begin(Stage::kMoe, "before");
  source.end();
  ActivityList list;
  source.drain(list);
  EXPECT_TRUE(list.activities.empty());
  EXPECT_EQ(source.losses().lost_records(), 0);
}

TEST(HostSource, DisabledStepsAreTimedWithoutRanges) {
  HostSource source;
  source.set_enabled(false);
  source.begin_step();
  source.begin(Stage::kMoe, "op");
  std::this_thread::sleep_for(std::chrono::microseconds(100));
  source.end();
  EXPECT_GE(source.end_step(), 100'000);
  ActivityList list;
  source.drain(list);
  ASSERT_EQ(list.activities.size(), 1u);
  EXPECT_EQ(list.activities[0].kind, ActivityKind::kStep);
  EXPECT_EQ(source.losses().lost_records(), 0);
}

TEST(HostSource, CallsOutOfOrderAreDefects) {
  HostSource source;
  ActivityList list;
  EXPECT_THROW((void)source.end_step(), Error);
  source.begin_step();
  EXPECT_THROW(source.begin_step(), Error);
  EXPECT_THROW(source.drain(list), Error);
  EXPECT_THROW(source.set_enabled(false), Error);
}

TEST(HostSource, MeasuresItsOwnCost) {
  EXPECT_GT(measure_range_cost_ns(), 0);
}

}  // namespace
}  // namespace dscope::collect
