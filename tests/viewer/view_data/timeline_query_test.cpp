// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_query.h"

#include <gtest/gtest.h>

namespace dscope::view_data {
namespace {

// Two lanes of work and one of calls:
//   stream 7   Alpha[10,20] beta[30,60] alpha2[70,75]
//   stream 8   beta[15,25]
//   host       launch[1,3]
Timeline sample() {
  Timeline timeline;
  timeline.names = {"Alpha", "beta", "alpha2", "launch"};
  timeline.has_events = true;
  const auto lane = [](LaneKind kind, std::vector<Slice> slices) {
    Lane made{.kind = kind};
    made.rows.resize(1);
    for (const Slice& s : slices) made.rows[0].add(s);
    made.rows[0].finish();
    return made;
  };
  const auto slice = [](std::int64_t start, std::int64_t end, std::uint32_t name, Stage stage,
                        std::uint64_t correlation = 0) {
    Slice s{.start_ns = start, .end_ns = end, .correlation = correlation};
    s.name = name;
    s.stage = stage;
    return s;
  };
  Group gpu{.device = 0};
  gpu.lanes.push_back(
      lane(LaneKind::kWork, {slice(10, 20, 0, Stage::kMoe, 5), slice(30, 60, 1, Stage::kNccl),
                             slice(70, 75, 2, Stage::kMoe)}));
  gpu.lanes.push_back(lane(LaneKind::kWork, {slice(15, 25, 1, Stage::kNccl)}));
  Group host{.device = -1};
  host.lanes.push_back(lane(LaneKind::kCalls, {slice(1, 3, 3, Stage::kOther, 5)}));
  timeline.groups = {std::move(gpu), std::move(host)};
  timeline.extent = {1, 75};
  return timeline;
}

TEST(SliceSearch, CountsAndWalksMatchesInTimeIgnoringCase) {
  const Timeline timeline = sample();
  const SliceSearch search(timeline, "ALPHA");
  ASSERT_EQ(search.count(), 2U);
  const auto first = search.next({}, 0);
  ASSERT_TRUE(first);
  EXPECT_EQ(slice_at(timeline, *first).start_ns, 10);
  EXPECT_EQ(search.number_of(*first), 1);
  const auto second = search.next(*first, 0);
  ASSERT_TRUE(second);
  EXPECT_EQ(slice_at(timeline, *second).start_ns, 70);
  EXPECT_EQ(search.number_of(*second), 2);
  EXPECT_EQ(search.next(*second, 0), first);      // goes on from the beginning
  EXPECT_EQ(search.previous(*first, 0), second);  // and from the end
  EXPECT_EQ(search.previous(*second, 0), first);
  EXPECT_EQ(search.next({}, 10), first);  // what starts at that instant counts
  EXPECT_EQ(search.next({}, 11), second);
  EXPECT_EQ(search.previous({}, 70), first);
  EXPECT_EQ(search.previous({}, 71), second);
}

TEST(SliceSearch, WalksAllLanesInOrderOfTime) {
  const Timeline timeline = sample();
  const SliceSearch search(timeline, "beta");
  const auto first = search.next({}, 0);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->lane, 1U);
  const auto second = search.next(*first, 0);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->lane, 0U);
  EXPECT_EQ(search.next({}, 26), second);  // from a time on
}

TEST(SliceSearch, NothingIsFoundForNothing) {
  const Timeline timeline = sample();
  EXPECT_EQ(SliceSearch(timeline, "").count(), 0U);
  EXPECT_EQ(SliceSearch(timeline, "gamma").count(), 0U);
  EXPECT_FALSE(SliceSearch(timeline, "gamma").next({}, 0));
  EXPECT_FALSE(SliceSearch().next({}, 0));
}

TEST(Correlated, FindsTheOtherEndOfALaunch) {
  const Timeline timeline = sample();
  const SliceRef kernel{0, 0, 0, 0};
  const SliceRef call{1, 0, 0, 0};
  EXPECT_EQ(correlated(timeline, kernel), std::vector<SliceRef>{call});
  EXPECT_EQ(correlated(timeline, call), std::vector<SliceRef>{kernel});
  EXPECT_TRUE(correlated(timeline, {0, 0, 0, 1}).empty());
  EXPECT_TRUE(correlated(timeline, {}).empty());
}

TEST(SelectionStats, AreThoseOfTheWorkThatStartsInside) {
  const Timeline timeline = sample();
  const SelectionStats all = selection_stats(timeline, {0, 100});
  EXPECT_EQ(all.count, 4);
  EXPECT_EQ(all.total_ns, 10 + 30 + 5 + 10);
  EXPECT_EQ(all.min_ns, 5);
  EXPECT_EQ(all.p50_ns, 10);
  EXPECT_EQ(all.p99_ns, 30);
  EXPECT_EQ(all.max_ns, 30);
  EXPECT_EQ(all.stage_ns[static_cast<std::size_t>(Stage::kNccl)], 40);
  ASSERT_FALSE(all.names.empty());
  EXPECT_EQ(timeline.names[all.names[0].name], "beta");
  EXPECT_EQ(all.names[0].count, 2);
  std::int64_t counted = 0;
  for (const std::int64_t count : all.histogram.counts) counted += count;
  EXPECT_EQ(counted, 4);

  const SelectionStats some = selection_stats(timeline, {12, 31});
  EXPECT_EQ(some.count, 2);
  const SelectionStats moe = selection_stats(timeline, {0, 100}, {.stage = Stage::kMoe});
  EXPECT_EQ(moe.total_ns, 15);
  EXPECT_EQ(selection_stats(timeline, {80, 90}).count, 0);
}

TEST(SelectionTable, CarriesFullNumbersAndSharesThatAddUp) {
  const Timeline timeline = sample();
  const Table table = selection_table(timeline, selection_stats(timeline, {0, 100}));
  ASSERT_EQ(table.rows.size(), 3U);
  double share = 0;
  for (const TableRow& row : table.rows) share += std::get<double>(row.cells[5].value);
  EXPECT_NEAR(share, 1, 1e-12);
  EXPECT_NE(to_csv(table).find("beta,NCCL,2,40"), std::string::npos) << to_csv(table);
}

}  // namespace
}  // namespace dscope::view_data
