// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/compare.h"
#include "tests/profiler/support/sample_profile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>

// A against A: two documents whose samples come from one distribution. Verdicts claim about 95 %
// confidence, so FASTER and SLOWER may not come up much more often than that, whatever the shape of
// the noise; and a real difference that is large against the noise has to be found.
namespace dscope::exporter {
namespace {

using Noise = std::function<double(std::mt19937&)>;

struct Shape {
  const char* name;
  Noise draw;  // of a step of 1 ms, in ns
};

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> kShapes = {
      {"normal",
       [](std::mt19937& random) { return std::normal_distribution<double>(1e6, 5e4)(random); }},
      {"long tail",
       [](std::mt19937& random) {
         return 9e5 + std::lognormal_distribution<double>(11, 1)(random);
       }},
      {"two clocks",
       [](std::mt19937& random) {
         const double slow = std::bernoulli_distribution(0.3)(random) ? 1.15 : 1;
         return slow * std::normal_distribution<double>(1e6, 1e4)(random);
       }},
      {"coarse clock",
       [](std::mt19937& random) {
         return std::round(std::normal_distribution<double>(100, 3)(random)) * 1e4;
       }},
  };
  return kShapes;
}

profile::Profile document(const Shape& shape, int steps, double factor, std::mt19937& random) {
  profile::Profile profile = profile::testing::sample_profile();
  profile.measurement->kernels.clear();
  profile.measurement->steps.clear();
  for (int i = 0; i < steps; ++i) {
    const auto wall_ns = static_cast<std::int64_t>(factor * shape.draw(random));
    profile.measurement->steps.push_back(
        profile::testing::sample_step(i, wall_ns / 2, wall_ns / 4, wall_ns));
  }
  return profile;
}

bool claims(Verdict verdict) {
  return verdict == Verdict::kFaster || verdict == Verdict::kSlower;
}

TEST(CompareProperty, TheSameDistributionRarelyDiffers) {
  constexpr int kTrials = 600;
  std::mt19937 random(7);
  for (const Shape& shape : shapes()) {
    for (const int steps : {3, 5, 6, 10, 30, 100}) {
      int claimed = 0;
      for (int trial = 0; trial < kTrials; ++trial) {
        const Comparison c =
            compare(document(shape, steps, 1, random), document(shape, steps, 1, random));
        claimed += claims(c.step.verdict) ? 1 : 0;
      }
      // 5 % and three standard errors of 600 trials.
      EXPECT_LE(claimed, kTrials * 0.077) << shape.name << ", " << steps << " steps";
    }
  }
}

TEST(CompareProperty, ALargeDifferenceIsFound) {
  constexpr int kTrials = 100;
  std::mt19937 random(8);
  for (const Shape& shape : shapes()) {
    int found = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      const Comparison c =
          compare(document(shape, 50, 1, random), document(shape, 50, 1.5, random));
      EXPECT_NE(c.step.verdict, Verdict::kFaster);
      found += c.step.verdict == Verdict::kSlower ? 1 : 0;
    }
    EXPECT_GE(found, 95) << shape.name;
  }
}

}  // namespace
}  // namespace dscope::exporter
