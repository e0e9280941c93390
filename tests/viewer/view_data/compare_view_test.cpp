// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/compare_view.h"

#include "tests/profiler/support/filled_profile.h"
#include "tests/profiler/support/sample_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dscope::view_data {
namespace {

using exporter::Verdict;
using profile::testing::sample_profile;
using profile::testing::sample_step;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// `steps` steps of the sample, MoE taking `moe_ns` and a little noise.
profile::Profile run_with_moe(std::int64_t moe_ns, int steps = 30) {
  profile::Profile profile = sample_profile();
  profile.measurement->steps.clear();
  std::vector<std::int64_t> moe;
  std::vector<std::int64_t> nccl;
  for (int i = 0; i < steps; ++i) {
    moe.push_back(moe_ns + i % 3);
    nccl.push_back(10'000);
    profile.measurement->steps.push_back(sample_step(i, moe.back(), nccl.back(), moe_ns + 12'000));
  }
  profile.measurement->kernels = {
      profile::testing::sample_kernel("moe.routed", Stage::kMoe, moe),
      profile::testing::sample_kernel("moe.all_reduce", Stage::kNccl, nccl)};
  return profile;
}

CompareView compared(std::span<const NamedProfile> documents, std::size_t base,
                     const CompareViewOptions& options = {}, double threshold = 0.02) {
  return compare_view(compare_all(documents, base, threshold), options);
}

std::vector<std::string> labels(const std::vector<CompareRow>& rows) {
  std::vector<std::string> list;
  for (const CompareRow& row : rows) list.push_back(row.label);
  return list;
}

TEST(CompareView, HasTheNumbersAndVerdictsOfTheCommandLine) {
  const profile::Profile a = run_with_moe(60'000);
  const profile::Profile b = run_with_moe(80'000);
  const exporter::Comparison expected = exporter::compare(a, b, {.threshold = 0.02});
  const std::vector<NamedProfile> documents{{"a", &a}, {"b", &b}};
  const CompareView view = compared(documents, 0, {.sort = CompareSort::kStage});
  ASSERT_EQ(view.problem, "");
  EXPECT_EQ(view.step.base_ns, expected.step.a_ns);
  EXPECT_EQ(view.step.others[0].ns, expected.step.b_ns);
  EXPECT_EQ(view.step.others[0].verdict, expected.step.verdict);
  for (const CompareRow& row : view.stages) {
    const exporter::Delta& delta = expected.stages[static_cast<std::size_t>(row.stage)];
    EXPECT_EQ(row.label, delta.label);
    EXPECT_EQ(row.base_ns, delta.a_ns);
    EXPECT_EQ(row.others[0].ns, delta.b_ns);
    EXPECT_EQ(row.others[0].delta_ns, delta.delta_ns());
    EXPECT_EQ(row.others[0].verdict, delta.verdict);
  }
  EXPECT_THAT(labels(view.stages), ElementsAre("MoE", "NCCL", "Host idle"));
  EXPECT_EQ(view.stages[0].others[0].verdict, Verdict::kSlower);
  EXPECT_THAT(view.headlines, ElementsAre("+27.8 %, 72.0 us to 92.0 us"));
}

TEST(CompareView, JoinsSeveralDocuments) {
  const profile::Profile a = run_with_moe(60'000);
  const profile::Profile b = run_with_moe(80'000);
  profile::Profile c = run_with_moe(50'000);
  c.measurement->kernels.push_back(
      profile::testing::sample_kernel("only_in_c", Stage::kRouter, {5, 5, 5}));
  const std::vector<NamedProfile> documents{{"b", &b}, {"a", &a}, {"c", &c}};
  const CompareView view = compared(documents, 1, {.sort = CompareSort::kName});
  EXPECT_EQ(view.base, "a");
  EXPECT_THAT(view.others, ElementsAre("b", "c"));
  ASSERT_THAT(labels(view.ops), ElementsAre("moe.all_reduce", "moe.routed", "only_in_c"));
  EXPECT_EQ(view.ops[1].others[0].verdict, Verdict::kSlower);
  EXPECT_EQ(view.ops[1].others[1].verdict, Verdict::kFaster);
  EXPECT_FALSE(view.ops[2].base_ns.has_value());
  EXPECT_FALSE(view.ops[2].others[0].ns.has_value());
  EXPECT_EQ(view.ops[2].others[0].text, "-");
  EXPECT_EQ(view.ops[2].others[1].ns, 5);
  EXPECT_THAT(view.ops[2].others[1].explanation, Contains("only in B"));
  const Table table = compare_table(view, view.ops, "ops", "Kernels");
  EXPECT_EQ(table.columns.size(), 12U);
  EXPECT_EQ(table.columns[7].key, "ns_2");
}

TEST(CompareView, SortsHidesAndSearches) {
  const profile::Profile a = run_with_moe(60'000);
  const profile::Profile b = run_with_moe(80'000);
  const std::vector<NamedProfile> documents{{"a", &a}, {"b", &b}};
  EXPECT_THAT(labels(compared(documents, 0, {.sort = CompareSort::kDelta}).ops),
              ElementsAre("moe.routed", "moe.all_reduce"));
  const CompareView hidden = compared(documents, 0, {.hide_same = true});
  EXPECT_THAT(labels(hidden.ops), ElementsAre("moe.routed"));
  EXPECT_EQ(hidden.hidden_ops, 1U);
  EXPECT_THAT(labels(compared(documents, 0, {.search = "ALL_RED"}).ops),
              ElementsAre("moe.all_reduce"));
  EXPECT_THAT(labels(compared(documents, 0, {.stage = Stage::kMoe}).ops),
              ElementsAre("moe.routed"));
}

TEST(CompareView, TheThresholdDecidesWhatMatters) {
  const profile::Profile a = run_with_moe(60'000);
  const profile::Profile b = run_with_moe(63'000);
  const std::vector<NamedProfile> documents{{"a", &a}, {"b", &b}};
  EXPECT_EQ(compared(documents, 0).stages[0].others[0].verdict, Verdict::kSlower);
  EXPECT_EQ(compared(documents, 0, {}, 0.10).stages[0].others[0].verdict, Verdict::kSame);
}

TEST(CompareView, NotComparableSaysWhy) {
  const profile::Profile a = run_with_moe(60'000);
  profile::Profile b = run_with_moe(80'000);
  b.workload->batch = 4;
  const std::vector<NamedProfile> documents{{"a", &a}, {"b", &b}};
  const CompareView view = compared(documents, 0, {});
  EXPECT_EQ(view.step.others[0].verdict, Verdict::kNotComparable);
  EXPECT_EQ(view.reasons[0], "batch differs: 2 against 4");
  EXPECT_THAT(view.stages[0].others[0].explanation, Contains("batch differs: 2 against 4"));
}

TEST(CompareView, OneDocumentIsNotEnough) {
  const profile::Profile a = sample_profile();
  const std::vector<NamedProfile> documents{{"a", &a}};
  EXPECT_THAT(compared(documents, 0, {}).problem, HasSubstr("two documents"));
  EXPECT_THAT(compared({}, 0).problem, HasSubstr("two documents"));
}

TEST(CompareView, EmptyAndHostileDocumentsGiveRowsThatCanBeWritten) {
  const profile::Profile a = run_with_moe(60'000);
  const profile::Profile empty;
  profile::Profile hostile = profile::testing::filled_profile();
  for (profile::StepSample& step : hostile.measurement->steps) {
    step.wall_ns = std::numeric_limits<std::int64_t>::max();
    step.stage_time_ns.fill(std::numeric_limits<std::int64_t>::max());
  }
  const std::vector<NamedProfile> documents{{"a", &a}, {"e", &empty}, {"h", &hostile}};
  for (std::size_t base = 0; base < documents.size(); ++base) {
    const CompareView view =
        compared(documents, base, {.sort = CompareSort::kRelative}, std::nan(""));
    EXPECT_EQ(view.headlines.size(), 2U);
    EXPECT_NO_THROW((void)to_csv(compare_table(view, view.stages, "stages", "Stages")));
    EXPECT_NO_THROW((void)to_csv(compare_table(view, view.ops, "ops", "Kernels")));
  }
}

}  // namespace
}  // namespace dscope::view_data
