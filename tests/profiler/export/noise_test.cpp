// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

namespace dscope::exporter {
namespace {

TEST(MedianInterval, OneSampleSaysNothing) {
  EXPECT_FALSE(median_interval({5}).has_value());
  EXPECT_FALSE(difference_interval({5}, {1, 2, 3}).has_value());
}

TEST(MedianInterval, FewSamplesWidenTheirRange) {
  const auto interval = median_interval({12, 10, 11});
  EXPECT_DOUBLE_EQ(interval->low, 8);
  EXPECT_DOUBLE_EQ(interval->high, 14);
}

// n = 10: (10 - 6.198) / 2 = 1.9, so the second from either end, as exact tables have it.
TEST(MedianInterval, ManySamplesUseRanks) {
  std::vector<double> samples(10);
  std::iota(samples.rbegin(), samples.rend(), 1);
  const auto interval = median_interval(samples);
  EXPECT_DOUBLE_EQ(interval->low, 2);
  EXPECT_DOUBLE_EQ(interval->high, 9);
}

TEST(MedianInterval, OneOutlierDoesNotWidenIt) {
  std::vector<double> samples(30, 100.0);
  samples[7] = 1e9;
  EXPECT_DOUBLE_EQ(median_interval(samples)->high, 100);
}

// a: median 5.5, interval [2, 9]; b = a + 10. Difference 10 -+ hypot(3.5, 3.5).
TEST(DifferenceInterval, CombinesBothNoises) {
  std::vector<double> a(10);
  std::iota(a.begin(), a.end(), 1);
  std::vector<double> b(10);
  std::iota(b.begin(), b.end(), 11);
  const auto interval = difference_interval(a, b);
  EXPECT_DOUBLE_EQ(interval->low, 10 - std::hypot(3.5, 3.5));
  EXPECT_DOUBLE_EQ(interval->high, 10 + std::hypot(3.5, 3.5));
}

// Equal populations: the true difference, 0, must be inside about 19 times of 20.
TEST(DifferenceInterval, CoversTheTruth) {
  std::mt19937 random(6);
  std::lognormal_distribution<double> step(5, 0.3);
  constexpr int kRounds = 1000;
  int covered = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> a(20);
    std::vector<double> b(31);
    for (double& x : a) x = step(random);
    for (double& x : b) x = step(random);
    const auto interval = difference_interval(a, b);
    covered += interval->low <= 0 && 0 <= interval->high ? 1 : 0;
  }
  EXPECT_GE(covered, kRounds * 92 / 100);
  EXPECT_LT(covered, kRounds) << "an interval that always covers says nothing";
}

}  // namespace
}  // namespace dscope::exporter
