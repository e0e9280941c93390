// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/profile/statistics.h"

#include "workloads/base/error.h"

#include <gtest/gtest.h>

namespace dscope::profile {
namespace {

TEST(Statistics, Mean) {
  EXPECT_DOUBLE_EQ(mean(std::vector<double>{1, 2, 6}), 3);
}

TEST(Statistics, MedianOfOddAndEvenCounts) {
  EXPECT_DOUBLE_EQ(median(std::vector<double>{9, 1, 5}), 5);
  EXPECT_DOUBLE_EQ(median(std::vector<double>{9, 1, 5, 6}), 5.5);
  EXPECT_DOUBLE_EQ(median(std::vector<double>{4}), 4);
  EXPECT_DOUBLE_EQ(median(std::vector<std::int64_t>{3, 1, 2, 2}), 2);
}

// Median 3; deviations 2 1 0 1 97, their median 1.
TEST(Statistics, MadIgnoresOutliers) {
  EXPECT_DOUBLE_EQ(mad({1, 2, 3, 4, 100}), 1);
}

// Definition 7: position 0.95 * 3 = 2.85, between 30 and 40.
TEST(Statistics, PercentileInterpolates) {
  const std::vector<double> values{40, 10, 30, 20};
  EXPECT_DOUBLE_EQ(percentile(values, 0.95), 38.5);
  EXPECT_DOUBLE_EQ(percentile(values, 0), 10);
  EXPECT_DOUBLE_EQ(percentile(values, 1), 40);
  EXPECT_DOUBLE_EQ(percentile(values, 0.25), 17.5);
}

TEST(Statistics, NothingToDescribe) {
  EXPECT_THROW((void)mean({}), Error);
  EXPECT_THROW((void)median(std::vector<double>{}), Error);
  EXPECT_THROW((void)mad({}), Error);
  EXPECT_THROW((void)percentile({1}, 1.5), Error);
}

}  // namespace
}  // namespace dscope::profile
