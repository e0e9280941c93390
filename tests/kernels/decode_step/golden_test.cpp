// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// The decode step against an independent implementation: the float32 logits and experts that
// Hugging Face transformers gives for the bundled checkpoint, token by token.
#include "tests/support/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace dscope {
namespace {

using test::Decoded;
using test::Golden;

// One exact run serves all tests of this file.
class GoldenDecode : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    weights_ = new Checkpoint(test::golden_directory());
    golden_ = new Golden(test::read_golden(test::golden_directory()));
    exact_ = new Decoded(run(Numerics::kExact, nullptr));
  }
  static void TearDownTestSuite() {
    delete exact_;
    delete golden_;
    delete weights_;
  }
  static Decoded run(Numerics numerics, const Decoded* forced) {
    const auto comm = make_single_communicator();
    return test::decode(*weights_, *golden_, *comm, {.numerics = numerics, .forced = forced});
  }
  static std::vector<double> errors(const Decoded& decoded) {
    return test::relative_errors(decoded.logits, golden_->logits, weights_->config().vocab);
  }
  static void expect_forced_within(Numerics numerics, double mean_bound, double worst_bound) {
    const std::vector<double> e = errors(run(numerics, exact_));
    const double mean = std::accumulate(e.begin(), e.end(), 0.0) / static_cast<double>(e.size());
    EXPECT_LE(mean, mean_bound);
    EXPECT_LE(*std::max_element(e.begin(), e.end()), worst_bound);
    // Rounding must be there at all: a run that quietly computed in float32 would be far below.
    EXPECT_GE(mean, mean_bound / 3);
  }

  static Checkpoint* weights_;
  static Golden* golden_;
  static Decoded* exact_;
};
Checkpoint* GoldenDecode::weights_ = nullptr;
Golden* GoldenDecode::golden_ = nullptr;
Decoded* GoldenDecode::exact_ = nullptr;

TEST_F(GoldenDecode, ExactLogitsAgreeAtEveryStep) {
  for (const double error : errors(*exact_)) ASSERT_LE(error, 2e-3);
}

TEST_F(GoldenDecode, ExactBestTokensAgree) {
  EXPECT_EQ(test::top1_agreement(exact_->logits, golden_->logits, weights_->config().vocab, 0.02),
            1.0);
}

TEST_F(GoldenDecode, ExactExpertsAreTheSame) {
  EXPECT_EQ(test::expert_mismatches(*golden_, *exact_, weights_->config()), 0);
}

// With routing and selection forced, errors are those of rounding. The bounds are 1.3 times what
// an independent simulation of each rounding step gives for this checkpoint.
TEST_F(GoldenDecode, Bf16Forced) {
  expect_forced_within(Numerics::kBf16, 1.3 * 0.008, 1.3 * 0.014);
}
TEST_F(GoldenDecode, ServingForced) {
  expect_forced_within(Numerics::kServing, 1.3 * 0.029, 1.3 * 0.074);
}
TEST_F(GoldenDecode, ServingA8Forced) {
  expect_forced_within(Numerics::kServingA8, 1.3 * 0.10, 1.3 * 0.23);
}

TEST_F(GoldenDecode, RunsRepeatBitForBit) {
  EXPECT_EQ(run(Numerics::kServing, exact_).logits, run(Numerics::kServing, exact_).logits);
}

// Other dimensions, layer orders, head sizes, stream counts and shard counts, made by
// tests/oracle/make_golden.py.
class OtherCheckpoints : public ::testing::TestWithParam<const char*> {};

TEST_P(OtherCheckpoints, ExactDecodeAgrees) {
  const std::filesystem::path directory = test::golden_directory().parent_path() / GetParam();
  Checkpoint weights(directory);
  const Golden golden = test::read_golden(directory);
  const auto comm = make_single_communicator();
  const Decoded decoded = test::decode(weights, golden, *comm, {});
  const std::int64_t vocab = weights.config().vocab;
  for (const double error : test::relative_errors(decoded.logits, golden.logits, vocab)) {
    ASSERT_LE(error, 1e-4);
  }
  EXPECT_EQ(test::expert_mismatches(golden, decoded, weights.config()), 0);
}
INSTANTIATE_TEST_SUITE_P(Golden, OtherCheckpoints,
                         ::testing::Values("odd_sizes", "wide_streams", "ratio_order_sharded"));

}  // namespace
}  // namespace dscope
