// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/breakdown.h"

#include "profiler/export/stage_table.h"
#include "tests/profiler/support/filled_profile.h"
#include "tests/profiler/support/sample_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dscope::view_data {
namespace {

using profile::testing::sample_profile;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

profile::Profile predicted_profile() {
  profile::Profile profile;
  profile.provenance.emplace().kind = profile::Kind::kPredicted;
  profile::Prediction& prediction = profile.prediction.emplace();
  prediction.tok_s = 10;
  prediction.tok_s_low = 8;
  prediction.tok_s_high = 12;
  prediction.step_ns = 100e6;
  prediction.stages.push_back({Stage::kNccl, 20e6, 15e6, 25e6, "pcie_latency", {}, {}});
  prediction.stages.push_back({Stage::kMoe, 60e6, {}, {}, "dram", {}, {}});
  prediction.stages.push_back({Stage::kProjection, 20e6, {}, {}, "dram", {}, {}});
  return profile;
}

std::vector<std::string> labels(const Breakdown& b) {
  std::vector<std::string> list;
  for (const BreakdownRow& row : b.rows) list.push_back(row.label);
  return list;
}

TEST(Breakdown, HasTheNumbersOfTheCommandLine) {
  const profile::Profile profile = sample_profile();
  const exporter::StageReport report = exporter::stage_report(profile);
  const Breakdown b = breakdown({"a.json", &profile}, StageView::kFull);
  EXPECT_EQ(b.problem, "");
  EXPECT_EQ(b.title, report.title);
  EXPECT_EQ(b.step_ns, report.step_ns);
  ASSERT_THAT(labels(b), ElementsAre("MoE", "NCCL", "Host idle"));
  std::size_t next = 0;
  for (const exporter::StageRow& row : report.stages) {
    if (row.total_ns == 0) continue;
    const BreakdownRow& shown = b.rows[next++];
    EXPECT_EQ(shown.label, row.label);
    EXPECT_EQ(shown.time_ns, row.time_ns);
    EXPECT_EQ(shown.share, row.share);
    EXPECT_EQ(shown.bytes, row.bytes);
    EXPECT_EQ(shown.gbps, row.gbps);
    EXPECT_EQ(shown.floor_ns, row.floor_ns);
  }
  EXPECT_EQ(next, b.rows.size());
}

TEST(Breakdown, SharesAddUpToTheWholeStep) {
  const profile::Profile profile = sample_profile();
  for (const StageView view : {StageView::kSeed, StageView::kFull}) {
    double shares = 0;
    for (const BreakdownRow& row : breakdown({"a", &profile}, view).rows) shares += row.share;
    EXPECT_DOUBLE_EQ(shares, 1);
  }
}

TEST(Breakdown, SeedViewNamesThreeStagesAndTheRest) {
  profile::Profile profile = sample_profile();
  for (profile::StepSample& step : profile.measurement->steps) {
    step.stage_time_ns[static_cast<std::size_t>(Stage::kIndexer)] = 50;
    step.gap_ns -= 50;
    step.busy_ns += 50;
  }
  const Breakdown b = breakdown({"a", &profile}, StageView::kSeed);
  ASSERT_THAT(labels(b), ElementsAre("MoE", "NCCL", "Rest"));
  const BreakdownRow& rest = b.rows.back();
  EXPECT_THAT(rest.stages, ElementsAre(Stage::kIndexer, Stage::kGap));
  EXPECT_THAT(rest.holds, HasSubstr("Indexer"));
  EXPECT_THAT(rest.holds, HasSubstr("Host idle"));
  // Per step: 1000 - 700, 1200 - 800, 1100 - 850; the median of the sums, not the sum of medians.
  EXPECT_EQ(rest.time_ns, 300);
  double shares = 0;
  for (const BreakdownRow& row : b.rows) shares += row.share;
  EXPECT_THAT(shares, DoubleNear(1, 1e-9));
}

TEST(Breakdown, SaysWhenClosureFails) {
  profile::Profile profile = sample_profile();
  EXPECT_TRUE(breakdown({"a", &profile}, StageView::kFull).closes);
  profile.measurement->steps[1].closure_error = 0.02;
  EXPECT_FALSE(breakdown({"a", &profile}, StageView::kFull).closes);
}

TEST(Breakdown, ShowsAPredictionInTheOrderOfStages) {
  const profile::Profile profile = predicted_profile();
  const Breakdown b = breakdown({"p", &profile}, StageView::kFull);
  ASSERT_THAT(labels(b), ElementsAre("MoE", "NCCL", "Projections"));
  EXPECT_DOUBLE_EQ(b.rows[0].share, 0.6);
  EXPECT_EQ(b.rows[0].limit, "dram");
  EXPECT_EQ(b.rows[1].low_ns, 15e6);
  EXPECT_THAT(b.step_text, HasSubstr("10.00 tok/s"));
  EXPECT_THAT(labels(breakdown({"p", &profile}, StageView::kSeed)),
              ElementsAre("MoE", "NCCL", "Rest"));
}

TEST(Breakdown, EmptyAndPartialDocumentsHaveAProblemInsteadOfRows) {
  const profile::Profile empty;
  EXPECT_THAT(breakdown({"e", &empty}, StageView::kFull).problem, HasSubstr("neither"));
  profile::Profile no_time;
  no_time.measurement.emplace().steps.emplace_back();
  EXPECT_THAT(breakdown({"e", &no_time}, StageView::kSeed).problem, HasSubstr("No stage"));
}

TEST(Breakdown, HostileNumbersStayFinite) {
  profile::Profile profile = predicted_profile();
  profile.prediction->stages[0].time_ns = -1;
  profile.prediction->stages[1].time_ns = std::numeric_limits<double>::infinity();
  profile.prediction->stages[1].low_ns = std::nan("");
  const Breakdown b = breakdown({"p", &profile}, StageView::kFull);
  EXPECT_THAT(labels(b), ElementsAre("Projections"));
  EXPECT_NO_THROW((void)to_csv(breakdown_table(b)));

  profile::Profile measured = profile::testing::filled_profile();
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  for (profile::StepSample& step : measured.measurement->steps) {
    step.wall_ns = 0;
    step.stage_time_ns.fill(kHuge);
    step.stage_time_ns[static_cast<std::size_t>(Stage::kGap)] = 0;
  }
  for (profile::OpTotals& op : measured.workload->ops) op.weight_bytes = op.read_bytes = 1e308;
  for (const StageView view : {StageView::kSeed, StageView::kFull}) {
    const Breakdown huge = breakdown({"h", &measured}, view);
    EXPECT_TRUE(std::isfinite(huge.step_ns));
    EXPECT_NO_THROW((void)to_csv(breakdown_table(huge)));
    for (const bool shares : {false, true}) {
      for (const StackedBar& bar : step_bars(measured, huge, shares, 10).bars) {
        for (const BarPart& part : bar.parts) EXPECT_TRUE(std::isfinite(part.end));
      }
    }
  }
}

TEST(Bars, OfDocumentsStackToTheTotal) {
  const profile::Profile a = sample_profile();
  const profile::Profile p = predicted_profile();
  const profile::Profile empty;
  const std::vector<Breakdown> all{breakdown({"a", &a}, StageView::kFull),
                                   breakdown({"p", &p}, StageView::kFull),
                                   breakdown({"e", &empty}, StageView::kFull)};
  const BarChart chart = document_bars(all, false);
  ASSERT_EQ(chart.bars.size(), 3U);
  EXPECT_EQ(chart.most, 100e6);
  EXPECT_DOUBLE_EQ(chart.bars[0].parts.back().end, 1100);  // the median step
  EXPECT_EQ(chart.bars[1].parts.size(), 3U);
  EXPECT_TRUE(chart.bars[2].parts.empty());
  const BarChart shares = document_bars(all, true);
  EXPECT_EQ(shares.most, 1);
  EXPECT_DOUBLE_EQ(shares.bars[0].parts.back().end, 1);
  EXPECT_DOUBLE_EQ(shares.bars[1].parts.back().end, 1);
}

TEST(Bars, SegmentsTouch) {
  const profile::Profile a = sample_profile();
  const Breakdown b = breakdown({"a", &a}, StageView::kFull);
  for (const StackedBar& bar : step_bars(a, b, false, 100).bars) {
    double end = 0;
    for (const BarPart& part : bar.parts) {
      EXPECT_EQ(part.begin, end);
      EXPECT_GT(part.end, part.begin);
      end = part.end;
    }
    EXPECT_EQ(end, bar.total_ns);
  }
}

TEST(Bars, ManyStepsAreGroupedAndSaid) {
  profile::Profile a = sample_profile();
  const Breakdown b = breakdown({"a", &a}, StageView::kFull);
  const BarChart each = step_bars(a, b, false, 3);
  ASSERT_EQ(each.bars.size(), 3U);
  EXPECT_EQ(each.axis, "steps, in order");
  EXPECT_EQ(each.bars[1].label, "step 2");
  EXPECT_EQ(each.bars[1].total_ns, 1200);
  const BarChart grouped = step_bars(a, b, false, 2);
  ASSERT_EQ(grouped.bars.size(), 2U);
  EXPECT_EQ(grouped.grouped, 2U);
  EXPECT_EQ(grouped.bars[0].label, "steps 1-2");
  EXPECT_EQ(grouped.bars[0].total_ns, 1100);
  EXPECT_EQ(grouped.bars[1].total_ns, 1100);
  EXPECT_THAT(grouped.axis, HasSubstr("mean of 2"));
}

}  // namespace
}  // namespace dscope::view_data
