// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_alignment.h"

#include "viewer/view_data/timeline_view.h"

#include <gtest/gtest.h>

#include <limits>

namespace dscope::view_data {
namespace {

Timeline with(TimeRange extent, std::vector<TimeRange> steps) {
  Timeline timeline;
  timeline.extent = extent;
  timeline.steps = std::move(steps);
  return timeline;
}

TEST(Align, LaysTheBeginningsOfOneStepUnderEachOther) {
  const Timeline upper = with({1000, 2000}, {{1100, 1300}, {1400, 1900}});
  const Timeline lower = with({50'000, 50'400}, {{50'010, 50'110}, {50'200, 50'380}});
  const Alignment first = align(upper, lower, 0);
  EXPECT_EQ(first.steps, 2U);
  EXPECT_EQ(first.origins_ns[0], 1100);
  EXPECT_EQ(first.origins_ns[1], 50'010);
  EXPECT_EQ(first.step_ns[0], 200);
  EXPECT_EQ(first.step_ns[1], 100);
  // 100 before and 900 after the common instant: what the upper one needs.
  EXPECT_EQ(first.extents[0], (TimeRange{1000, 2000}));
  EXPECT_EQ(first.extents[1], (TimeRange{49'910, 50'910}));
  EXPECT_EQ(first.longest_step(), (TimeRange{1100, 1300}));
  const Alignment second = align(upper, lower, 1);
  EXPECT_EQ(second.origins_ns[0], 1400);
  EXPECT_EQ(second.origins_ns[1], 50'200);
  EXPECT_EQ(second.extents[0].length_ns(), second.extents[1].length_ns());
}

TEST(Align, AStepThatOneOfThemLacksIsTheLastOfBoth) {
  const Timeline upper = with({0, 100}, {{0, 30}, {40, 90}});
  const Timeline lower = with({0, 50}, {{10, 50}});
  EXPECT_EQ(align(upper, lower, 7).step, 0U);
  EXPECT_EQ(align(upper, lower, 7).origins_ns[1], 10);
}

TEST(Align, WithoutStepsTheyBeginTogether) {
  const Timeline upper = with({100, 300}, {});
  const Timeline lower = with({7000, 7050}, {{7010, 7020}});
  const Alignment together = align(upper, lower, 0);
  EXPECT_EQ(together.steps, 0U);
  EXPECT_EQ(together.extents[0], (TimeRange{100, 300}));
  EXPECT_EQ(together.extents[1], (TimeRange{7000, 7200}));
  EXPECT_EQ(together.longest_step(), together.extents[0]);
  EXPECT_TRUE(align({}, {}, 3).extents[0].empty());
}

TEST(Align, TimesAtTheEndsOfTheirTypeStayInside) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const Timeline late = with({kMost - 100, kMost}, {{kMost - 50, kMost}});
  const Timeline early = with({-kMost, -kMost + 1000}, {{-kMost + 500, -kMost + 900}});
  const Alignment both = align(late, early, 0);
  EXPECT_EQ(both.extents[0].end_ns, kMost);
  EXPECT_EQ(both.extents[1].start_ns, -kMost);
}

TEST(LinkedViews, ShowTheSameTimeAfterTheStep) {
  const Timeline upper = with({1000, 2000}, {{1100, 1300}});
  const Timeline lower = with({50'000, 50'400}, {{50'010, 50'110}});
  const Alignment both = align(upper, lower, 0);
  TimelineView views[2];
  for (std::size_t i = 0; i < 2; ++i) {
    views[i].set_width(500);
    views[i].reset(both.extents[i], both.origins_ns[i]);
  }
  const auto expect_linked = [&] {
    for (const std::int64_t time : {-60, 0, 1, 90, 777}) {
      EXPECT_NEAR(views[0].x_of(1100 + time), views[1].x_of(50'010 + time), 1e-6) << time;
    }
  };
  expect_linked();
  views[0].show(both.longest_step(), 0.05);
  views[1].follow(views[0]);
  expect_linked();
  views[1].zoom(123, 0.5);
  views[0].follow(views[1]);
  expect_linked();
  views[1].pan(-4000);  // to the end of what there is
  views[0].follow(views[1]);
  expect_linked();
}

}  // namespace
}  // namespace dscope::view_data
