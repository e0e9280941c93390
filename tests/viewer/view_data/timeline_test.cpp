// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline.h"

#include "viewer/view_data/sample_timeline.h"
#include "viewer/view_data/timeline_build.h"
#include "viewer/view_data/timeline_columns.h"
#include "viewer/view_data/timeline_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace dscope::view_data {
namespace {

Slice slice(std::int64_t start, std::int64_t end, Stage stage = Stage::kMoe) {
  Slice s{.start_ns = start, .end_ns = end};
  s.stage = stage;
  return s;
}

Row random_row(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  Row row;
  std::int64_t at = 100;
  for (std::size_t i = 0; i < count; ++i) {
    at += static_cast<std::int64_t>(random() % 5);
    const auto length = static_cast<std::int64_t>(1 + random() % 9);
    row.add(slice(at, at + length, static_cast<Stage>(random() % kStageCount)));
    at += length;
  }
  row.finish();
  return row;
}

TEST(Row, AnswersLikeAScanOverAllSlices) {
  const Row row = random_row(1000, 3);
  for (std::int64_t t = 90; t < row.end_ns() + 10; t += 7) {
    Row::StageSums expected{};
    std::uint32_t at = kNoSlice;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Slice& s = row.slices()[i];
      expected[static_cast<std::size_t>(s.stage)] +=
          std::max<std::int64_t>(0, std::min(s.end_ns, t) - s.start_ns);
      if (s.start_ns <= t && t < s.end_ns) at = static_cast<std::uint32_t>(i);
    }
    ASSERT_EQ(row.before(t), expected) << t;
    ASSERT_EQ(row.at(t), at) << t;
  }
}

TEST(Row, AnEmptyOneKnowsNothing) {
  Row row;
  row.finish();
  EXPECT_EQ(row.before(5), Row::StageSums{});
  EXPECT_EQ(row.at(5), kNoSlice);
  EXPECT_EQ(row.first_after(5), 0U);
}

TEST(TimelineView, WhatIsUnderTheMouseStaysThereWhileZooming) {
  TimelineView view;
  view.set_width(1000);
  view.reset({1'700'000'000'000'000'000, 1'700'000'000'500'000'000});
  const std::int64_t before = view.time_at(250);
  for (int i = 0; i < 20; ++i) view.zoom(250, 0.7);
  EXPECT_NEAR(static_cast<double>(view.time_at(250) - before), 0, 2);
  EXPECT_LT(view.ns_per_pixel(), 1000);
  view.fit();
  EXPECT_LE(view.visible().start_ns, 1'700'000'000'000'000'000);
  EXPECT_GE(view.visible().end_ns, 1'700'000'000'500'000'000);
}

TEST(TimelineView, ANewExtentLeavesWhatIsVisibleWhereItWas) {
  TimelineView view;
  view.set_width(1000);
  view.reset({1'000'000, 2'000'000});
  view.set_extent({900'000, 2'500'000});
  EXPECT_LE(view.visible().start_ns, 900'000);  // all was visible, and still is
  EXPECT_GE(view.visible().end_ns, 2'500'000);
  EXPECT_EQ(view.origin_ns(), 1'000'000);
  view.show({1'200'000, 1'300'000}, 0);
  view.set_extent({500'000, 3'000'000});
  EXPECT_NEAR(static_cast<double>(view.visible().start_ns), 1'200'000, 2);
  EXPECT_NEAR(static_cast<double>(view.visible().end_ns), 1'300'000, 2);
}

TEST(TimelineView, NeverLosesTheTimelineOrItsMind) {
  TimelineView view;
  view.set_width(800);
  view.reset({0, 1000});
  for (int i = 0; i < 200; ++i) view.pan(1e6);
  EXPECT_LT(view.visible().start_ns, 1000 + 1000);
  for (int i = 0; i < 500; ++i) view.zoom(400, 0.5);
  EXPECT_GE(view.visible().length_ns(), 20);
  view.zoom(400, NAN);
  view.zoom(400, -1);
  EXPECT_TRUE(std::isfinite(view.ns_per_pixel()));
  view.reset({5, 5});
  EXPECT_GT(view.ns_per_pixel(), 0);
}

TEST(VisibleBoxes, CoverExactlyTheTimeOfTheSlices) {
  const Row row = random_row(20'000, 7);
  TimelineView view;
  view.set_width(600);
  view.reset({row.slices().front().start_ns, row.end_ns()});
  std::vector<TimelineBox> boxes;
  visible_boxes(row, view, boxes);
  ASSERT_FALSE(boxes.empty());
  EXPECT_LE(boxes.size(), 700U);  // bounded by pixels, not by slices
  float last = -10;
  for (const TimelineBox& box : boxes) {
    EXPECT_GE(box.x0, last);
    EXPECT_GT(box.x1, box.x0);
    EXPECT_GT(box.busy, 0);
    EXPECT_LE(box.busy, 1);
    last = box.x0;
  }
}

TEST(VisibleBoxes, ZoomedInShowsEverySliceByItself) {
  const Row row = random_row(1000, 9);
  TimelineView view;
  view.set_width(1000);
  view.reset({row.slices().front().start_ns, row.end_ns()});
  const Slice& first = row.slices()[500];
  const Slice& last = row.slices()[510];
  view.show({first.start_ns, last.end_ns}, 0);
  std::vector<TimelineBox> boxes;
  visible_boxes(row, view, boxes);
  for (std::uint32_t i = 500; i <= 510; ++i) {
    const auto found = std::find_if(boxes.begin(), boxes.end(),
                                    [&](const TimelineBox& box) { return box.slice == i; });
    ASSERT_NE(found, boxes.end()) << i;
    EXPECT_EQ(found->stage, row.slices()[i].stage);
    EXPECT_NEAR(found->x1 - found->x0, view.pixels(row.slices()[i].length_ns()), 8.1);
  }
}

TEST(VisibleBoxes, AColumnHasTheStageWithMostTime) {
  Row row;
  for (std::int64_t t = 0; t < 100'000; t += 10) {
    row.add(slice(t, t + 2, Stage::kNccl));
    row.add(slice(t + 2, t + 8, Stage::kMoe));
  }
  row.finish();
  TimelineView view;
  view.set_width(100);
  view.reset({0, 100'000});
  std::vector<TimelineBox> boxes;
  visible_boxes(row, view, boxes);
  ASSERT_FALSE(boxes.empty());
  for (const TimelineBox& box : boxes) EXPECT_EQ(box.stage, Stage::kMoe);
  EXPECT_NEAR(boxes[boxes.size() / 2].busy, 0.875, 0.001);  // 0.8, in steps of an eighth
}

TEST(IdleRow, IsWhatNoLaneOfTheDeviceCovers) {
  Group group;
  group.lanes.resize(2);
  for (Lane& lane : group.lanes) lane.rows.resize(1);
  group.lanes[0].rows[0].add(slice(10, 20));
  group.lanes[0].rows[0].add(slice(50, 60));
  group.lanes[1].rows[0].add(slice(15, 30));
  group.lanes[1].rows[0].add(slice(60, 70));
  for (Lane& lane : group.lanes) lane.rows[0].finish();
  const Row idle = idle_row(group);
  ASSERT_EQ(idle.size(), 1U);
  EXPECT_EQ(idle.slices()[0].start_ns, 30);
  EXPECT_EQ(idle.slices()[0].end_ns, 50);
  EXPECT_EQ(idle.slices()[0].stage, Stage::kGap);
}

TEST(SampleDocument, HasAboutAsManySlicesAsAskedForAndSaysWhatItIs) {
  const DocumentPtr document = make_sample_document(20'000);
  EXPECT_EQ(document->kind(), profile::Kind::kEmulated);
  EXPECT_GE(document->timeline->slice_count, 20'000U);
  EXPECT_LE(document->timeline->slice_count, 22'000U);
  std::size_t counted = 0;
  for (const Group& group : document->timeline->groups) {
    for (const Lane& lane : group.lanes) counted += lane.slices();
  }
  EXPECT_EQ(counted, document->timeline->slice_count);
}

}  // namespace
}  // namespace dscope::view_data
