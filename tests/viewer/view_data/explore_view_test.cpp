// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/explore_view.h"

#include "model/axes.h"
#include "model/limit.h"
#include "tests/profiler/support/sample_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dscope::view_data {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ExploreView, SaysWhatTheOutcomeSays) {
  const AnswerPtr answer = ask(model::default_configuration());
  const ExploreView view = explore_view(*answer, nullptr);
  const profile::Prediction& p = answer->outcome->prediction;
  EXPECT_EQ(view.problem, "");
  EXPECT_EQ(view.tok_s_value, p.tok_s);
  EXPECT_THAT(view.interval, HasSubstr(" to "));
  ASSERT_EQ(view.stages.size(), p.stages.size());
  double shares = 0;
  double stages_ns = 0;
  for (std::size_t i = 0; i < view.stages.size(); ++i) {
    EXPECT_EQ(view.stages[i].time_ns, p.stages[i].time_ns);
    shares += view.stages[i].share;
    stages_ns += view.stages[i].time_ns;
    double terms = 0;
    for (const auto& [label, ns] : view.stages[i].terms) terms += ns;
    EXPECT_NEAR(terms, view.stages[i].time_ns, 1e-6 * view.stages[i].time_ns);
  }
  EXPECT_NEAR(shares, 1, 1e-9);
  double limits_ns = 0;
  for (std::size_t i = 0; i < view.limits.size(); ++i) {
    limits_ns += view.limits[i].ns;
    if (i == 0) continue;
    EXPECT_LE(view.limits[i].ns, view.limits[i - 1].ns);
  }
  EXPECT_NEAR(limits_ns, stages_ns, 1e-6 * stages_ns);
}

TEST(ExploreView, TheTornadoIsSortedAndHoldsTheCentre) {
  const AnswerPtr answer = ask(model::default_configuration());
  const ExploreView view = explore_view(*answer, nullptr, 5);
  ASSERT_FALSE(view.tornado.empty());
  EXPECT_LE(view.tornado.size(), 5U);
  double last = std::numeric_limits<double>::infinity();
  for (const TornadoRow& row : view.tornado) {
    const double swing = std::fabs(1 / row.tok_s_at_high - 1 / row.tok_s_at_low);
    EXPECT_LE(swing, last * (1 + 1e-9));
    last = swing;
    EXPECT_FALSE(row.details.empty());
  }
}

TEST(ExploreView, StandsBesideAPinnedConfiguration) {
  const AnswerPtr now = ask(model::default_configuration());
  const AnswerPtr pinned = ask(model::with(model::default_configuration(), "tp=4"));
  const auto other = counterpart_of(*pinned);
  ASSERT_TRUE(other.has_value());
  const ExploreView view = explore_view(*now, &*other);
  EXPECT_EQ(view.other_step_ns, pinned->outcome->prediction.step_ns);
  EXPECT_THAT(view.other_name, HasSubstr("pinned: "));
  for (const ExploreStage& stage : view.stages) {
    if (!stage.other_ns || *stage.other_ns <= 0 || stage.time_ns <= 0) continue;
    ASSERT_TRUE(stage.relative.has_value());
    EXPECT_NEAR(*stage.relative, stage.time_ns / *stage.other_ns - 1, 1e-12);
  }
  const Table table = explore_stage_table(view);
  EXPECT_EQ(table.tone_column, table.columns.size() - 1);
}

TEST(ExploreView, StandsBesideAMeasurementWithItsIdleTime) {
  const profile::Profile measured = profile::testing::sample_profile();
  const Breakdown document = breakdown({"run.json", &measured}, StageView::kFull);
  const auto other = counterpart_of(document);
  ASSERT_TRUE(other.has_value());
  EXPECT_TRUE(other->measured);
  EXPECT_EQ(other->step_ns, 1100);
  const AnswerPtr now = ask(model::default_configuration());
  const ExploreView view = explore_view(*now, &*other);
  const auto gap = std::find_if(view.stages.begin(), view.stages.end(),
                                [](const ExploreStage& s) { return s.stage == Stage::kGap; });
  ASSERT_NE(gap, view.stages.end());
  EXPECT_EQ(gap->time_ns, 0);
  EXPECT_EQ(gap->other_ns, 300);
  const profile::Profile empty;
  EXPECT_FALSE(counterpart_of(breakdown({"e", &empty}, StageView::kFull)).has_value());
}

TEST(ExploreView, AProblemIsAllThereIs) {
  const AnswerPtr answer = ask(model::with(model::default_configuration(), "tp=7"));
  const ExploreView view = explore_view(*answer, nullptr);
  EXPECT_NE(view.problem, "");
  EXPECT_TRUE(view.stages.empty());
  EXPECT_FALSE(counterpart_of(*answer).has_value());
  EXPECT_NO_THROW((void)to_csv(explore_stage_table(view)));
  EXPECT_NO_THROW((void)to_csv(explore_op_table(*answer)));
}

TEST(ExploreView, HostileNumbersStayFinite) {
  Answer answer = *ask(model::default_configuration());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  answer.outcome->prediction.stages[0].time_ns = kInfinity;
  answer.outcome->prediction.stages[0].low_ns = std::nan("");
  answer.outcome->prediction.stages[0].terms =
      std::make_shared<const nlohmann::json>(nlohmann::json::array());
  answer.outcome->ops[0].time_ns = std::nan("");
  answer.outcome->roofline_step_ns = kInfinity;
  answer.outcome->memory.needed_bytes = kInfinity;
  answer.outcome->sensitivities[0].step_at_low_ns = 0;
  Counterpart other;
  other.step_ns = 0;
  const ExploreView view = explore_view(answer, &other);
  std::vector<std::string> values;
  for (const exporter::Fact& fact : view.facts) values.push_back(fact.value);
  EXPECT_THAT(values, Each(Not(HasSubstr("inf"))));
  EXPECT_THAT(values, Each(Not(HasSubstr("nan"))));
  EXPECT_NO_THROW((void)to_csv(explore_stage_table(view)));
  EXPECT_NO_THROW((void)to_csv(explore_op_table(answer)));
}

TEST(ExploreView, LimitsHaveLabels) {
  for (const model::LimitInfo& limit : model::kLimits) {
    EXPECT_EQ(limit_label(limit.id), limit.label);
  }
  EXPECT_EQ(limit_label("gravity"), "gravity");
}

}  // namespace
}  // namespace dscope::view_data
