// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/routing/statistics.h"

#include "workloads/base/error.h"
#include "workloads/routing/generator.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <vector>

namespace dscope::routing {
namespace {

using Ids = std::vector<std::int32_t>;

TEST(RoutingStatistics, CountsOneStepByHand) {
  RoutingStatistics statistics(2, 4);
  statistics.add(0, Ids{0, 1, 0, 2, 0, -1});  // loads 3 1 1 0
  const LayerRoutingSummary s = statistics.layer(0);
  EXPECT_EQ(s.unique_experts.count, 1);
  EXPECT_EQ(s.unique_experts.max, 3);
  EXPECT_EQ(s.load.count, 4);
  EXPECT_DOUBLE_EQ(s.load.mean, 5.0 / 4);
  EXPECT_EQ(s.load.p50, 1);
  EXPECT_EQ(s.load.max, 3);
  EXPECT_DOUBLE_EQ(s.imbalance_mean, 3 / (5.0 / 4));
  EXPECT_DOUBLE_EQ(s.imbalance_max, 3 / (5.0 / 4));
  EXPECT_EQ(s.picks, 5);
  EXPECT_EQ(s.absent_ids, 1);
  EXPECT_NEAR(s.entropy_bits, -(0.6 * std::log2(0.6) + 0.4 * std::log2(0.2)), 1e-12);

  const LayerRoutingSummary untouched = statistics.layer(1);
  EXPECT_EQ(untouched.unique_experts.count, 0);
  EXPECT_EQ(untouched.imbalance_mean, 0);
  EXPECT_EQ(untouched.entropy_bits, 0);
}

TEST(RoutingStatistics, KeepsStepsApartAndLayersApart) {
  RoutingStatistics statistics(2, 4);
  statistics.add(0, Ids{0, 1});  // 2 unique, max/mean = 1 / 0.5 = 2
  statistics.add(0, Ids{3, 3});  // 1 unique, max/mean = 2 / 0.5 = 4
  statistics.add(1, Ids{0, 1, 2, 3});
  const LayerRoutingSummary first = statistics.layer(0);
  EXPECT_DOUBLE_EQ(first.unique_experts.mean, 1.5);
  EXPECT_EQ(first.unique_experts.p50, 1);
  EXPECT_EQ(first.unique_experts.p95, 2);
  EXPECT_DOUBLE_EQ(first.imbalance_mean, 3);
  EXPECT_DOUBLE_EQ(first.imbalance_max, 4);
  EXPECT_NEAR(first.entropy_bits, 1.5, 1e-12);  // 1/4, 1/4, 1/2
  EXPECT_NEAR(statistics.layer(1).entropy_bits, 2, 1e-12);

  const LayerRoutingSummary all = statistics.overall();
  EXPECT_EQ(all.unique_experts.count, 3);
  EXPECT_DOUBLE_EQ(all.unique_experts.mean, 7.0 / 3);
  EXPECT_EQ(all.unique_experts.max, 4);
  EXPECT_EQ(all.load.count, 12);
  EXPECT_EQ(all.picks, 8);
  EXPECT_DOUBLE_EQ(all.imbalance_mean, (2 + 4 + 1) / 3.0);
  EXPECT_NEAR(all.entropy_bits, 1.75, 1e-12);
}

TEST(RoutingStatistics, AStepWithoutExpertsCountsButHasNoImbalance) {
  RoutingStatistics statistics(1, 4);
  statistics.add(0, Ids{-1, -1});
  statistics.add(0, Ids{1, 2});
  const LayerRoutingSummary s = statistics.layer(0);
  EXPECT_EQ(s.unique_experts.count, 2);
  EXPECT_DOUBLE_EQ(s.unique_experts.mean, 1);
  EXPECT_DOUBLE_EQ(s.imbalance_mean, 2);
  EXPECT_EQ(s.absent_ids, 2);
}

TEST(RoutingStatistics, TreatsWrongIdsAsACallersMistakeAndStaysUnchanged) {
  RoutingStatistics statistics(1, 4);
  EXPECT_THROW(statistics.add(0, Ids{0, 4}), Error);
  EXPECT_THROW(statistics.add(0, Ids{-2}), Error);
  EXPECT_THROW(statistics.add(1, Ids{0}), Error);
  EXPECT_THROW((void)statistics.layer(-1), Error);
  EXPECT_THROW(RoutingStatistics(0, 4), Error);
  EXPECT_THROW(RoutingStatistics(1, 0), Error);
  EXPECT_EQ(statistics.layer(0).picks, 0);
}

TEST(RoutingStatistics, DocumentFormHasEveryLayer) {
  RoutingStatistics statistics(2, 4);
  statistics.add(1, Ids{0, 1, -1});
  const nlohmann::json json = statistics;
  EXPECT_EQ(json["experts"], 4);
  ASSERT_EQ(json["layers"].size(), 2u);
  EXPECT_EQ(json["layers"][1]["absent_ids"], 1);
  EXPECT_EQ(json["layers"][1]["unique_experts"]["max"], 2);
  EXPECT_EQ(json["overall"]["load"]["count"], 4);
  for (const char* key : {"unique_experts", "load", "imbalance_mean", "imbalance_max",
                          "entropy_bits", "picks", "absent_ids"}) {
    EXPECT_TRUE(json["overall"].contains(key)) << key;
  }
}

TEST(ExpectedUniqueExperts, FollowsTheFormula) {
  EXPECT_DOUBLE_EQ(expected_unique_experts(256, 6, 0), 0);
  EXPECT_NEAR(expected_unique_experts(256, 6, 1), 6, 1e-12);  // one token: its k distinct experts
  EXPECT_NEAR(expected_unique_experts(4, 1, 2), 4 * (1 - 9.0 / 16), 1e-12);
  EXPECT_NEAR(expected_unique_experts(256, 6, 1 << 20), 256, 1e-9);
  EXPECT_DOUBLE_EQ(expected_unique_experts(8, 8, 1), 8);
  EXPECT_DOUBLE_EQ(expected_unique_experts(8, 8, 0), 0);
  EXPECT_THROW((void)expected_unique_experts(8, 9, 1), Error);
  EXPECT_THROW((void)expected_unique_experts(8, 0, 1), Error);
  EXPECT_THROW((void)expected_unique_experts(8, 2, -1), Error);
}

TEST(ExpectedUniqueExperts, TheGeneralFormContainsTheUniformOne) {
  const std::vector<double> uniform(256, 6.0 / 256);
  EXPECT_NEAR(expected_unique_experts(uniform, 16), expected_unique_experts(256, 6, 16), 1e-9);
  EXPECT_DOUBLE_EQ(expected_unique_experts(std::vector<double>{1, 0, 0.5}, 2), 1 + 0.75);
  EXPECT_THROW((void)expected_unique_experts(std::vector<double>{1.5}, 2), Error);
  EXPECT_THROW((void)expected_unique_experts(std::vector<double>{0.5}, -1), Error);
}

// Generator, statistics and closed form are three independent routes to the same number.
TEST(ExpectedUniqueExperts, AgreesWithGeneratedRouting) {
  const RoutingShape shape{1, 64, 4};
  const std::int64_t tokens = 16;
  const auto simulated_mean = [&](const char* text) {
    const RoutingGenerator generator(parse_routing_spec(text), shape, 3);
    RoutingStatistics statistics(shape.layers, shape.experts);
    Ids ids(static_cast<std::size_t>(tokens * 4));
    for (std::int64_t step = 0; step < 2000; ++step) {
      for (std::int64_t t = 0; t < tokens; ++t) {
        generator.pick(step, t, 0, std::span(ids).subspan(static_cast<std::size_t>(4 * t), 4));
      }
      statistics.add(0, ids);
    }
    return statistics.layer(0).unique_experts.mean;
  };
  // The mean of 2000 steps has a standard deviation below 0.06.
  EXPECT_NEAR(simulated_mean("uniform"), expected_unique_experts(64, 4, tokens), 0.3);
  std::vector<double> hot(64, 4 * 0.5 / 56);
  std::fill_n(hot.begin(), 8, 4 * 0.5 / 8);
  EXPECT_NEAR(simulated_mean("hot:8:0.5"), expected_unique_experts(hot, tokens), 0.3);
  EXPECT_LT(simulated_mean("zipf:1"), simulated_mean("uniform") - 5);
}

}  // namespace
}  // namespace dscope::routing
