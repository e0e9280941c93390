// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/count_histogram.h"

#include "workloads/base/error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>

namespace dscope {
namespace {

TEST(CountHistogram, IsExactForSmallValues) {
  CountHistogram histogram;
  for (std::int64_t value = 1; value <= 1000; ++value) histogram.add(value);
  const Distribution d = histogram.distribution();
  EXPECT_EQ(d.count, 1000);
  EXPECT_DOUBLE_EQ(d.mean, 500.5);
  EXPECT_EQ(d.p50, 500);
  EXPECT_EQ(d.p95, 950);
  EXPECT_EQ(d.p99, 990);
  EXPECT_EQ(d.max, 1000);
  EXPECT_EQ(histogram.percentile(1), 1000);
  EXPECT_EQ(histogram.percentile(0.0001), 1);
}

TEST(CountHistogram, TakesTheNearestRank) {
  CountHistogram histogram;
  for (const std::int64_t value : {7, 0, 3}) histogram.add(value);
  EXPECT_EQ(histogram.percentile(0.33), 0);
  EXPECT_EQ(histogram.percentile(0.34), 3);
  EXPECT_EQ(histogram.percentile(0.5), 3);
  EXPECT_EQ(histogram.percentile(0.67), 7);
}

TEST(CountHistogram, IsEmptyBeforeTheFirstValue) {
  const CountHistogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0);
  EXPECT_EQ(nlohmann::json(histogram.distribution()).dump(),
            R"({"count":0,"max":0,"mean":0.0,"p50":0,"p95":0,"p99":0})");
}

// One value below and one far above, so that the percentile reports the bucket's own bound.
TEST(CountHistogram, IsAtMostAFifthOfAPercentTooHighForLargeValues) {
  std::int64_t last = 0;
  for (std::int64_t value = 1; value < (std::int64_t{1} << 61); value += value / 7 + 1) {
    CountHistogram histogram;
    histogram.add(value);
    histogram.add(INT64_MAX);
    const std::int64_t reported = histogram.percentile(0.5);
    EXPECT_GE(reported, value);
    EXPECT_LE(static_cast<double>(reported - value), static_cast<double>(value) / 512) << value;
    EXPECT_GE(reported, last);
    EXPECT_EQ(histogram.percentile(1), INT64_MAX);
    last = reported;
  }
}

TEST(CountHistogram, NeverReportsMoreThanTheMaximum) {
  CountHistogram histogram;
  histogram.add(1'000'000);
  EXPECT_EQ(histogram.percentile(0.5), 1'000'000);
}

TEST(CountHistogram, MergesAsIfAllHadBeenAddedToOne) {
  CountHistogram low, high, both;
  for (std::int64_t value = 0; value < 100; ++value) {
    low.add(value);
    high.add(value * 100);
    both.add(value);
    both.add(value * 100);
  }
  low.merge(high);
  EXPECT_EQ(nlohmann::json(low.distribution()), nlohmann::json(both.distribution()));
}

TEST(CountHistogram, TreatsMisuseAsACallersMistake) {
  CountHistogram histogram;
  EXPECT_THROW(histogram.add(-1), Error);
  EXPECT_THROW((void)histogram.percentile(0), Error);
  EXPECT_THROW((void)histogram.percentile(1.1), Error);
  EXPECT_EQ(histogram.distribution().count, 0);
}

}  // namespace
}  // namespace dscope
