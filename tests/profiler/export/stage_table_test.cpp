// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/stage_table.h"

#include "tests/profiler/support/sample_profile.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace dscope::exporter {
namespace {

using profile::testing::sample_profile;
using ::testing::HasSubstr;
using ::testing::Not;

const StageRow& row(const StageReport& report, Stage stage) {
  return report.stages.at(static_cast<std::size_t>(stage));
}

TEST(StageReport, SumsOverStepsAndMedianOfSteps) {
  const StageReport r = stage_report(sample_profile());
  EXPECT_EQ(r.steps, 3);
  EXPECT_EQ(r.wall_ns, 3300);
  EXPECT_EQ(r.busy_ns, 2350);
  EXPECT_EQ(r.gap_ns, 950);
  EXPECT_DOUBLE_EQ(r.step_ns, 1100);
  EXPECT_DOUBLE_EQ(r.tok_s.value(), 6 * 1e9 / 3300);
  ASSERT_EQ(r.stages.size(), kStageCount);

  const StageRow& moe = row(r, Stage::kMoe);
  EXPECT_EQ(moe.label, "MoE");
  EXPECT_DOUBLE_EQ(moe.time_ns, 650);
  EXPECT_EQ(moe.total_ns, 1950);
  EXPECT_DOUBLE_EQ(moe.share, 1950.0 / 3300);
  EXPECT_DOUBLE_EQ(moe.launches, 4);
  EXPECT_DOUBLE_EQ(moe.bytes.value(), 1300);
  EXPECT_DOUBLE_EQ(moe.gbps.value(), 2);        // 1300 B in 650 ns
  EXPECT_DOUBLE_EQ(moe.floor_ns.value(), 325);  // at 4 GB/s

  const StageRow& nccl = row(r, Stage::kNccl);
  EXPECT_DOUBLE_EQ(nccl.time_ns, 100);
  EXPECT_DOUBLE_EQ(nccl.bytes.value(), 500);
  EXPECT_DOUBLE_EQ(nccl.gbps.value(), 5);
  EXPECT_FALSE(nccl.floor_ns.has_value()) << "wire bytes have no DRAM floor";
  EXPECT_FALSE(nccl.wait_ns.has_value());

  const StageRow& gap = row(r, Stage::kGap);
  EXPECT_EQ(gap.label, "Host idle");
  EXPECT_DOUBLE_EQ(gap.time_ns, 300);  // of 300, 400, 250
  EXPECT_EQ(gap.total_ns, 950);
}

TEST(StageReport, TotalsCloseToTheWallTime) {
  const StageReport r = stage_report(sample_profile());
  std::int64_t total = 0;
  double share = 0;
  for (const StageRow& stage : r.stages) {
    total += stage.total_ns;
    share += stage.share;
  }
  EXPECT_EQ(total, r.wall_ns);
  EXPECT_NEAR(share, 1, 1e-12);
  EXPECT_EQ(r.busy_ns + r.gap_ns, r.wall_ns);
}

TEST(StageReport, TheGapOfAGpuIsGpuIdle) {
  profile::Profile p = sample_profile();
  p.workload->backend = "cuda";
  EXPECT_EQ(row(stage_report(p), Stage::kGap).label, "GPU idle");
}

TEST(StageReport, NoFloorWithoutABandwidth) {
  profile::Profile p = sample_profile();
  p.device->read_bandwidth_gbps.reset();
  EXPECT_FALSE(row(stage_report(p), Stage::kMoe).floor_ns.has_value());
}

TEST(StageReport, WaitIsTheMedianOfWhatIsKnown) {
  profile::Profile p = sample_profile();
  p.measurement->steps[0].nccl_wait_ns = 80;
  p.measurement->steps[2].nccl_wait_ns = 100;
  EXPECT_DOUBLE_EQ(row(stage_report(p), Stage::kNccl).wait_ns.value(), 90);
}

TEST(StageReport, NeedsAMeasuredStep) {
  profile::Profile p;
  EXPECT_THROW((void)stage_report(p), Error);
  p.measurement.emplace();
  try {
    (void)stage_report(p);
    FAIL() << "expected an error";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    EXPECT_THAT(e.what(), HasSubstr("/measurement/steps"));
  }
}

// A document can hold more time than 64 bits count, and numbers that make no sense together.
TEST(StageReport, HostileTimesAreReportedWithoutOverflow) {
  profile::Profile p = sample_profile();
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  p.measurement->losses.dropped_records = kHuge;
  p.measurement->losses.zero_durations = kHuge;
  for (profile::StepSample& step : p.measurement->steps) {
    step.wall_ns = step.busy_ns = step.gap_ns = kHuge;
    step.tokens = kHuge;
    step.stage_time_ns[0] = kHuge;
  }
  const StageReport r = stage_report(p);
  EXPECT_EQ(r.wall_ns, kHuge);
  EXPECT_EQ(r.losses.lost_records(), kHuge);
  for (std::size_t f = 0; f < kFormatIds.size(); ++f) {
    EXPECT_FALSE(render(r, static_cast<Format>(f)).empty());
  }
}

TEST(StageReport, AStepOfNoTimeHasNoShares) {
  profile::Profile p = sample_profile();
  p.measurement->steps = {profile::testing::sample_step(0, 0, 0, 0)};
  const StageReport r = stage_report(p);
  EXPECT_EQ(row(r, Stage::kMoe).share, 0);
  EXPECT_FALSE(row(r, Stage::kMoe).gbps.has_value());
  EXPECT_FALSE(r.tok_s.has_value());
  EXPECT_FALSE(render(r, Format::kJson).empty());
}

TEST(StageReport, PerturbationComparesMedians) {
  profile::Profile p = sample_profile();
  profile::Perturbation& perturbation = p.measurement->perturbation.emplace();
  perturbation.method = "alternating";
  perturbation.untraced_wall_ns = {900, 1000, 1100};
  perturbation.untraced_tokens = {2, 2, 2};
  perturbation.range_cost_ns = 40;
  perturbation.ranges_per_step = 6;
  const StageReport r = stage_report(p);
  EXPECT_DOUBLE_EQ(r.perturbation->untraced_step_ns.value(), 1000);
  EXPECT_NEAR(r.perturbation->slowdown.value(), 0.1, 1e-12);
  EXPECT_THAT(render(r, Format::kTable),
              HasSubstr("Tracing   stage times are of traced steps, which take 10.0 % longer "
                        "(1.10 us against 1.00 us); 6 ranges a step at 40 ns each\n"));
}

// What a step takes is what it takes when nobody looks; the stages are those of the traced ones.
TEST(StageReport, WallTimeAndSpeedAreOfUntracedSteps) {
  profile::Profile p = sample_profile();
  profile::Perturbation& perturbation = p.measurement->perturbation.emplace();
  perturbation.untraced_wall_ns = {900, 1000, 1100};
  StageReport r = stage_report(p);
  EXPECT_DOUBLE_EQ(r.tok_s.value(), 6 * 1e9 / 3300) << "nobody knows what the untraced decoded";
  EXPECT_FALSE(r.traced_tok_s.has_value());
  perturbation.untraced_tokens = {2, 2, 1};
  r = stage_report(p);
  EXPECT_DOUBLE_EQ(r.tok_s.value(), 5 * 1e9 / 3000);
  EXPECT_DOUBLE_EQ(r.traced_tok_s.value(), 6 * 1e9 / 3300);
  EXPECT_EQ(r.busy_ns + r.gap_ns, r.wall_ns);
  const auto json = to_json(r);
  EXPECT_EQ(json["wall_ns"], 3300);
  EXPECT_EQ(json["step_ns"], 1100);
  EXPECT_EQ(json["untraced_step_ns"], 1000);
  const std::string table = render(r, Format::kTable);
  EXPECT_THAT(table, HasSubstr("3 steps traced, 3 untraced\n"));
  EXPECT_THAT(table, HasSubstr("Step, traced      1.10 us  100.0 %"));
  EXPECT_THAT(table, HasSubstr("Step, untraced    1.00 us\n"));
  EXPECT_THAT(table, HasSubstr("Speed     1666666.67 tok/s untraced (1818181.82 traced)\n"));
  EXPECT_THAT(table, HasSubstr("wall time of the traced steps to within 0.000 %"));
  EXPECT_THAT(render(r, Format::kMarkdown), HasSubstr("Step, untraced"));
}

TEST(StageTable, Table) {
  EXPECT_EQ(render(stage_report(sample_profile()), Format::kTable),
            R"(measured: dsv4-tiny, batch 2, context 64-66, serving, cpu, 3 steps

Stage      Time/step    Share                  Calls    Bytes  GB/s   Floor     p95     p99
───────────────────────────────────────────────────────────────────────────────────────────
MoE           650 ns   59.1 %  ██████████████      4  1.30 kB   2.0  325 ns  695 ns  699 ns
NCCL          100 ns   12.1 %  ██▉                 2    500 B   5.0          190 ns  198 ns
Host idle     300 ns   28.8 %  ██████▉                                       390 ns  398 ns
───────────────────────────────────────────────────────────────────────────────────────────
Busy          800 ns   71.2 %
Step         1.10 us  100.0 %

Speed     1818181.82 tok/s
Closure   stages + idle = wall time to within 0.000 %
Losses    none
Times     medians of 3 steps; shares are of the sum of all
)");
}

TEST(StageTable, SaysThatSlowStepsDominateTheShares) {
  profile::Profile p = sample_profile();
  p.measurement->steps[2].wall_ns += 3300;
  p.measurement->steps[2].gap_ns += 3300;
  EXPECT_THAT(render(stage_report(p), Format::kTable),
              HasSubstr("the sum of all, which slow steps dominate: 2.20 us on average\n"));
}

TEST(StageTable, LossesAreNamed) {
  profile::Profile p = sample_profile();
  p.measurement->losses.dropped_records = 3;
  p.measurement->losses.outside_steps = 2;
  p.measurement->steps[1].closure_error = 0.02;
  const StageReport r = stage_report(p);
  const std::string table = render(r, Format::kTable);
  EXPECT_THAT(table, HasSubstr("Losses    3 records dropped (buffer full); 2 activities outside "
                               "all steps\n"));
  EXPECT_THAT(table, HasSubstr("to within 2.000 %: MORE THAN 1 %\n"));
  const auto json = to_json(r);
  EXPECT_EQ(json["lost_records"], 3);
  EXPECT_EQ(json["losses"]["outside_steps"], 2);
  EXPECT_EQ(json["closure_error"], 0.02);
}

TEST(StageTable, JsonHasEveryStage) {
  const auto json = nlohmann::json::parse(render(stage_report(sample_profile()), Format::kJson));
  EXPECT_EQ(json["kind"], "measured");
  EXPECT_EQ(json["steps"], 3);
  EXPECT_EQ(json["wall_ns"], 3300);
  EXPECT_EQ(json["busy_ns"], 2350);
  EXPECT_EQ(json["gap_ns"], 950);
  EXPECT_EQ(json["closure_error"], 0);
  EXPECT_EQ(json["lost_records"], 0);
  ASSERT_EQ(json["stages"].size(), kStageCount);
  EXPECT_EQ(json["stages"][0],
            nlohmann::json::parse(R"({"id": "moe", "label": "MoE", "time_ns": 650.0,
              "total_ns": 1950, "share": 0.5909090909090909, "launches": 4.0, "bytes": 1300.0,
              "gbps": 2.0, "floor_ns": 325.0, "p95_ns": 695.0, "p99_ns": 699.0})"));
  EXPECT_EQ(json["stages"][2]["id"], "flashmla");
  EXPECT_EQ(json["stages"][2]["total_ns"], 0);
  EXPECT_EQ(json["stages"][13]["id"], "gap");
  EXPECT_FALSE(json.contains("perturbation"));
}

TEST(StageTable, WithoutStepMarksStepsAreNull) {
  profile::Profile p = sample_profile();
  p.provenance->kind = profile::Kind::kImported;
  p.measurement->has_steps = false;
  p.measurement->steps.resize(1);
  const StageReport r = stage_report(p);
  EXPECT_TRUE(to_json(r)["steps"].is_null());
  EXPECT_EQ(to_json(r)["kind"], "imported");
  const std::string table = render(r, Format::kTable);
  EXPECT_THAT(table, HasSubstr("no step marks"));
  EXPECT_THAT(table, HasSubstr("Whole trace"));
  EXPECT_THAT(table, Not(HasSubstr("Time/step")));
}

TEST(StageTable, CsvHasEveryStage) {
  const std::string csv = render(stage_report(sample_profile()), Format::kCsv);
  EXPECT_THAT(
      csv, HasSubstr("id,label,time_ns,total_ns,share,launches,wait_ns,bytes,gbps,floor_ns,"
                     "p95_ns,p99_ns\n"
                     "moe,MoE,650.0,1950,0.5909090909090909,4.0,,1300.0,2.0,325.0,695.0,699.0\n"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 15);
}

}  // namespace
}  // namespace dscope::exporter
