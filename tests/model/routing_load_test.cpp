// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/routing_load.h"

#include "workloads/routing/generator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace dscope::model {
namespace {

RoutingQuestion question(const char* spec, std::int64_t tokens, std::int64_t groups = 1) {
  return {.spec = routing::parse_routing_spec(spec),
          .experts = 256,
          .per_token = 6,
          .tokens = tokens,
          .groups = groups};
}

// Mean and deviation of the distinct experts that the generator of `dscope run` draws.
struct Drawn {
  double mean = 0;
  double deviation = 0;
};
Drawn drawn(const RoutingQuestion& q) {
  constexpr std::int64_t kSteps = 300;
  const routing::RoutingGenerator generator(
      q.spec, {.layers = 1, .experts = q.experts, .experts_per_token = q.per_token}, 7);
  double sum = 0;
  double squares = 0;
  std::vector<std::int32_t> ids(static_cast<std::size_t>(q.per_token));
  for (std::int64_t step = 0; step < kSteps; ++step) {
    std::set<std::int32_t> hit;
    for (std::int64_t token = 0; token < q.tokens; ++token) {
      generator.pick(step, token, 0, ids);
      hit.insert(ids.begin(), ids.end());
    }
    const auto n = static_cast<double>(hit.size());
    sum += n;
    squares += n * n;
  }
  const double mean = sum / kSteps;
  return {mean, std::sqrt(std::max(0.0, squares / kSteps - mean * mean))};
}

TEST(RoutingLoad, AgreesWithWhatIsDrawn) {
  for (const char* spec : {"uniform", "zipf:0.8", "zipf:1.5", "hot:16:0.5"}) {
    for (const std::int64_t tokens : {1, 4, 16, 64}) {
      const RoutingQuestion q = question(spec, tokens);
      const RoutingLoad load = routing_load(q);
      const Drawn seen = drawn(q);
      EXPECT_NEAR(load.unique, seen.mean, 0.03 * seen.mean) << spec << " T " << tokens;
      EXPECT_NEAR(load.unique_high - load.unique, seen.deviation, 0.35 * seen.deviation + 0.3)
          << spec << " T " << tokens;
      EXPECT_LE(load.unique_low, load.unique);
    }
  }
}

TEST(RoutingLoad, OneTokenHitsExactlyItsExperts) {
  const RoutingLoad load = routing_load(question("uniform", 1));
  EXPECT_NEAR(load.unique, 6, 1e-9);
  EXPECT_NEAR(load.unique_high - load.unique_low, 0, 1e-6);
  EXPECT_NEAR(load.group_unique, 6, 1e-9);
  EXPECT_NEAR(load.group_slots, 6, 1e-9);
}

TEST(RoutingLoad, TheBusiestGroupHasMoreThanItsShare) {
  const RoutingLoad one = routing_load(question("uniform", 16));
  const RoutingLoad eight = routing_load(question("uniform", 16, 8));
  EXPECT_GT(eight.group_unique, one.unique / 8);
  EXPECT_LT(eight.group_unique, one.unique);
  EXPECT_GT(eight.group_slots, 16 * 6 / 8.0);
  EXPECT_LE(eight.group_unique, 256 / 8.0);
}

TEST(RoutingLoad, KnownCountsAreTakenAsTheyAre) {
  const RoutingLoad load = routing_load(question("uniform", 16), 40);
  EXPECT_EQ(load.unique, 40);
  EXPECT_EQ(load.unique_low, 40);
  EXPECT_EQ(load.unique_high, 40);
}

TEST(ExpectedPasses, CountsGroupsOfEight) {
  EXPECT_NEAR(expected_passes(1e-6, 8), 1, 1e-3);
  EXPECT_NEAR(expected_passes(80, 8), 10.5, 0.1);  // half a group is wasted on average
  EXPECT_GT(expected_passes(8, 8), 1.3);
  EXPECT_LT(expected_passes(8, 8), 1.6);
  EXPECT_NEAR(expected_passes(1e4, 8), 1e4 / 8 + 0.5, 1);
}

// Blom's approximation against the tabled expectations of normal order statistics.
TEST(ExpectedLargestNormal, MatchesTheTables) {
  EXPECT_EQ(expected_largest_normal(1), 0);
  EXPECT_NEAR(expected_largest_normal(2), 0.5642, 0.03);
  EXPECT_NEAR(expected_largest_normal(8), 1.4236, 0.02);
}

}  // namespace
}  // namespace dscope::model
