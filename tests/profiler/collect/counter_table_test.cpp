// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/counter_table.h"

#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace dscope::collect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CounterGroups, AreChosenByName) {
  using enum CounterGroup;
  EXPECT_THAT(parse_counter_groups("all"), ElementsAre(kDram, kL2, kShared, kTensor));
  EXPECT_THAT(parse_counter_groups("tensor,dram"), ElementsAre(kTensor, kDram));
}

TEST(CounterGroups, UnknownNamesAreRefused) {
  for (const char* list : {"", "dram,", "sram", "all dram"}) {
    try {
      (void)parse_counter_groups(list);
      ADD_FAILURE() << list;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kUsage);
      EXPECT_THAT(e.what(), HasSubstr("dram, l2, shared, tensor"));
    }
  }
}

TEST(CounterMetrics, AreThoseOfTheGroups) {
  const std::vector<CounterGroup> groups{CounterGroup::kTensor, CounterGroup::kDram};
  const std::vector<CounterMetric> metrics = counter_metrics(groups);
  ASSERT_EQ(metrics.size(), 4u);
  EXPECT_EQ(metrics[0].field, &profile::KernelCounters::time_ns) << "shares are weighted by it";
  EXPECT_EQ(metrics[1].field, &profile::KernelCounters::dram_read_bytes);
  EXPECT_EQ(metrics[2].field, &profile::KernelCounters::dram_write_bytes);
  EXPECT_EQ(metrics[3].field, &profile::KernelCounters::tensor_utilisation);
}

class CounterTableTest : public ::testing::Test {
 protected:
  void add(const char* name, const char* op, std::optional<Stage> stage,
           std::vector<double> values) {
    table_.add({name, op, stage}, values);
  }

  std::vector<CounterGroup> groups_{CounterGroup::kDram, CounterGroup::kTensor};
  CounterTable table_{counter_metrics(groups_)};
};

TEST_F(CounterTableTest, AddsUpByOpAndKernelAndWeighsSharesByTime) {
  add("gemm", "moe_up", Stage::kMoe, {100, 1000, 10, 50});
  add("gemm", "moe_up", Stage::kMoe, {300, 2000, 30, 10});
  add("gemm", "lm_head", Stage::kLmHead, {900, 4, 4, 0});
  add("copy", "", std::nullopt, {10, 1, 1, 0});
  const std::vector<profile::KernelCounters> rows = table_.kernels(2);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].op, "lm_head") << "the longest first";
  EXPECT_DOUBLE_EQ(rows[0].calls, 0.5);
  EXPECT_EQ(rows[1].op, "moe_up");
  EXPECT_EQ(rows[1].name, "gemm");
  EXPECT_EQ(rows[1].stage, Stage::kMoe);
  EXPECT_DOUBLE_EQ(rows[1].calls, 1);
  EXPECT_DOUBLE_EQ(rows[1].time_ns.value(), 200);
  EXPECT_DOUBLE_EQ(rows[1].dram_read_bytes.value(), 1500);
  EXPECT_DOUBLE_EQ(rows[1].dram_write_bytes.value(), 20);
  EXPECT_DOUBLE_EQ(rows[1].tensor_utilisation.value(), 0.2) << "(100 * 0.5 + 300 * 0.1) / 400";
  EXPECT_FALSE(rows[1].l2_hits) << "not asked for";
  EXPECT_FALSE(rows[2].op);
  EXPECT_EQ(rows[2].stage, Stage::kUnattributed);
}

TEST_F(CounterTableTest, WhatWasNotCountedIsAbsent) {
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  add("a", "op", Stage::kMoe, {100, kNothing, 10, kNothing});
  add("b", "op", Stage::kMoe, {kNothing, 1, 1, 50});
  const std::vector<profile::KernelCounters> rows = table_.kernels(1);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_FALSE(rows[0].dram_read_bytes);
  EXPECT_DOUBLE_EQ(rows[0].dram_write_bytes.value(), 10);
  EXPECT_FALSE(rows[0].tensor_utilisation);
  EXPECT_FALSE(rows[1].time_ns);
  EXPECT_FALSE(rows[1].tensor_utilisation) << "a share of no time";
}

TEST_F(CounterTableTest, ValuesMustFitTheMetrics) {
  EXPECT_THROW(add("a", "op", std::nullopt, {1, 2}), Error);
  EXPECT_THROW((void)table_.kernels(0), Error);
}

}  // namespace
}  // namespace dscope::collect
