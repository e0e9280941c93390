// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/graph_labels.h"

#include <gtest/gtest.h>

#include <thread>

namespace dscope::collect {
namespace {

RangeStack stack(std::vector<RangeStack::Range> ranges) {
  RangeStack open;
  for (auto& range : ranges) open.push(std::move(range));
  return open;
}

const RangeStack kNothingOpen;
const RangeStack kMoe = stack({{.name = "decode"}, {.name = "moe_up", .stage = Stage::kMoe}});

TEST(RangeStack, NestsAndNamesThePath) {
  RangeStack open;
  EXPECT_TRUE(open.empty());
  EXPECT_FALSE(open.pop().has_value());
  open.push({.name = "step", .stage = Stage::kOther});
  open.push({.name = "gemm"});
  EXPECT_EQ(open.path(), "step/gemm");
  EXPECT_EQ(open.stage(), Stage::kOther) << "the innermost that has one";
  EXPECT_EQ(open.pop()->name, "gemm");
  EXPECT_EQ(open.pop()->name, "step");
  EXPECT_FALSE(open.stage().has_value());
}

TEST(RangeStack, DomainsNestIndependently) {
  RangeStack open;
  const int domain = 0;
  open.push({.name = "a"});
  open.push({.name = "in domain", .domain = &domain});
  open.push({.name = "b"});
  EXPECT_EQ(open.pop(&domain)->name, "in domain");
  EXPECT_FALSE(open.pop(&domain).has_value());
  EXPECT_EQ(open.path(), "a/b");
}

TEST(RangeStack, StaysPairedBeyondItsDepth) {
  RangeStack open;
  for (std::size_t i = 0; i < RangeStack::kMaxDepth + 10; ++i) open.push({.name = "r"});
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(open.pop().has_value());
  for (std::size_t i = 0; i < RangeStack::kMaxDepth; ++i) EXPECT_TRUE(open.pop().has_value());
  EXPECT_TRUE(open.empty());
}

TEST(RangeStack, EveryThreadHasItsOwn) {
  RangeStack::of_thread().push({.name = "here"});
  bool empty = false;
  std::thread([&] { empty = RangeStack::of_thread().empty(); }).join();
  EXPECT_TRUE(empty);
  EXPECT_EQ(RangeStack::of_thread().pop()->name, "here");
}

TEST(GraphLabels, InstantiationHandsLabelsOn) {
  GraphLabels labels;
  labels.created(1, kMoe);
  labels.cloned(101, 1, kNothingOpen);
  ASSERT_TRUE(labels.find(101).has_value());
  EXPECT_EQ(labels.find(101)->stage, Stage::kMoe);
  EXPECT_EQ(*labels.find(101)->range, "decode/moe_up");
}

TEST(GraphLabels, ANodeOutsideOfRangesIsKnownAndHasNone) {
  GraphLabels labels;
  labels.created(1, kNothingOpen);
  ASSERT_TRUE(labels.find(1).has_value());
  EXPECT_FALSE(labels.find(1)->stage.has_value());
  EXPECT_EQ(labels.find(1)->range, nullptr);
}

TEST(GraphLabels, ANodeOfBeforeIsUnknown) {
  GraphLabels labels;
  labels.cloned(101, 1, kNothingOpen);
  EXPECT_FALSE(labels.find(101).has_value());
}

// Child graphs are copied twice: into their parent, and with it into the executable graph.
TEST(GraphLabels, ChildGraphsKeepTheLabelsOfTheirCapture) {
  GraphLabels labels;
  labels.created(1, kMoe);
  const RangeStack parent = stack({{.name = "sampling", .stage = Stage::kLmHead}});
  labels.cloned(11, 1, parent);
  labels.cloned(111, 11, kNothingOpen);
  EXPECT_EQ(labels.find(111)->stage, Stage::kMoe);
}

TEST(GraphLabels, ChildGraphsWithoutLabelsTakeThoseOfTheirPlace) {
  GraphLabels labels;
  labels.created(1, kNothingOpen);
  const RangeStack parent = stack({{.name = "sampling", .stage = Stage::kLmHead}});
  labels.cloned(11, 1, parent);
  labels.cloned(12, 2, parent);  // captured before anybody looked
  labels.cloned(111, 11, kNothingOpen);
  EXPECT_EQ(labels.find(111)->stage, Stage::kLmHead);
  EXPECT_EQ(labels.find(12)->stage, Stage::kLmHead);
}

TEST(GraphLabels, LabelsOutliveTheirNodeForTheLastRecords) {
  GraphLabels labels;
  labels.created(1, kMoe);
  labels.created(2, kMoe);
  labels.destroyed(1);
  labels.forget();
  EXPECT_TRUE(labels.find(1).has_value()) << "records of its last replay may be on their way";
  labels.forget();
  EXPECT_FALSE(labels.find(1).has_value());
  EXPECT_TRUE(labels.find(2).has_value());
  EXPECT_EQ(labels.nodes(), 1u);
}

TEST(GraphLabels, DoesNotGrowWithTheNumberOfGraphs) {
  GraphLabels labels;
  for (std::uint64_t node = 1; node <= 10'000; ++node) {
    labels.created(node, kMoe);
    labels.destroyed(node);
    labels.forget();
  }
  EXPECT_LE(labels.nodes(), 2u);
}

}  // namespace
}  // namespace dscope::collect
