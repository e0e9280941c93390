// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/routing/generator.h"

#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace dscope::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

constexpr RoutingShape kFlash{43, 256, 6};

std::vector<std::int32_t> pick(const RoutingGenerator& generator, std::int64_t step,
                               std::int64_t token, std::int64_t layer) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(generator.shape().experts_per_token));
  generator.pick(step, token, layer, ids);
  return ids;
}

// How often each popularity rank is included in `tokens` tokens of layer 0, as a share.
std::vector<double> inclusion_by_rank(const RoutingGenerator& generator, int tokens) {
  std::map<std::int32_t, std::size_t> rank_of;
  for (const std::int32_t id : generator.popularity(0)) rank_of.emplace(id, rank_of.size());
  std::vector<double> share(rank_of.size());
  for (int token = 0; token < tokens; ++token) {
    for (const std::int32_t id : pick(generator, 0, token, 0))
      share[rank_of.at(id)] += 1.0 / tokens;
  }
  return share;
}

TEST(RoutingGenerator, PicksDistinctIdsInRangeForEveryKind) {
  for (const char* text : {"uniform", "zipf:0.5", "zipf:1", "zipf:4", "hot:16:0.5", "hot:6:1",
                           "hot:250:0", "hot:7:0.95"}) {
    const RoutingGenerator generator(parse_routing_spec(text), kFlash, 11);
    for (std::int64_t token = 0; token < 200; ++token) {
      const auto ids = pick(generator, token % 3, token, token % kFlash.layers);
      EXPECT_EQ(std::set<std::int32_t>(ids.begin(), ids.end()).size(), ids.size()) << text;
      EXPECT_GE(*std::min_element(ids.begin(), ids.end()), 0);
      EXPECT_LT(*std::max_element(ids.begin(), ids.end()), kFlash.experts);
    }
  }
}

TEST(RoutingGenerator, TakesEveryExpertWhenKIsE) {
  for (const char* text : {"uniform", "zipf:4", "hot:3:0.375", "hot:8:1"}) {
    const RoutingGenerator generator(parse_routing_spec(text), {2, 8, 8}, 1);
    for (std::int64_t token = 0; token < 50; ++token) {
      EXPECT_THAT(pick(generator, 0, token, 1), ElementsAreArray(generator.popularity(1)));
    }
  }
}

TEST(RoutingGenerator, DependsOnItsArgumentsAndNotOnTheOrderOfCalls) {
  const RoutingSpec spec = parse_routing_spec("zipf:1");
  const RoutingGenerator one(spec, kFlash, 7);
  const RoutingGenerator two(spec, kFlash, 7);
  const RoutingGenerator other_seed(spec, kFlash, 8);
  std::vector<std::vector<std::int32_t>> forward, backward;
  for (int i = 0; i < 100; ++i) forward.push_back(pick(one, i / 10, i % 10, i % 43));
  for (int i = 99; i >= 0; --i) backward.push_back(pick(two, i / 10, i % 10, i % 43));
  std::reverse(backward.begin(), backward.end());
  EXPECT_EQ(forward, backward);
  EXPECT_NE(pick(one, 1, 0, 0), pick(other_seed, 1, 0, 0));
  EXPECT_NE(pick(one, 1, 0, 0), pick(one, 0, 1, 0));  // step and token do not commute
  EXPECT_NE(pick(one, 0, 1, 0), pick(one, 0, 0, 1));
}

// The numbers themselves are part of the contract: a stored seed must give the same run tomorrow.
TEST(RoutingGenerator, StaysTheSameAcrossVersions) {
  const RoutingGenerator generator(parse_routing_spec("zipf:1"), kFlash, 1);
  EXPECT_THAT(pick(generator, 0, 0, 0), ElementsAre(154, 96, 158, 70, 55, 104));
  EXPECT_THAT(pick(generator, 5, 3, 42), ElementsAre(44, 187, 185, 217, 138, 79));
}

TEST(RoutingGenerator, GivesEveryLayerItsOwnPopularityOrder) {
  const RoutingGenerator generator(parse_routing_spec("zipf:1"), kFlash, 3);
  std::set<std::vector<std::int32_t>> orders;
  for (std::int64_t layer = 0; layer < kFlash.layers; ++layer) {
    const auto order = generator.popularity(layer);
    orders.emplace(order.begin(), order.end());
    EXPECT_EQ(std::set<std::int32_t>(order.begin(), order.end()).size(), 256u);
  }
  EXPECT_EQ(orders.size(), 43u);
}

// 20,000 tokens: a share p has a standard deviation of at most sqrt(0.25 / 20000) = 0.0035.
constexpr int kTokens = 20000;
constexpr double kFiveSigma = 0.018;

TEST(RoutingGenerator, UniformIncludesEveryExpertEquallyOften) {
  const RoutingGenerator generator(parse_routing_spec("uniform"), {1, 8, 3}, 5);
  for (const double share : inclusion_by_rank(generator, kTokens)) {
    EXPECT_NEAR(share, 3.0 / 8, kFiveSigma);
  }
}

TEST(RoutingGenerator, UniformMakesAllSubsetsEquallyLikely) {
  const RoutingGenerator generator(parse_routing_spec("uniform"), {1, 5, 2}, 5);
  std::map<std::set<std::int32_t>, int> seen;
  for (int token = 0; token < kTokens; ++token) {
    const auto ids = pick(generator, 0, token, 0);
    ++seen[{ids.begin(), ids.end()}];
  }
  EXPECT_EQ(seen.size(), 10u);  // 5 choose 2
  for (const auto& [subset, count] : seen) EXPECT_NEAR(count / double{kTokens}, 0.1, 0.011);
}

// Weights 1, 1/2, 1/3 (sum 11/6), two draws. P(rank 0 missed) = P(draw 1 then 2) + P(2 then 1)
// = 3/11 * (1/3)/(4/3) + 2/11 * (1/2)/(3/2) = 3/44 + 2/33 = 17/132; for rank 1: 0 then 2, 2 then 0:
// 6/11 * (1/3)/(5/6) + 2/11 * 1/(3/2) = 12/55 + 4/33 = 56/165.
TEST(RoutingGenerator, ZipfIsSuccessiveWeightedDrawing) {
  const RoutingGenerator generator(parse_routing_spec("zipf:1"), {1, 3, 2}, 5);
  const auto share = inclusion_by_rank(generator, kTokens);
  EXPECT_NEAR(share[0], 1 - 17.0 / 132, kFiveSigma);
  EXPECT_NEAR(share[1], 1 - 56.0 / 165, kFiveSigma);
  EXPECT_NEAR(share[2], 2 - (1 - 17.0 / 132) - (1 - 56.0 / 165), kFiveSigma);
}

TEST(RoutingGenerator, ZipfWithOnePickFollowsTheWeights) {
  const RoutingGenerator generator(parse_routing_spec("zipf:2"), {1, 4, 1}, 5);
  const double sum = 1 + 1 / 4.0 + 1 / 9.0 + 1 / 16.0;
  const auto share = inclusion_by_rank(generator, kTokens);
  for (std::size_t rank = 0; rank < 4; ++rank) {
    EXPECT_NEAR(share[rank], std::pow(rank + 1.0, -2) / sum, kFiveSigma);
  }
}

TEST(RoutingGenerator, HotSetDrawsItsShareExactly) {
  const RoutingGenerator generator(parse_routing_spec("hot:3:0.35"), {1, 10, 4}, 5);
  const auto share = inclusion_by_rank(generator, kTokens);  // 4 * 0.35 = 1.4 hot picks
  for (std::size_t rank = 0; rank < 10; ++rank) {
    EXPECT_NEAR(share[rank], rank < 3 ? 1.4 / 3 : 2.6 / 7, kFiveSigma) << rank;
  }
  const auto hot = generator.popularity(0).first(3);
  for (int token = 0; token < 500; ++token) {
    const auto ids = pick(generator, 1, token, 0);
    const auto inside = std::count_if(ids.begin(), ids.end(), [&](std::int32_t id) {
      return std::find(hot.begin(), hot.end(), id) != hot.end();
    });
    EXPECT_TRUE(inside == 1 || inside == 2) << inside;
  }
}

TEST(RoutingGenerator, HotSetWithAWholeNumberOfPicksNeverVaries) {
  // 100 * 0.07 is a little more than 7 in floating point, and there are just 7 hot experts.
  const RoutingGenerator generator(parse_routing_spec("hot:7:0.07"), {1, 200, 100}, 5);
  const auto share = inclusion_by_rank(generator, 200);
  for (std::size_t rank = 0; rank < 7; ++rank) EXPECT_NEAR(share[rank], 1, 1e-9);
}

TEST(RoutingGenerator, RefusesHotSetsThatCannotBe) {
  const auto refusal = [](const char* text, const RoutingShape& shape) -> std::string {
    try {
      const RoutingGenerator generator(parse_routing_spec(text), shape, 1);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kUsage);
      return e.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refusal("hot:257:0.5", kFlash), HasSubstr("a hot set of at most 256 experts"));
  EXPECT_THAT(refusal("hot:5:0.9", kFlash),
              HasSubstr("hot:5:0.9: 5.4 of a token's 6 distinct experts cannot come from a hot set "
                        "of 5"));
  EXPECT_THAT(refusal("hot:252:0.25", kFlash),
              HasSubstr("4.5 of a token's 6 distinct experts cannot come from the 4 outside"));
  EXPECT_EQ(refusal("hot:6:0.9", kFlash), "accepted");
}

TEST(RoutingGenerator, TreatsMisuseAsACallersMistake) {
  EXPECT_THROW(RoutingGenerator(RoutingSpec{}, kFlash, 1), Error);
  EXPECT_THROW(RoutingGenerator(parse_routing_spec("recorded:f"), kFlash, 1), Error);
  const RoutingSpec uniform = parse_routing_spec("uniform");
  for (const RoutingShape& shape : {RoutingShape{0, 8, 2}, RoutingShape{1, 0, 1},
                                    RoutingShape{1, 70000, 1}, RoutingShape{1, 8, 9}}) {
    EXPECT_THROW(RoutingGenerator(uniform, shape, 1), Error);
  }
  const RoutingGenerator generator(uniform, kFlash, 1);
  std::vector<std::int32_t> five(5);
  std::vector<std::int32_t> six(6);
  EXPECT_THROW(generator.pick(0, 0, 0, five), Error);
  EXPECT_THROW(generator.pick(0, 0, 43, six), Error);
  EXPECT_THROW((void)generator.popularity(-1), Error);
}

}  // namespace
}  // namespace dscope::routing
