// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/cupti_counters.h"

#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dscope::collect {
namespace {

// CUPTI describes chips that are not there, so this needs its library and no GPU.
class CounterPlans : public ::testing::TestWithParam<const char*> {};

TEST_P(CounterPlans, HaveEveryMetricInTwoPasses) {
  CounterOptions options;
  options.groups = parse_counter_groups("all");
  CounterPlan plan;
  try {
    plan = plan_counters(GetParam(), options);
  } catch (const Error& e) {
    GTEST_SKIP() << e.what();
  }
  EXPECT_THAT(plan.missing, ::testing::IsEmpty());
  EXPECT_EQ(plan.passes, 2) << "hits and misses of L2 do not fit in one";
}
// A100, RTX 30, H100 and H200, RTX 40, RTX 50 and RTX PRO 6000.
INSTANTIATE_TEST_SUITE_P(Chips, CounterPlans,
                         ::testing::Values("GA100", "GA102", "GH100", "AD102", "GB202", "GB203"),
                         [](const auto& chip) { return chip.param; });

TEST(CounterPlan, WithoutL2OnePassIsEnough) {
  CounterOptions options;
  options.groups = parse_counter_groups("dram,shared,tensor");
  try {
    EXPECT_EQ(plan_counters("GB202", options).passes, 1);
  } catch (const Error& e) {
    GTEST_SKIP() << e.what();
  }
}

TEST(CounterPlan, AnUnknownChipIsRefused) {
  CounterOptions options;
  options.groups = parse_counter_groups("dram");
  EXPECT_THROW((void)plan_counters("ZX81", options), Error);
}

}  // namespace
}  // namespace dscope::collect
