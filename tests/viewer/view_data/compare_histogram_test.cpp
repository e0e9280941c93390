// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/compare_histogram.h"

#include "tests/profiler/support/sample_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

namespace dscope::view_data {
namespace {

using profile::testing::sample_profile;
using ::testing::HasSubstr;

profile::Profile run_of(const std::vector<std::int64_t>& wall_ns) {
  profile::Profile profile;
  for (const std::int64_t ns : wall_ns) {
    profile.measurement.emplace(profile.measurement.value_or(profile::Measurement()))
        .steps.emplace_back()
        .wall_ns = ns;
  }
  return profile;
}

std::vector<std::int64_t> ramp(std::int64_t first, std::int64_t step, int count) {
  std::vector<std::int64_t> list;
  for (int i = 0; i < count; ++i) list.push_back(first + i * step);
  return list;
}

TEST(StepHistograms, ShareBinsAndCountEverySample) {
  const profile::Profile a = run_of(ramp(1000, 10, 100));
  const profile::Profile b = run_of(ramp(1500, 10, 50));
  const std::vector<NamedProfile> documents{{"a", &a}, {"b", &b}};
  const StepHistograms result = step_histograms(documents, 40);
  ASSERT_EQ(result.series.size(), 2U);
  const Histogram& first = result.series[0].histogram;
  const Histogram& second = result.series[1].histogram;
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
  EXPECT_EQ(first.counts.size(), second.counts.size());
  EXPECT_EQ(first.total + first.outside, 100);
  EXPECT_EQ(second.total, 50);
  EXPECT_EQ(result.series[0].median_ns, 1495);
  EXPECT_LE(first.counts.size(), 40U);
  EXPECT_GE(first.counts.size(), 8U);
}

TEST(StepHistograms, AStrayStepDoesNotSqueezeTheRest) {
  std::vector<std::int64_t> times = ramp(1000, 1, 200);
  times.push_back(1'000'000);
  const profile::Profile a = run_of(times);
  const std::vector<NamedProfile> documents{{"a", &a}};
  const StepHistograms result = step_histograms(documents, 40);
  EXPECT_LT(result.series[0].histogram.high, 2000);
  EXPECT_EQ(result.series[0].histogram.outside, 1);
  EXPECT_THAT(result.series[0].text, HasSubstr("1 outside of the axis"));
}

TEST(StepHistograms, TakeUntracedStepsWhereAllHaveThem) {
  profile::Profile a = run_of({1000, 1100});
  a.measurement->perturbation.emplace().untraced_wall_ns = {900, 950, 1000};
  profile::Profile b = run_of({1000, 1100});
  const std::vector<NamedProfile> one{{"a", &a}};
  EXPECT_TRUE(step_histograms(one, 20).untraced);
  EXPECT_EQ(step_histograms(one, 20).series[0].median_ns, 950);
  const std::vector<NamedProfile> both{{"a", &a}, {"b", &b}};
  EXPECT_FALSE(step_histograms(both, 20).untraced);
  EXPECT_EQ(step_histograms(both, 20).series[0].median_ns, 1050);
}

TEST(StepHistograms, EqualStepsHaveAWidth) {
  const profile::Profile a = run_of({500, 500, 500});
  const std::vector<NamedProfile> documents{{"a", &a}};
  const Histogram histogram = step_histograms(documents, 10).series[0].histogram;
  EXPECT_LT(histogram.low, histogram.high);
  EXPECT_EQ(histogram.total, 3);
}

TEST(StepHistograms, EmptyAndHostileDocuments) {
  const profile::Profile empty;
  EXPECT_THAT(step_histograms({}, 10).problem, HasSubstr("No document"));
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  const profile::Profile huge = run_of({0, kHuge, kHuge, 1});
  const std::vector<NamedProfile> documents{{"e", &empty}, {"h", &huge}};
  const StepHistograms result = step_histograms(documents, 1);
  ASSERT_EQ(result.series.size(), 1U);
  EXPECT_EQ(result.series[0].document, 1U);
  EXPECT_EQ(result.series[0].histogram.counts.size(), 1U);
}

}  // namespace
}  // namespace dscope::view_data
