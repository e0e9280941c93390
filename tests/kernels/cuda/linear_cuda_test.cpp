// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/linear/linear.h"
#include "kernels/linear/linear_config.h"
#include "tests/support/cuda_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace dscope {
namespace {

using test::CudaTest;
using test::RandomMatrix;

constexpr WeightFormat kBf16 = WeightFormat::kBf16;
constexpr WeightFormat kFp8 = WeightFormat::kFp8;

struct Case {
  std::string name;
  WeightFormat format = kBf16;
  std::int64_t groups = 1;
  std::int64_t rows = 0;  // of all groups
  std::int64_t cols = 0;
  std::vector<std::int64_t> tokens;
  bool quantise = false;
  std::int64_t stride_excess = 0;  // of x and y
  // A slice of a larger matrix: rows and columns left out in front.
  std::int64_t rows_before = 0;
  std::int64_t cols_before = 0;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

template <class Out>
constexpr double kBound = std::is_same_v<Out, float> ? 1e-5 : 4e-3;

// One problem on both sides; what the launch leaves in y, gaps included.
template <class Out>
class Problem {
 public:
  Problem(const Case& c, std::int64_t tokens, std::uint64_t seed = 1)
      : matrix_(c.format, c.rows + c.rows_before, c.cols + c.cols_before, seed),
        host_weight_(matrix_.view()
                         .row_slice(c.rows_before, c.rows_before + c.rows)
                         .col_slice(c.cols_before, c.cols_before + c.cols)),
        weight_(host_weight_),
        x_stride_(c.groups * c.cols + c.stride_excess),
        y_stride_(c.rows + c.stride_excess),
        host_x_(test::random_bf16(tokens * x_stride_, seed + 1)),
        x_(host_x_),
        y_(tokens * y_stride_) {
    params_ = {.tokens = tokens,
               .groups = c.groups,
               .x = x_.data(),
               .x_stride = x_stride_,
               .weight = weight_.view(),
               .y = y_.data(),
               .y_stride = y_stride_,
               .quantise_activations = c.quantise};
  }

  [[nodiscard]] const LinearParams<bf16_t, Out>& params() const { return params_; }
  void share_input(const Problem& other) { params_.x = other.x_.data(); }

  [[nodiscard]] std::vector<Out> reference(const std::vector<bf16_t>& x) const {
    std::vector<Out> y(static_cast<std::size_t>(y_.size()));
    std::memset(static_cast<void*>(y.data()), 0xff, y.size() * sizeof(Out));
    LinearParams<bf16_t, Out> p = params_;
    p.x = x.data();
    p.weight = host_weight_;
    p.y = y.data();
    reference_linear(p);
    return y;
  }
  [[nodiscard]] const std::vector<bf16_t>& host_x() const { return host_x_; }

  void poison() const { test::poison(y_); }
  [[nodiscard]] std::vector<Out> result() const { return y_.to_host(); }
  std::vector<Out> run(const LinearConfig* config = nullptr) const {
    poison();
    launch_linear(params_, nullptr, config);
    return result();
  }
  void set_x(const std::vector<bf16_t>& x) {
    copy_to_device(x_.data(), x.data(), x_.size() * static_cast<std::int64_t>(sizeof(bf16_t)));
  }

  // The outputs of each token must agree, what lies between them must be as it was.
  void expect_like_reference(const std::vector<Out>& got, const std::vector<bf16_t>& x,
                             const std::string& what) const {
    const std::vector<Out> want = reference(x);
    ASSERT_EQ(got.size(), want.size());
    for (std::int64_t t = 0; t < params_.tokens; ++t) {
      const auto at = static_cast<std::size_t>(t * y_stride_);
      const auto rows = static_cast<std::size_t>(params_.weight.rows);
      const double error = test::relative_error(std::span<const Out>(got).subspan(at, rows),
                                                std::span<const Out>(want).subspan(at, rows));
      EXPECT_LE(error, kBound<Out>) << what << ", token " << t << " of " << params_.tokens;
      const std::size_t gap = static_cast<std::size_t>(y_stride_) - rows;
      EXPECT_EQ(std::memcmp(got.data() + at + rows, want.data() + at + rows, gap * sizeof(Out)), 0)
          << what << ": wrote between the rows of tokens " << t << " and " << t + 1;
    }
  }

 private:
  RandomMatrix matrix_;
  WeightMatrix host_weight_;
  DeviceMatrix weight_;
  std::int64_t x_stride_;
  std::int64_t y_stride_;
  std::vector<bf16_t> host_x_;
  DeviceArray<bf16_t> x_;
  DeviceArray<Out> y_;
  LinearParams<bf16_t, Out> params_;
};

template <class Out>
bool same_bits(const std::vector<Out>& a, const std::vector<Out>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Out)) == 0;
}

template <class Out>
void check_case(const Case& c) {
  for (const std::int64_t tokens : c.tokens) {
    const Problem<Out> problem(c, tokens);
    const std::vector<Out> got = problem.run();
    problem.expect_like_reference(got, problem.host_x(), c.name);
    EXPECT_TRUE(same_bits(got, problem.run())) << "two runs differ with " << tokens << " tokens";
  }
}

// What tuning measures: every choice gives the right sums, or says that it cannot run the problem.
void check_choices(const Case& c) {
  for (const std::int64_t tokens : c.tokens) {
    const Problem<bf16_t> problem(c, tokens);
    std::size_t ran = 0;
    for (const LinearChoice& choice : linear_choices()) {
      problem.poison();
      try {
        launch_linear_as(problem.params(), choice, nullptr);
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::kInternal);
        continue;
      }
      ++ran;
      problem.expect_like_reference(
          problem.result(), problem.host_x(),
          fmt::format("{}: configuration {}, split {}, {} warps side by side", c.name,
                      choice.config, choice.split, choice.row_warps));
    }
    EXPECT_GT(ran, linear_choices().size() / 3) << tokens << " tokens";
  }
}

const std::vector<std::int64_t> kTokens{1, 2, 3, 8, 17, 64};

class LinearCudaTest : public test::CudaTestWithParam<Case> {};

TEST_P(LinearCudaTest, AgreesWithTheReference) {
  check_case<bf16_t>(GetParam());
}

TEST_P(LinearCudaTest, AgreesWithTheReferenceInFloat) {
  Case c = GetParam();
  c.tokens.resize(std::min<std::size_t>(c.tokens.size(), 3));
  check_case<float>(c);
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Models, LinearCudaTest,
                         testing::Values(Case{"wq_a", kFp8, 1, 1024, 4096, kTokens},
                                         Case{"wkv", kFp8, 1, 512, 4096, kTokens},
                                         Case{"wq_b", kFp8, 1, 32768, 1024, {1, 4, 8, 32, 64}},
                                         Case{"wq_b_tp8", kFp8, 1, 4096, 1024, {1, 2, 8, 17, 128}},
                                         Case{"wo_a", kBf16, 8, 8192, 4096, {1, 8, 17}},
                                         Case{"wo_a_tp8", kBf16, 1, 1024, 4096, kTokens},
                                         Case{"wo_a_stored", kFp8, 8, 8192, 4096, {1, 4}},
                                         Case{"wo_b", kFp8, 1, 4096, 8192, {1, 3, 8, 12}},
                                         Case{"wo_b_tp8", kFp8, 1, 4096, 1024, {1, 16}, true},
                                         Case{"compressor", kBf16, 1, 1024, 4096, kTokens},
                                         Case{"weights_proj", kBf16, 1, 64, 4096, kTokens},
                                         Case{"gate", kBf16, 1, 256, 4096, kTokens},
                                         Case{"lm_head_tp8", kBf16, 1, 16160, 4096, {1, 8}},
                                         Case{"pro_wq_a", kFp8, 1, 1536, 7168, {1, 2, 8, 64}},
                                         Case{"pro_wq_b", kFp8, 1, 4096, 1536, {1, 8, 17}, true},
                                         Case{"pro_gate", kBf16, 1, 384, 7168, {1, 5, 16}}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    Corners, LinearCudaTest,
    testing::Values(
        Case{"one_row", kBf16, 1, 1, 256, {1, 9}}, Case{"one_row_fp8", kFp8, 1, 1, 256, {1, 33}},
        Case{"odd_rows", kFp8, 1, 77, 384, {1, 7, 8, 9}, false, 8},
        Case{"odd_groups", kBf16, 3, 288, 1024, {1, 2, 6, 20}, false, 16},
        Case{"groups_across_blocks", kFp8, 3, 288, 1024, {1, 5, 20}, false, 24},
        Case{"part_of_a_chunk", kFp8, 1, 48, 16, {1, 8, 40}},
        Case{"part_of_a_chunk_bf16", kBf16, 1, 48, 40, {1, 8, 40}},
        Case{"ragged_columns", kFp8, 1, 33, 1104, {1, 4, 8, 16, 33}, true, 8},
        Case{"ragged_columns_bf16", kBf16, 1, 33, 1112, {1, 4, 8, 16, 33}, true, 8},
        Case{"long_rows", kFp8, 1, 40, 20'032, {1, 2, 8, 16, 30}, true},
        Case{"long_rows_bf16", kBf16, 1, 40, 20'032, {1, 2, 8, 16, 30}},
        Case{"rows_from_a_block", kFp8, 1, 200, 512, {1, 3, 17}, false, 0, 72},
        Case{"rows_from_anywhere", kFp8, 1, 200, 512, {1, 3, 17}, false, 0, 37},
        Case{"columns_from_a_block", kFp8, 1, 64, 512, {1, 2, 8}, true, 0, 0, 128},
        Case{"columns_from_inside_a_block", kFp8, 1, 64, 512, {1, 2, 8, 20}, false, 0, 3, 48},
        // Warps with rows of their own: many tokens, rows that end inside a tile, an odd number.
        Case{"many_rows", kFp8, 1, 8456, 320, {40, 64, 65, 130}, true, 8},
        Case{"many_rows_bf16", kBf16, 1, 8455, 328, {3, 33, 64, 100}, true, 1},
        Case{"many_rows_in_groups", kFp8, 3, 3 * 2900, 272, {8, 48, 70}, false, 6},
        // What only the plain kernel takes.
        Case{"columns_from_anywhere", kFp8, 1, 64, 500, {1, 5}, true, 0, 0, 7},
        Case{"unaligned_columns", kBf16, 1, 40, 301, {1, 4, 9}, false, 3},
        Case{"unaligned_input", kBf16, 2, 40, 256, {1, 4, 9}, false, 5},
        Case{"float32", WeightFormat::kF32, 1, 50, 260, {1, 4, 9}, true},
        Case{"mxfp4", WeightFormat::kMxfp4, 2, 50, 288, {1, 4, 9}, true},
        Case{"mxfp4_columns", WeightFormat::kMxfp4, 1, 50, 256, {1, 6}, false, 0, 5, 64}),
    name_of);

struct LinearCuda : CudaTest {};

// Every configuration must be right for every number of tokens, chosen for it or not.
TEST_F(LinearCuda, EveryChoiceOfTuningIsRight) {
  check_choices({.name = "fp8", .format = kFp8, .rows = 200, .cols = 1024, .tokens = {1, 8}});
  check_choices({.name = "bf16", .rows = 96, .cols = 512, .tokens = {2, 40}});
}

TEST_F(LinearCuda, EveryConfigurationAgreesWithTheReference) {
  for (const WeightFormat format : {kBf16, kFp8}) {
    for (std::size_t i = 0; i < kLinearConfigs.size(); ++i) {
      for (const std::int64_t tokens : {1, 2, 4, 5, 8, 9, 16, 17, 31, 33, 70}) {
        const Case c{.format = format, .groups = 2, .rows = 200, .cols = 3200, .stride_excess = 8};
        const Problem<float> problem(c, tokens);
        const std::string what =
            "configuration " + std::to_string(i) + (format == kFp8 ? ", FP8" : ", BF16");
        problem.expect_like_reference(problem.run(&kLinearConfigs[i]), problem.host_x(), what);
      }
    }
  }
}

TEST_F(LinearCuda, HalfPrecisionWeights) {
  constexpr std::int64_t kRows = 9;
  constexpr std::int64_t kCols = 70;
  std::vector<std::uint16_t> halves;
  for (std::int64_t i = 0; i < kRows * kCols; ++i) {
    const std::uint64_t bits = hash64(5, i);  // magnitudes 2^-6 to 2^-2
    halves.push_back(static_cast<std::uint16_t>((bits & 0x83ff) | (9 + (bits >> 20) % 4) << 10));
  }
  const WeightMatrix host{.format = WeightFormat::kF16,
                          .rows = kRows,
                          .cols = kCols,
                          .data = reinterpret_cast<const std::byte*>(halves.data()),
                          .row_bytes = 2 * kCols};
  const DeviceMatrix weight(host);
  const std::vector<bf16_t> x = test::random_bf16(2 * kCols, 6);
  const DeviceArray<bf16_t> device_x(x);
  const DeviceArray<float> y(2 * kRows);
  test::poison(y);
  LinearParams<bf16_t, float> p{.tokens = 2,
                                .x = device_x.data(),
                                .x_stride = kCols,
                                .weight = weight.view(),
                                .y = y.data(),
                                .y_stride = kRows};
  launch_linear(p, nullptr);
  const std::vector<float> got = y.to_host();
  std::vector<float> want(2 * kRows);
  p.x = x.data();
  p.weight = host;
  p.y = want.data();
  reference_linear(p);
  EXPECT_LE(test::relative_error(got, want), kBound<float>);
}

template <class Out>
void check_pair(const Case& first, const Case& second, std::int64_t tokens) {
  const Problem<Out> a(first, tokens, 1);
  Problem<Out> b(second, tokens, 8);
  b.share_input(a);
  a.poison();
  b.poison();
  launch_linear_pair(a.params(), b.params(), nullptr);
  a.expect_like_reference(a.result(), a.host_x(), first.name);
  b.expect_like_reference(b.result(), a.host_x(), second.name);
}

TEST_F(LinearCuda, PairsGiveWhatEachGives) {
  for (const std::int64_t tokens : {1, 2, 8, 17}) {
    check_pair<bf16_t>({"wq_a", kFp8, 1, 1024, 4096, {}, true},
                       {"wkv", kFp8, 1, 512, 4096, {}, true}, tokens);
    check_pair<float>({"wkv", kBf16, 1, 512, 4096}, {"wgate", kBf16, 1, 512, 4096}, tokens);
    check_pair<float>({"few", kBf16, 1, 3, 256}, {"more", kBf16, 1, 100, 256}, tokens);
    // Formats that cannot share a launch, and what only the plain kernel takes.
    check_pair<float>({"fp8", kFp8, 1, 64, 256}, {"bf16", kBf16, 1, 100, 256}, tokens);
    check_pair<float>({"plain", kBf16, 1, 30, 99}, {"plain too", kBf16, 1, 20, 99}, tokens);
  }
}

// A token's outputs depend on its inputs alone, however bad its neighbours are.
TEST_F(LinearCuda, TokensDoNotTouchEachOther) {
  for (const WeightFormat format : {kBf16, kFp8, WeightFormat::kF32}) {
    for (const std::int64_t tokens : {2, 4, 8, 16, 32}) {
      const Case c{.format = format, .rows = 40, .cols = 512};
      Problem<float> problem(c, tokens);
      const std::vector<float> clean = problem.run();
      std::vector<bf16_t> x = problem.host_x();
      std::fill_n(x.begin() + 512, 512, bf16_from_float(NAN));
      problem.set_x(x);
      const std::vector<float> got = problem.run();
      for (std::int64_t t = 0; t < tokens; ++t) {
        for (std::int64_t n = 0; n < 40; ++n) {
          const auto at = static_cast<std::size_t>(t * 40 + n);
          if (t == 1) {
            EXPECT_TRUE(std::isnan(got[at])) << got[at];
          } else {
            ASSERT_EQ(got[at], clean[at]) << "token " << t << " of " << tokens << ", row " << n;
          }
        }
      }
    }
  }
}

// Inputs that FP8 groups find hard: zeros, one large value, more than FP8 holds, tiny ones.
TEST_F(LinearCuda, RoundsInputsAsTheReferenceDoes) {
  for (const WeightFormat format : {kBf16, kFp8, WeightFormat::kF32}) {
    const Case c{.format = format, .rows = 64, .cols = 1024, .quantise = true};
    Problem<float> problem(c, 6);
    std::vector<bf16_t> x = problem.host_x();
    std::fill_n(x.begin(), 1024, bf16_t{});
    x[1024 + 130] = bf16_from_float(3000);
    for (int i = 0; i < 1024; ++i) {
      bf16_t& tiny = x[static_cast<std::size_t>(2 * 1024 + i)];
      tiny = bf16_from_float(bf16_to_float(tiny) * 1e-6f);
      bf16_t& steps = x[static_cast<std::size_t>(3 * 1024 + i)];
      steps = bf16_from_float(bf16_to_float(steps) * std::exp2(static_cast<float>(i % 24 - 16)));
    }
    problem.set_x(x);
    problem.expect_like_reference(problem.run(), x, "rounded");
  }
}

TEST_F(LinearCuda, RefusesInvalidFields) {
  const Problem<float> problem({.format = kFp8, .groups = 2, .rows = 8, .cols = 64}, 2);
  const auto expect_refusal = [&](const std::string& field,
                                  const std::function<void(LinearParams<bf16_t, float>&)>& spoil) {
    LinearParams<bf16_t, float> p = problem.params();
    spoil(p);
    EXPECT_NE(supports(p).reason.find(field), std::string::npos)
        << field << ": " << supports(p).reason;
    EXPECT_THROW(launch_linear(p, nullptr), Error) << field;
    EXPECT_THROW(launch_linear_pair(problem.params(), p, nullptr), Error) << field;
  };
  EXPECT_TRUE(supports(problem.params()).ok()) << supports(problem.params()).reason;
  expect_refusal("tokens", [](auto& p) { p.tokens = 0; });
  expect_refusal("tokens", [](auto& p) { p.tokens = 1 << 20; });
  expect_refusal("groups", [](auto& p) { p.groups = 0; });
  expect_refusal("groups", [](auto& p) { p.groups = 3; });
  expect_refusal("x is null", [](auto& p) { p.x = nullptr; });
  expect_refusal("x_stride", [](auto& p) { p.x_stride = 127; });
  expect_refusal("y is null", [](auto& p) { p.y = nullptr; });
  expect_refusal("y_stride", [](auto& p) { p.y_stride = 7; });
  expect_refusal("weight.data", [](auto& p) { p.weight.data = nullptr; });
  expect_refusal("weight.rows", [](auto& p) { p.weight.rows = 0; });
  expect_refusal("weight.cols", [](auto& p) { p.weight.cols = 0; });
  expect_refusal("weight.row_bytes", [](auto& p) { p.weight.row_bytes = 63; });
  expect_refusal("weight.scales", [](auto& p) { p.weight.scales = nullptr; });
  expect_refusal("weight.scale_row_bytes", [](auto& p) { p.weight.scale_row_bytes = 0; });
  expect_refusal("weight.row_origin", [](auto& p) { p.weight.row_origin = -1; });
  expect_refusal("weight.col_origin", [](auto& p) { p.weight.col_origin = -16; });
  expect_refusal("weight.col_origin", [](auto& p) {
    p.weight.format = WeightFormat::kMxfp4;
    p.weight.scale_row_bytes = 8;
    p.weight.col_origin = 8;
  });
}

TEST_F(LinearCuda, RefusesConfigurationsItDoesNotHave) {
  const Problem<float> aligned({.rows = 8, .cols = 64}, 2);
  LinearConfig other = kLinearConfigs[0];
  other.warps = 3;
  EXPECT_THROW(launch_linear(aligned.params(), nullptr, &other), Error);
  const Problem<float> plain({.rows = 8, .cols = 63}, 2);
  EXPECT_THROW(launch_linear(plain.params(), nullptr, &kLinearConfigs[0]), Error);
}

// --- Choosing a configuration: needs no GPU ------------------------------------------------------

constexpr DeviceLimits kH200{.sms = 132,
                             .shared_per_block = 232'448,
                             .shared_per_sm = 233'472,
                             .l2_bytes = 50ll << 20,
                             .warps_per_sm = 64};

TEST(LinearConfigs, PlansCoverEveryRowWithinTheLimits) {
  std::int64_t plans = 0;
  for (const DeviceLimits& limits : {kRtxPro6000, kH200}) {
    for (const WeightFormat format : {kBf16, kFp8}) {
      for (const std::int64_t tokens : {1, 2, 3, 4, 5, 8, 9, 16, 17, 64, 128}) {
        for (const std::int64_t rows : {1, 16, 77, 256, 1024, 4096, 129'280}) {
          for (const std::int64_t cols : {16, 64, 384, 1024, 1536, 4096, 7168, 16'384}) {
            for (const bool quantise : {false, true}) {
              const LinearProblem p{.format = format,
                                    .tokens = tokens,
                                    .groups = 2,
                                    .rows = {rows, 16},
                                    .cols = cols,
                                    .quantise = quantise};
              const auto config = pick_config(p, limits);
              ASSERT_TRUE(config.has_value());
              const LinearPlan plan = plan_linear(p, *config, limits);
              ++plans;
              SCOPED_TRACE(testing::Message() << "tokens " << tokens << " rows " << rows << " cols "
                                              << cols << " split " << plan.split);
              const LinearConfig& c = plan.config;
              EXPECT_NE(shared_bytes(c), 0);
              EXPECT_LE(shared_bytes(c), limits.shared_per_block);
              EXPECT_EQ(c.warps % plan.row_warps, 0);
              EXPECT_TRUE(c.shares_rows || plan.row_warps == c.warps);
              const std::int64_t tile_rows = 16 * c.row_tiles * plan.row_warps / plan.split;
              EXPECT_EQ(tile_rows, linear_tile_rows(plan));
              EXPECT_EQ(plan.tiles, 2 * (ceil_div(rows, tile_rows) + ceil_div(16, tile_rows)));
              EXPECT_EQ(plan.passes, ceil_div(tokens, 8 * c.column_tiles));
              const std::int64_t units = plan.tiles * plan.passes;
              EXPECT_GE(plan.blocks * plan.units_per_block, units);
              EXPECT_LT((plan.blocks - 1) * plan.units_per_block, units);
              EXPECT_LE(plan.blocks, limits.sms * resident_blocks(c, limits));
              EXPECT_TRUE(can_split(p, c, plan.split));
              ASSERT_GT(plan.window_batches, 0);
              const std::int64_t slice = round_up(cols / plan.split, linear_chunk_values(format));
              const std::int64_t window =
                  plan.window_batches * linear_batch_values(p, c, plan.row_warps);
              // All columns that mma reads lie within the staged bytes, in every buffer.
              const std::int64_t staged = c.column_tiles > 1
                                              ? 8 * c.column_tiles
                                              : plan.split * std::min<std::int64_t>(tokens, 8);
              EXPECT_LE(plan.buffers * staged * linear_stage_stride(std::min(slice, window)),
                        c.stage_bytes);
              if (window < slice) {
                EXPECT_EQ(window % kActivationGroup, 0);
              }
              if (plan.split > 1) {
                EXPECT_LE(tokens, 8 / plan.split);
                EXPECT_EQ(cols % (plan.split * linear_chunk_values(format)), 0);
              }
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(plans, 2 * 2 * 11 * 7 * 8 * 2);
}

TEST(LinearConfigs, SmallMatricesSpreadOverTheDevice) {
  // The router's gate: 16 tiles of 16 rows would leave most of the device idle.
  const LinearProblem gate{.format = kBf16, .rows = {256, 0}, .cols = 4096};
  for (const DeviceLimits& limits : {kRtxPro6000, kH200}) {
    const LinearPlan plan = plan_linear(gate, *pick_config(gate, limits), limits);
    EXPECT_EQ(plan.split, 8);
    EXPECT_EQ(plan.blocks, 128);
    // A large one needs none of that; half tiles at most, to end together.
    LinearProblem head = gate;
    head.rows = {129'280, 0};
    EXPECT_LE(plan_linear(head, *pick_config(head, limits), limits).split, 2);
  }
}

TEST(LinearConfigs, WarpsHaveRowsToThemselvesWhereThereAreEnough) {
  LinearProblem q_up{.format = kFp8, .rows = {32'768, 0}, .cols = 1024};
  for (const std::int64_t tokens : {1, 8, 64}) {
    q_up.tokens = tokens;
    const LinearPlan plan = plan_linear(q_up, *pick_config(q_up, kH200), kH200);
    EXPECT_EQ(plan.row_warps, plan.config.warps) << tokens;
    EXPECT_EQ(plan.split, 1) << tokens;
    EXPECT_EQ(plan.passes, 1) << tokens;
    EXPECT_EQ(plan.units_per_block, 1) << tokens;
  }
  // Too few rows for that: several blocks a tile, one for each pass.
  const LinearProblem q_down{.format = kFp8, .tokens = 64, .rows = {1024, 0}, .cols = 4096};
  const LinearPlan plan = plan_linear(q_down, *pick_config(q_down, kH200), kH200);
  EXPECT_LT(plan.row_warps, plan.config.warps);
  EXPECT_EQ(plan.blocks, plan.tiles * plan.passes);
}

TEST(LinearConfigs, ALargerBatchNeverCostsLess) {
  for (const DeviceLimits& limits : {kRtxPro6000, kH200}) {
    for (const WeightFormat format : {kBf16, kFp8}) {
      for (const std::int64_t rows : {64, 1024, 4096, 32'768, 129'280}) {
        for (const std::int64_t cols : {1024, 4096, 8192}) {
          std::int64_t before = 0;
          for (std::int64_t tokens = 1; tokens <= 128; ++tokens) {
            const LinearProblem p{
                .format = format, .tokens = tokens, .rows = {rows, 0}, .cols = cols};
            const LinearPlan plan = plan_linear(p, *pick_config(p, limits), limits);
            const std::int64_t cost = launch_cost(p, plan, limits);
            EXPECT_GE(cost, before)
                << rows << " rows, " << cols << " columns, " << tokens << " tokens";
            before = cost;
          }
        }
      }
    }
  }
}

TEST(LinearConfigs, NoOtherPlanCostsLess) {
  for (const std::int64_t tokens : {1, 8, 16, 32, 64, 128}) {
    const LinearProblem p{.format = kFp8, .tokens = tokens, .rows = {4096, 0}, .cols = 8192};
    const LinearPlan picked = plan_linear(p, *pick_config(p, kH200), kH200);
    for (const LinearChoice& choice : linear_choices()) {
      const auto plan = plan_of(p, choice, kH200);
      if (!plan) continue;
      EXPECT_GE(launch_cost(p, *plan, kH200), launch_cost(p, picked, kH200))
          << tokens << " tokens, configuration " << choice.config;
    }
  }
}

TEST(LinearConfigs, WhatTensorCoresCannotTakeGoesToThePlainKernel) {
  const LinearProblem good{.format = kFp8, .rows = {64, 0}, .cols = 256};
  EXPECT_TRUE(pick_config(good, kH200).has_value());
  LinearProblem p = good;
  p.aligned = false;
  EXPECT_FALSE(pick_config(p, kH200).has_value());
  p = good;
  p.cols = 264;  // 16 FP8 values are one load
  EXPECT_FALSE(pick_config(p, kH200).has_value());
  p.format = kBf16;
  EXPECT_TRUE(pick_config(p, kH200).has_value());
  for (const WeightFormat format : {WeightFormat::kF32, WeightFormat::kF16, WeightFormat::kMxfp4}) {
    p = good;
    p.format = format;
    EXPECT_FALSE(pick_config(p, kH200).has_value());
  }
}

}  // namespace
}  // namespace dscope
