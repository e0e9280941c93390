// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/moe.h"

#include "tests/support/test_weights.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace dscope {
namespace {

using test::Matrix;

double silu(double x) {
  return x / (1 + std::exp(-x));
}

// Experts with one intermediate value over inputs of two: gate = g . x, up = u . x, y = down * h.
struct OneNeuron {
  Matrix w1;
  Matrix w3;
  Matrix w2;
  ExpertWeights view;
  OneNeuron(std::vector<float> gate, std::vector<float> up, std::vector<float> down)
      : w1(1, 2, std::move(gate)),
        w3(1, 2, std::move(up)),
        w2(2, 1, std::move(down)),
        view{w1.view(), w3.view(), w2.view()} {}
};

struct Fixture {
  OneNeuron first{{1, 0}, {0, 1}, {1, 2}};
  OneNeuron second{{0, 1}, {1, 0}, {3, 0}};
  OneNeuron zero{{0, 0}, {0, 0}, {0, 0}};
  std::vector<const ExpertWeights*> experts{&first.view, &second.view, nullptr};
  std::vector<float> x{1, 2, 3, 4};
  std::vector<std::int32_t> ids{0, 1, 1, -1};
  std::vector<float> weights{0.5, 2, 1, NAN};
  std::vector<float> routed = std::vector<float>(4, 9);
  std::vector<float> out = std::vector<float>(4, 9);
  MoeParams<float> params{.tokens = 2,
                          .hidden = 2,
                          .experts_per_token = 2,
                          .x = x.data(),
                          .ids = ids.data(),
                          .weights = weights.data(),
                          .expert_count = 3,
                          .experts = experts.data(),
                          .shared = &zero.view,
                          .routed = routed.data(),
                          .out = out.data()};
  void run() {
    reference_moe_routed(params);
    reference_moe_shared(params);
  }
};

TEST(Moe, WeighsAndAddsExperts) {
  Fixture f;
  f.run();
  const double first = silu(1) * 2;
  const double second = silu(2) * 1;
  EXPECT_NEAR(f.out[0], 0.5 * first + 2 * 3 * second, 1e-6);
  EXPECT_NEAR(f.out[1], 0.5 * 2 * first, 1e-6);
  // Token 1: one expert; the -1 slot has a NaN weight and contributes exactly nothing.
  EXPECT_NEAR(f.out[2], 3 * silu(4) * 3, 1e-5);
  EXPECT_EQ(f.out[3], 0);
}

TEST(Moe, SharedExpertHasWeightOne) {
  Fixture f;
  f.ids = {-1, -1, -1, -1};
  f.params.shared = &f.first.view;
  f.run();
  EXPECT_NEAR(f.out[0], silu(1) * 2, 1e-6);
  EXPECT_NEAR(f.out[3], 2 * silu(3) * 4, 1e-5);
}

// The gate is clamped from above only, the up projection on both sides, before the activation.
TEST(Moe, ClampsInFrontOfTheActivation) {
  Fixture f;
  f.x = {100, -100, -100, 1};
  f.ids = {0, -1, 0, -1};
  f.weights = {1, 0, 1, 0};
  f.params.swiglu_limit = 10;
  f.run();
  EXPECT_NEAR(f.out[0], silu(10) * -10, 1e-3);
  EXPECT_NEAR(f.out[2], silu(-100) * 1, 1e-6);
}

TEST(Moe, BatchDoesNotChangeATokensResult) {
  Fixture both;
  both.ids = {0, 1, 1, 0};
  both.weights = {0.5, 2, 1, 3};
  both.run();
  Fixture alone;
  alone.ids = {0, 1, 1, 0};
  alone.weights = {0.5, 2, 1, 3};
  alone.params.tokens = 1;
  alone.run();
  EXPECT_EQ(alone.out[0], both.out[0]);
  EXPECT_EQ(alone.out[1], both.out[1]);
}

TEST(Moe, RefusesUnknownAndMissingExperts) {
  Fixture f;
  f.ids[0] = 3;
  EXPECT_THROW(reference_moe_routed(f.params), Error);
  f.ids[0] = 2;
  EXPECT_THROW(reference_moe_routed(f.params), Error);
}

}  // namespace
}  // namespace dscope
