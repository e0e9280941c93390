// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// Ops whose results can be worked out by hand.
#include "kernels/embed/embed.h"
#include "kernels/hyper_connection/hyper_connection.h"
#include "kernels/indexer_query/indexer_query.h"
#include "kernels/linear/linear.h"
#include "kernels/norm_rope_cache/norm_rope_cache.h"
#include "kernels/norm_rope_cache/rms_norm.h"
#include "kernels/paged_mqa_logits/paged_mqa_logits.h"
#include "kernels/router/router.h"
#include "kernels/sampling/sampling.h"
#include "kernels/topk/topk.h"
#include "tests/support/test_weights.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace dscope {
namespace {

using test::Matrix;
using test::Vector;

TEST(Embed, IdsOutsideTheSliceGiveZero) {
  const Matrix table(2, 2, {1, 2, 3, 4});  // ids 10 and 11
  const std::int32_t ids[3] = {11, 12, 10};
  std::vector<float> out(6, 9);
  reference_embed<float>(
      {.tokens = 3, .ids = ids, .table = table.view(), .vocab = {10, 12}, .out = out.data()});
  EXPECT_EQ(out, (std::vector<float>{3, 4, 0, 0, 1, 2}));
}

TEST(Linear, MultipliesAndStrides) {
  const Matrix w(2, 3, {1, 2, 3, 0, -1, 1});
  const std::vector<float> x{1, 1, 1, 99, 2, 0, 1, 99};
  std::vector<float> y(6, 7);
  reference_linear<float, float>({.tokens = 2,
                                  .x = x.data(),
                                  .x_stride = 4,
                                  .weight = w.view(),
                                  .y = y.data(),
                                  .y_stride = 3});
  EXPECT_EQ(y, (std::vector<float>{6, 0, 7, 5, 1, 7}));
}

TEST(Linear, GroupsHaveTheirOwnInputs) {
  const Matrix w(2, 2, {1, 2, 3, 4});  // one row for each of two groups
  const std::vector<float> x{1, 10, 100, 1000};
  std::vector<float> y(2);
  reference_linear<float, float>({.tokens = 1,
                                  .groups = 2,
                                  .x = x.data(),
                                  .x_stride = 4,
                                  .weight = w.view(),
                                  .y = y.data(),
                                  .y_stride = 2});
  EXPECT_EQ(y, (std::vector<float>{21, 4300}));
  EXPECT_THROW((reference_linear<float, float>({.groups = 3, .weight = w.view()})), Error);
}

TEST(Linear, ActivationsCanBeRoundedToFp8) {
  const Matrix w(1, 2, {1, 0});
  const std::vector<float> x{3.3f, 1.0f};  // 3.3 -> 3.25 in E4M3 with scale 2^-7
  float y = 0;
  reference_linear<float, float>({.tokens = 1,
                                  .x = x.data(),
                                  .x_stride = 2,
                                  .weight = w.view(),
                                  .y = &y,
                                  .y_stride = 1,
                                  .quantise_activations = true});
  EXPECT_EQ(y, 3.25f);
}

TEST(RmsNorm, DividesByTheRootMeanSquare) {
  const Vector weight({2, 1});
  const std::vector<float> x{3, 4, 0, -1, 1, 0};
  std::vector<float> y(4);
  reference_rms_norm<float, float>({.tokens = 2,
                                    .x = x.data(),
                                    .x_stride = 3,
                                    .weight = weight.view(),
                                    .eps = 0,
                                    .y = y.data()});
  const float rms = std::sqrt(12.5f);
  EXPECT_FLOAT_EQ(y[0], 6 / rms);
  EXPECT_FLOAT_EQ(y[1], 4 / rms);
  EXPECT_FLOAT_EQ(y[2], -2);
  EXPECT_FLOAT_EQ(y[3], 1);
}

TEST(RmsNorm, Bf16RoundsTheResultOnly) {
  const Vector weight({1, 1});
  const std::vector<bf16_t> x{bf16_from_float(1), bf16_from_float(2)};
  std::vector<bf16_t> y(2);
  reference_rms_norm<bf16_t, bf16_t>({.tokens = 1,
                                      .x = x.data(),
                                      .x_stride = 2,
                                      .weight = weight.view(),
                                      .eps = 0,
                                      .y = y.data()});
  EXPECT_EQ(y[0], bf16_from_float(1 / std::sqrt(2.5f)));
  EXPECT_EQ(y[1], bf16_from_float(2 / std::sqrt(2.5f)));
}

TEST(QNormRope, NormsEveryHeadAndTurnsItsTail) {
  const Rope rope(preset("dsv4-flash"), 0);
  std::vector<float> q(2 * 66);
  q[0] = 2;       // head 0: no rope part
  q[66 + 2] = 3;  // head 1: the first roped pair, real part
  const std::int64_t position = 1;
  reference_q_norm_rope<float>({.tokens = 1,
                                .heads = 2,
                                .head_dim = 66,
                                .rope_dim = 64,
                                .q = q.data(),
                                .positions = &position,
                                .rope = rope.view(),
                                .eps = 0});
  const double unit = std::sqrt(66.0);
  EXPECT_NEAR(q[0], unit, 1e-5);
  EXPECT_NEAR(q[66 + 2], unit * std::cos(1.0), 1e-5);
  EXPECT_NEAR(q[66 + 3], unit * std::sin(1.0), 1e-5);
}

TEST(Sinkhorn, RowsAndColumnsOfTheResultSumToOne) {
  std::vector<double> m{3, -1, 0.5, 2, 0, 0, 1, -2, 4, 4, 4, 4, -3, 2, 1, 0};
  sinkhorn(m.data(), 4, 20, 1e-6);
  for (int i = 0; i < 4; ++i) {
    double row = 0;
    double column = 0;
    for (int j = 0; j < 4; ++j) {
      EXPECT_GT(m[i * 4 + j], 0);
      row += m[i * 4 + j];
      column += m[j * 4 + i];
    }
    EXPECT_NEAR(row, 1, 1e-3);
    EXPECT_NEAR(column, 1, 1e-4);
  }
}

// One iteration is softmax, + eps, and columns; worked out for 2 x 2 equal entries.
TEST(Sinkhorn, FirstIterationByHand) {
  std::vector<double> m{0, 0, 0, std::log(3.0)};
  sinkhorn(m.data(), 2, 1, 0);
  EXPECT_NEAR(m[0], 0.5 / 0.75, 1e-12);
  EXPECT_NEAR(m[1], 0.5 / 1.25, 1e-12);
  EXPECT_NEAR(m[2], 0.25 / 0.75, 1e-12);
  EXPECT_NEAR(m[3], 0.75 / 1.25, 1e-12);
}

struct HcFixture {
  Matrix fn{8, 4, std::vector<float>(32, 0.0f)};  // two streams of two values: 2 + 2 + 4 mixes
  Vector base{std::vector<float>(8, 0.0f)};
  Vector scale{{1, 1, 1}};
  HyperConnectionWeights weights{fn.view(), base.view(), scale.view()};
};

TEST(HyperConnection, PreAndPostByHand) {
  const HcFixture f;  // zero mixes: pre = 0.5 + eps, post = 1, mixing = 0.5 everywhere
  std::vector<float> x{1, 2, 3, 4};
  std::vector<float> y(2);
  std::vector<float> post(2);
  std::vector<float> mixing(4);
  reference_hc_pre<float>({.tokens = 1,
                           .streams = 2,
                           .hidden = 2,
                           .x = x.data(),
                           .weights = &f.weights,
                           .rms_eps = 0,
                           .hc_eps = 0,
                           .sinkhorn_iterations = 20,
                           .y = y.data(),
                           .post = post.data(),
                           .mixing = mixing.data()});
  EXPECT_EQ(y, (std::vector<float>{2, 3}));
  EXPECT_EQ(post, (std::vector<float>{1, 1}));
  EXPECT_EQ(mixing, (std::vector<float>{0.5, 0.5, 0.5, 0.5}));
  // The first index of the mixing matrix is the source stream.
  const std::vector<float> skewed{1, 0.25, 0, 0.75};
  const std::vector<float> sublayer{10, 20};
  reference_hc_post<float>({.tokens = 1,
                            .streams = 2,
                            .hidden = 2,
                            .f = sublayer.data(),
                            .post = std::vector<float>{1, 2}.data(),
                            .mixing = skewed.data(),
                            .x = x.data()});
  EXPECT_EQ(x, (std::vector<float>{11, 22, 20 + 0.25 * 1 + 0.75 * 3, 40 + 0.25 * 2 + 0.75 * 4}));
}

TEST(HyperConnection, MixesAreNormalisedByTheRootMeanSquare) {
  Matrix fn(2, 4, {1, 0, 0, 0, 0, 0, 0, 0});
  const Vector base({0, 0});
  const Vector scale({2});
  const HyperConnectionWeights weights{fn.view(), base.view(), scale.view()};
  const std::vector<float> x{2, 2, 2, 2};  // rms 2: the first mix is 1
  std::vector<float> y(2);
  reference_hc_head<float>({.tokens = 1,
                            .streams = 2,
                            .hidden = 2,
                            .x = x.data(),
                            .weights = &weights,
                            .rms_eps = 0,
                            .hc_eps = 0.125,
                            .y = y.data()});
  const double expected = 2 * (1 / (1 + std::exp(-2.0)) + 0.125) + 2 * (0.5 + 0.125);
  EXPECT_NEAR(y[0], expected, 1e-6);
}

TEST(HyperConnection, ExpandCopiesToEveryStream) {
  const std::vector<float> e{1, 2, 3, 4};
  std::vector<float> x(12);
  reference_hc_expand<float>(
      {.tokens = 2, .streams = 3, .hidden = 2, .e = e.data(), .x = x.data()});
  EXPECT_EQ(x, (std::vector<float>{1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4}));
}

struct RouterFixture {
  std::vector<float> logits{0, 1, 2, -1};
  std::vector<std::int32_t> ids = std::vector<std::int32_t>(2, -7);
  std::vector<float> weights = std::vector<float>(2);
  RouterParams params{.tokens = 1,
                      .experts = 4,
                      .experts_per_token = 2,
                      .logits = logits.data(),
                      .routed_scaling = 1.5,
                      .ids = ids.data(),
                      .weights = weights.data()};
  static double score(double logit) { return std::sqrt(std::log1p(std::exp(logit))); }
};

TEST(Router, SelectsByBiasedScoreAndWeighsByUnbiased) {
  RouterFixture f;
  const Vector bias({0, 0, 0, 10});
  f.params.bias = bias.view();
  reference_router(f.params);
  EXPECT_EQ(f.ids, (std::vector<std::int32_t>{3, 2}));
  const double sum = f.score(-1) + f.score(2);
  EXPECT_NEAR(f.weights[0], 1.5 * f.score(-1) / sum, 1e-6);
  EXPECT_NEAR(f.weights[1], 1.5 * f.score(2) / sum, 1e-6);
}

TEST(Router, TiesGoToTheLowerId) {
  RouterFixture f;
  f.logits = {1, 1, 1, 1};
  f.params.logits = f.logits.data();
  reference_router(f.params);
  EXPECT_EQ(f.ids, (std::vector<std::int32_t>{0, 1}));
}

TEST(Router, HashLayersAndForcingOverrideTheScores) {
  RouterFixture f;
  const std::int64_t table[4] = {0, 1, 3, 0};
  const std::int32_t token = 1;
  f.params.tid2eid = {2, 2, 8, reinterpret_cast<const std::byte*>(table)};
  f.params.token_ids = &token;
  reference_router(f.params);
  EXPECT_EQ(f.ids, (std::vector<std::int32_t>{3, 0}));
  EXPECT_NEAR(f.weights[0] + f.weights[1], 1.5, 1e-6);
  const std::int32_t forced[2] = {-1, 2};
  f.params.forced = forced;
  reference_router(f.params);
  EXPECT_EQ(f.ids, (std::vector<std::int32_t>{-1, 2}));
  EXPECT_EQ(f.weights[0], 0);
  EXPECT_NEAR(f.weights[1], 1.5, 1e-6);
}

TEST(Router, RowsThatForceNothingChooseFreely) {
  RouterFixture f;
  f.logits = {0, 1, 2, -1, 0, 1, 2, -1};
  f.params.tokens = 2;
  f.params.logits = f.logits.data();
  f.ids.assign(4, -7);
  f.weights.assign(4, -7);
  f.params.ids = f.ids.data();
  f.params.weights = f.weights.data();
  const std::int32_t forced[4] = {0, 3, kNotForced, 3};
  f.params.forced = forced;
  reference_router(f.params);
  EXPECT_EQ(f.ids, (std::vector<std::int32_t>{0, 3, 2, 1}));
  EXPECT_NEAR(f.weights[2], 1.5 * f.score(2) / (f.score(2) + f.score(1)), 1e-6);
  // In a hash layer, what is not forced comes from the table.
  const std::int32_t table[4] = {0, 1, 1, 3};
  const std::int32_t tokens[2] = {0, 1};
  f.params.tid2eid = {2, 2, 4, reinterpret_cast<const std::byte*>(table)};
  f.params.token_ids = tokens;
  reference_router(f.params);
  EXPECT_EQ(f.ids, (std::vector<std::int32_t>{0, 3, 1, 3}));
}

TEST(TopK, TiesByIndexAscendingOrderAndPadding) {
  const std::vector<float> logits{5, 7, 7, 1, 7, 9, /* not live: */ 100, 100};
  const std::int64_t entries = 6;
  std::vector<std::int32_t> selected(3);
  TopKParams p{.tokens = 1,
               .k = 3,
               .logits = logits.data(),
               .logits_stride = 8,
               .entries = &entries,
               .selected = selected.data()};
  reference_topk(p);
  EXPECT_EQ(selected, (std::vector<std::int32_t>{1, 2, 5}));
  const std::int64_t few = 2;
  p.entries = &few;
  reference_topk(p);
  EXPECT_EQ(selected, (std::vector<std::int32_t>{0, 1, -1}));
  const std::int64_t none = 0;
  p.entries = &none;
  reference_topk(p);
  EXPECT_EQ(selected, (std::vector<std::int32_t>{-1, -1, -1}));
}

// Scores do not change under the Hadamard turn, so queries and keys without FP8 give the plain dot
// product; pages are found through the table.
TEST(PagedMqaLogits, ScoresThroughThePageTable) {
  const std::int64_t dim = 4;
  const std::int64_t stride = index_page_stride(CacheFormat::kF32, 2, dim);
  std::vector<std::byte> bytes(static_cast<std::size_t>(3 * stride));
  const IndexCacheView cache{bytes.data(), CacheFormat::kF32, dim, 2, stride};
  const std::array<std::array<float, 4>, 3> keys{{{1, 0, 0, 0}, {0, 2, 0, 0}, {-1, -1, 0, 0}}};
  const std::int32_t pages[2] = {2, 0};
  for (std::int64_t j = 0; j < 3; ++j) {
    store_index_key(cache, pages[j / 2] * 2 + j % 2, keys[j].data());
  }
  const std::vector<float> q{1, 1, 0, 0, 0, 3, 0, 0};  // two heads
  std::vector<float> query = q;
  const std::vector<float> weights{10, 1};
  const std::int64_t entries = 3;
  std::vector<float> logits(4, -5);
  reference_paged_mqa_logits({.tokens = 1,
                              .heads = 2,
                              .q = {reinterpret_cast<std::byte*>(query.data()), CacheFormat::kF32},
                              .head_weights = weights.data(),
                              .cache = cache,
                              .page_table = pages,
                              .page_table_stride = 2,
                              .entries = &entries,
                              .logits = logits.data(),
                              .logits_stride = 4});
  // relu drops negative products head by head.
  EXPECT_EQ(logits, (std::vector<float>{10, 10 * 2 + 6, 0, -5}));
}

TEST(IndexerQuery, FoldsScalesIntoTheHeadWeights) {
  const Rope rope(preset("dsv4-flash"), 4);
  std::vector<float> q(2 * 128);
  std::iota(q.begin(), q.end(), -100.0f);
  const std::vector<float> w{2, 3};
  const std::int64_t position = 0;  // no turn
  std::vector<std::byte> out(2 * 128);
  std::vector<float> head_weights(2);
  reference_indexer_query<float>({.tokens = 1,
                                  .heads = 2,
                                  .dim = 128,
                                  .rope_dim = 64,
                                  .q = q.data(),
                                  .w = w.data(),
                                  .positions = &position,
                                  .rope = rope.view(),
                                  .out = {out.data(), CacheFormat::kFp8},
                                  .head_weights = head_weights.data()});
  // The largest component of a Hadamard turn of a ramp is its sum over sqrt(128); it becomes 448.
  const double largest =
      std::fabs(std::accumulate(q.begin(), q.begin() + 128, 0.0)) / std::sqrt(128);
  EXPECT_NEAR(head_weights[0], 2 / std::sqrt(2.0 * 128) * largest / 448, 1e-4);
  EXPECT_EQ(std::to_integer<int>(out[0]) & 0x7f, 0x7e);
}

TEST(Sampling, GreedyTakesTheLowestOfEqualIds) {
  const std::vector<float> logits{1, 5, 5, 0, 9, 0, 1, 2};
  std::int32_t next[2] = {};
  reference_sample({.tokens = 2, .vocab = 4, .logits = logits.data(), .next = next});
  EXPECT_EQ(next[0], 1);
  EXPECT_EQ(next[1], 0);
}

TEST(Sampling, FollowsTheTemperedDistribution) {
  const std::vector<float> logits{0, static_cast<float>(2 * std::log(3.0))};
  const double temperature = 2;  // probabilities 1/4 and 3/4
  int ones = 0;
  constexpr int kDraws = 20000;
  for (std::int64_t position = 0; position < kDraws; ++position) {
    const std::int64_t stream = 3;
    std::int32_t next = 0;
    reference_sample({.tokens = 1,
                      .vocab = 2,
                      .logits = logits.data(),
                      .streams = &stream,
                      .positions = &position,
                      .temperature = temperature,
                      .seed = 1,
                      .next = &next});
    ones += next;
  }
  EXPECT_NEAR(ones, 0.75 * kDraws, 5 * std::sqrt(kDraws * 0.75 * 0.25));
}

}  // namespace
}  // namespace dscope
