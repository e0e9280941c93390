// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/kernel_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace dscope::attribute {
namespace {

TEST(KernelTable, SumsByNameAndStage) {
  KernelTable table;
  table.add("gemm", Stage::kMoe, 0, 10);
  table.add("gemm", Stage::kMoe, 0, 30);
  table.add("gemm", Stage::kProjection, 0, 5);
  table.add("gemm", Stage::kMoe, 2, 20);
  const auto rows = table.summaries(4);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].name, "gemm");
  EXPECT_EQ(rows[0].stage, Stage::kMoe);
  EXPECT_EQ(rows[0].count, 3);
  EXPECT_EQ(rows[0].total_ns, 60);
  EXPECT_EQ(rows[0].min_ns, 10);
  EXPECT_EQ(rows[0].median_ns, 20);
  EXPECT_EQ(rows[0].p95_ns, 30);
  EXPECT_EQ(rows[0].max_ns, 30);
  EXPECT_EQ(rows[0].step_ns, (std::vector<std::int64_t>{40, 0, 20, 0}));
  EXPECT_EQ(rows[1].stage, Stage::kProjection);
  EXPECT_EQ(rows[1].step_ns, (std::vector<std::int64_t>{5, 0, 0, 0}));
}

TEST(KernelTable, WaitingIsPartOfTheTotalAndAbsentWhereThereIsNone) {
  KernelTable table;
  table.add("norm", Stage::kNormRopeCache, 0, 30, "attn.q_norm", 20);
  table.add("norm", Stage::kNormRopeCache, 1, 10, "attn.q_norm", 5);
  table.add("gemm", Stage::kMoe, 1, 10);
  const auto rows = table.summaries(2);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].total_ns, 40);
  EXPECT_EQ(rows[0].waited_ns, 25);
  EXPECT_EQ(rows[1].waited_ns, std::nullopt);
}

TEST(DurationHistogram, IsExactForSmallValuesAndForOne) {
  DurationHistogram small;
  for (std::int64_t v = 0; v < 256; ++v) small.add(v);
  EXPECT_EQ(small.quantile(0.5), 127);  // rank 128 of 256
  EXPECT_EQ(small.quantile(1), 255);
  DurationHistogram one;
  one.add(123'456'789);
  EXPECT_EQ(one.quantile(0.5), 123'456'789);
}

TEST(DurationHistogram, QuantilesAreRightToWithinHalfABucket) {
  std::mt19937 random(4);
  std::uniform_real_distribution<double> exponent(0, 40);
  DurationHistogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 9999; ++i) {
    values.push_back(static_cast<std::int64_t>(std::exp2(exponent(random))));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (double fraction : {0.01, 0.25, 0.5, 0.75, 0.95, 0.999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(fraction * 9999));
    const auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(fraction)), exact, exact * 0.004)
        << fraction;
  }
  EXPECT_EQ(histogram.min_ns(), values.front());
  EXPECT_EQ(histogram.max_ns(), values.back());
}

TEST(DurationHistogram, HoldsTheLargestDuration) {
  DurationHistogram histogram;
  histogram.add(std::numeric_limits<std::int64_t>::max());
  histogram.add(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.quantile(0.5), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.total_ns(), std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace dscope::attribute
