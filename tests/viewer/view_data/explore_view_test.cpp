// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/explore_view.h"

#include "model/axes.h"
#include "model/limit.h"
#include "tests/profiler/support/sample_profile.h"
#include "viewer/view_data/explore_match.h"
#include "viewer/view_data/roofline.h"

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

TEST(AxisNote, SaysWhatChangesNothing) {
  const model::Configuration c = model::default_configuration();
  EXPECT_THAT(axis_note("moe_stages", c), HasSubstr("tiles"));
  EXPECT_EQ(axis_note("moe_stages", model::with(c, "kernel_set=dscope")), "");
  EXPECT_THAT(axis_note("hop", model::with(c, "tp=1")), HasSubstr("One GPU"));
  EXPECT_EQ(axis_note("hop", c), "");
  EXPECT_THAT(axis_note("acceptance", c), HasSubstr("off"));
}

TEST(ExploreMap, TilesThatNeedMoreSharedMemoryThanThereIsAreBlocked) {
  ExploreRequest request;
  request.now = model::with(model::default_configuration(), "kernel_set=dscope");
  request.map_x = "moe_stages";
  request.map_y = "moe_warps";
  Oracle oracle;
  std::shared_ptr<const ExploreMap> map;
  explore(
      request, oracle, [] { return false; },
      [&](const ExploreResult& result) { map = result.map; });
  ASSERT_NE(map, nullptr);
  std::size_t blocked = 0;
  for (const AnswerPoint& cell : map->cells) {
    if (cell.blocked.find("shared memory") != std::string::npos) ++blocked;
  }
  EXPECT_GT(blocked, 0U);                 // 32 warps with 8 stages
  EXPECT_LT(blocked, map->cells.size());  // what the library takes by itself
}

TEST(DocumentOf, CarriesOpsToTheRoofline) {
  const AnswerPtr answer = ask(model::default_configuration());
  const DocumentPtr document = document_of(*answer);
  EXPECT_EQ(document->kind(), profile::Kind::kPredicted);
  EXPECT_EQ(document->profile.prediction->tok_s, answer->outcome->prediction.tok_s);
  const RooflineSeries series = roofline_series({document->name, &document->profile});
  ASSERT_GT(series.points.size(), 10U);
  for (const RooflinePoint& point : series.points) {
    const auto op =
        std::find_if(answer->outcome->ops.begin(), answer->outcome->ops.end(),
                     [&](const model::OpPrediction& o) { return info(o.op).name == point.name; });
    ASSERT_NE(op, answer->outcome->ops.end()) << point.name;
    EXPECT_EQ(point.time_ns, op->time_ns);
    EXPECT_EQ(point.limit, op->limit);
    EXPECT_NEAR(point.bytes, op->bytes, 1e-6 * op->bytes + 1) << point.name;
  }
}

TEST(MatchDocument, TakesWhatTheDocumentSays) {
  profile::Profile profile = profile::testing::sample_profile();
  profile.workload->model = preset("dsv4-pro");
  profile.workload->layout = ParallelLayout{.tp = 4, .ep = 1, .rank = 0};
  profile.workload->backend = "cuda";
  profile.device->gpus.emplace_back().name = "NVIDIA H200";
  const Match match = match_document(profile, model::default_configuration());
  EXPECT_EQ(match.configuration.model.name, "dsv4-pro");
  EXPECT_EQ(match.configuration.device.name, "h200");
  EXPECT_EQ(match.configuration.tp, 4);
  EXPECT_EQ(match.configuration.batch, 2);
  EXPECT_EQ(match.configuration.context, 65);
  EXPECT_EQ(match.configuration.kernel_set.name, "dscope");
}

TEST(MatchDocument, SaysWhatTheDocumentDoesNot) {
  const profile::Profile empty;
  const Match match = match_document(empty, model::default_configuration());
  EXPECT_TRUE(match.set.empty());
  EXPECT_GE(match.unknown.size(), 7U);
  profile::Profile odd = profile::testing::sample_profile();
  odd.workload->model->name = "no-such-model";
  odd.workload->context_mean = std::nan("");
  odd.workload->batch = std::numeric_limits<std::int64_t>::min();
  EXPECT_NO_THROW((void)match_document(odd, model::default_configuration()));
}

TEST(ExploreView, InputsHaveNamesForPeople) {
  const AnswerPtr answer = ask(model::default_configuration());
  const ExploreView view = explore_view(*answer, nullptr, 100);
  for (const TornadoRow& row : view.tornado) {
    EXPECT_EQ(row.label.find('_'), std::string::npos) << row.label;
    EXPECT_EQ(row.label.find("device."), std::string::npos) << row.label;
  }
}

TEST(ExploreView, LimitsHaveLabels) {
  for (const model::LimitInfo& limit : model::kLimits) {
    EXPECT_EQ(limit_label(limit.id), limit.label);
  }
  EXPECT_EQ(limit_label("gravity"), "gravity");
}

}  // namespace
}  // namespace dscope::view_data
