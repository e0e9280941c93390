// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/attribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <random>

// Random work against a description of the rules that goes through time nanosecond by nanosecond.
namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityKind;
using collect::ActivityList;

constexpr std::int64_t kEnd = 400;

struct Expected {
  std::array<double, kStageCount> stage_ns{};
  std::int64_t busy_ns = 0;
  std::int64_t exposed_ns = 0;
  std::int64_t hidden_ns = 0;
};

// Whether x, not y, has the time when both are active on one lane.
bool is_inner(const Activity& x, const Activity& y) {
  if (x.start_ns != y.start_ns) return x.start_ns > y.start_ns;
  if (x.end_ns != y.end_ns) return x.end_ns < y.end_ns;
  return &x > &y;
}

// When a piece of work has its turn: when all of its lane that started before it and ends before it
// has ended.
std::int64_t turn_of(const Activity& a, const ActivityList& list) {
  std::int64_t turn_ns = a.start_ns;
  for (const Activity& other : list.activities) {
    if (!is_work(other.kind) || other.device != a.device || other.lane != a.lane) continue;
    if (&other != &a && is_inner(a, other) && other.end_ns < a.end_ns) {
      turn_ns = std::max(turn_ns, other.end_ns);
    }
  }
  return turn_ns;
}

Expected oracle(const ActivityList& list, std::int32_t device, std::int64_t begin, std::int64_t end,
                std::vector<std::int64_t>& own_ns, std::vector<std::int64_t>& waited_ns) {
  Expected expected;
  std::vector<std::int64_t> turns;
  for (const Activity& a : list.activities) turns.push_back(turn_of(a, list));
  for (std::int64_t t = begin; t < end; ++t) {
    std::map<std::int32_t, const Activity*> top;
    for (const Activity& a : list.activities) {
      if (!is_work(a.kind) || a.device != device || t < a.start_ns || t >= a.end_ns) continue;
      const auto index = static_cast<std::size_t>(&a - list.activities.data());
      if (t < turns[index]) {
        ++own_ns[index];
        ++waited_ns[index];
        continue;
      }
      const Activity*& best = top[a.lane];
      if (best == nullptr || is_inner(a, *best)) best = &a;
    }
    if (!top.empty()) ++expected.busy_ns;
    std::size_t collectives = 0;
    for (const auto& [lane, a] : top) collectives += *a->stage == Stage::kNccl ? 1 : 0;
    if (collectives > 0) ++(collectives == top.size() ? expected.exposed_ns : expected.hidden_ns);
    for (const auto& [lane, a] : top) {
      expected.stage_ns[static_cast<std::size_t>(*a->stage)] +=
          1.0 / static_cast<double>(top.size());
      ++own_ns[static_cast<std::size_t>(a - list.activities.data())];
    }
  }
  return expected;
}

ActivityList random_work(std::mt19937& random, int count, int lanes, int devices) {
  const auto up_to = [&](std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(0, n)(random);
  };
  ActivityList list;
  list.intern("work");
  for (int i = 0; i < count; ++i) {
    Activity a;
    a.stage = static_cast<Stage>(up_to(static_cast<int>(Stage::kUnattributed)));
    a.device = static_cast<std::int32_t>(up_to(devices - 1));
    a.lane = static_cast<std::int32_t>(up_to(lanes - 1)) * 1000 - 5;
    a.start_ns = up_to(kEnd);
    // Many short ones, some that span everything.
    a.end_ns = a.start_ns + 1 + (up_to(4) == 0 ? up_to(kEnd) : up_to(20));
    list.activities.push_back(a);
  }
  for (std::int64_t at = up_to(40); at < kEnd;) {
    Activity step;
    step.kind = ActivityKind::kStep;
    step.device = -1;
    step.start_ns = at;
    step.end_ns = at + 1 + up_to(150);
    at = step.end_ns + (up_to(1) == 0 ? 0 : up_to(30));
    list.activities.push_back(step);
  }
  return list;
}

void check(const ActivityList& list) {
  std::vector<std::int64_t> own_ns(list.activities.size(), 0);
  std::vector<std::int64_t> expected_own_ns(list.activities.size(), 0);
  std::vector<std::int64_t> waited_ns(list.activities.size(), 0);
  std::vector<std::int64_t> expected_waited_ns(list.activities.size(), 0);
  Options options;
  options.on_work = [&](const WorkTime& w) {
    own_ns[w.index] = w.own_ns;
    waited_ns[w.index] = w.waited_ns;
  };
  const Attribution attributed = attribute(list, options);
  for (const StepTimes& step : attributed.steps) {
    const Expected expected = oracle(list, step.device, step.start_ns, step.start_ns + step.wall_ns,
                                     expected_own_ns, expected_waited_ns);
    ASSERT_EQ(step.busy_ns, expected.busy_ns);
    ASSERT_EQ(step.gap_ns, step.wall_ns - expected.busy_ns);
    ASSERT_EQ(step.comm_exposed_ns, expected.exposed_ns);
    ASSERT_EQ(step.comm_hidden_ns, expected.hidden_ns);
    ASSERT_EQ(std::accumulate(step.stage_time_ns.begin(), step.stage_time_ns.end(), step.gap_ns),
              step.wall_ns);
    ASSERT_EQ(step.closure_error, 0);
    // Each interval between two starts or ends rounds by less than a nanosecond.
    const double slack = 2.0 * static_cast<double>(list.activities.size());
    for (std::size_t s = 0; s < kStageCount; ++s) {
      ASSERT_NEAR(static_cast<double>(step.stage_time_ns[s]), expected.stage_ns[s], slack);
    }
  }
  ASSERT_EQ(own_ns, expected_own_ns);
  ASSERT_EQ(waited_ns, expected_waited_ns);
}

TEST(AttributionProperty, OneLaneIsExact) {
  std::mt19937 random(1);
  for (int round = 0; round < 150; ++round) {
    const ActivityList list = random_work(random, 1 + round % 40, 1, 1);
    check(list);
    std::vector<std::int64_t> ignored(list.activities.size(), 0);
    for (const StepTimes& step : attribute(list).steps) {
      const Expected expected =
          oracle(list, step.device, step.start_ns, step.start_ns + step.wall_ns, ignored, ignored);
      for (std::size_t s = 0; s < kStageCount; ++s) {
        ASSERT_EQ(static_cast<double>(step.stage_time_ns[s]), expected.stage_ns[s]);
      }
    }
  }
}

TEST(AttributionProperty, ManyLanesAndDevices) {
  std::mt19937 random(2);
  for (int round = 0; round < 150; ++round) {
    check(random_work(random, 1 + round % 40, 1 + round % 5, 1 + round % 3));
  }
}

// With times in multiples of the number of lane combinations nothing is left over, and shares are
// exact: 12 is divisible by 1, 2, 3 and 4 lanes.
TEST(AttributionProperty, SharesAreExactWhereTheyAreWhole) {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    ActivityList list = random_work(random, 12, 4, 1);
    for (Activity& a : list.activities) {
      a.start_ns *= 12;
      a.end_ns *= 12;
    }
    std::vector<std::int64_t> ignored(list.activities.size(), 0);
    for (const StepTimes& step : attribute(list).steps) {
      const Expected expected =
          oracle(list, step.device, step.start_ns, step.start_ns + step.wall_ns, ignored, ignored);
      for (std::size_t s = 0; s < kStageCount; ++s) {
        ASSERT_NEAR(static_cast<double>(step.stage_time_ns[s]), expected.stage_ns[s], 1e-6);
      }
    }
  }
}

// Shapes for which a quadratic algorithm would not end: a tower of nested work, and many lanes that
// are all busy at once.
TEST(AttributionProperty, DeepNestingAndManyLanesEnd) {
  constexpr std::int64_t kCount = 200'000;
  ActivityList nested;
  ActivityList wide;
  ActivityList staggered;
  nested.intern("work");
  wide.intern("work");
  staggered.intern("work");
  for (std::int64_t i = 0; i < kCount; ++i) {
    Activity a;
    a.stage = i % 2 == 0 ? Stage::kMoe : Stage::kNccl;
    a.device = 0;
    a.start_ns = i;
    a.end_ns = 2 * kCount - i;
    nested.activities.push_back(a);
    a.lane = static_cast<std::int32_t>(i);
    wide.activities.push_back(a);
    a.lane = 0;
    a.end_ns = kCount + i;
    staggered.activities.push_back(a);
  }
  for (const ActivityList* list : {&nested, &wide, &staggered}) {
    const StepTimes step = attribute(*list).steps.at(0);
    EXPECT_GE(step.wall_ns, 2 * kCount - 1);
    EXPECT_EQ(step.busy_ns, step.wall_ns);
    EXPECT_EQ(step.closure_error, 0);
  }
}

}  // namespace
}  // namespace dscope::attribute
