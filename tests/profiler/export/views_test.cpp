// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/views.h"

#include "profiler/export/report_facts.h"
#include "profiler/export/stage_table.h"
#include "tests/profiler/support/sample_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace dscope::exporter {
namespace {

using nlohmann::json;
using profile::testing::sample_kernel;
using profile::testing::sample_profile;
using ::testing::HasSubstr;

std::string fact(const StageReport& report, const std::string& label) {
  for (const Fact& f : verdicts(report)) {
    if (f.label == label) return f.value;
  }
  return "";
}

TEST(SeedReport, HasFourStagesAndIdle) {
  profile::Profile p = sample_profile();
  for (profile::StepSample& step : p.measurement->steps) {
    step.stage_time_ns[static_cast<std::size_t>(Stage::kRouter)] = 30;
    step.stage_time_ns[static_cast<std::size_t>(Stage::kMhc)] = 20;
    step.stage_launches[static_cast<std::size_t>(Stage::kMhc)] = 3;
    step.busy_ns += 50;
    step.gap_ns -= 50;
  }
  const StageReport report = seed_report(p);
  ASSERT_EQ(report.stages.size(), 5u);
  const char* ids[] = {"moe", "nccl", "flashmla", "rest", "gap"};
  std::int64_t total = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(report.stages[i].id, ids[i]);
    total += report.stages[i].total_ns;
  }
  EXPECT_EQ(total, report.wall_ns);
  EXPECT_DOUBLE_EQ(report.stages[3].time_ns, 50);
  EXPECT_DOUBLE_EQ(report.stages[3].launches, 3);
  EXPECT_EQ(to_json(report)["stages"][3]["id"], "rest");
  EXPECT_THAT(render(report, Format::kTable), HasSubstr("Rest"));
}

TEST(StageReport, PercentilesAreOverSteps) {
  profile::Profile p = sample_profile();
  const StageReport report = stage_report(p);
  EXPECT_NEAR(report.stages[0].p95_ns.value(), 695, 1e-9);  // 650 + 0.9 * 50
  EXPECT_NEAR(report.stages[0].p99_ns.value(), 699, 1e-9);
  p.measurement->steps.resize(1);
  EXPECT_FALSE(stage_report(p).stages[0].p95_ns);
}

TEST(StageReport, SaysWhatAnalysisFound) {
  profile::Profile p = sample_profile();
  profile::Measurement& m = *p.measurement;
  m.steps_from = "graph launches";
  m.excluded_steps = 2;
  m.nccl_split = "minimum duration";
  for (profile::StepSample& step : m.steps) {
    step.nccl_wait_ns = 60;
    step.nccl_transfer_ns = 40;
    step.comm_exposed_ns = 90;
    step.comm_hidden_ns = 10;
  }
  m.label_sources = {{"name", 10, 900, std::nullopt, nullptr},
                     {"neighbour", 5, 100, 0.75, nullptr},
                     {"none", 1, 0, std::nullopt, nullptr}};
  m.unattributed = {{"mystery", 1, 30, nullptr}};
  const StageReport report = stage_report(p);
  EXPECT_EQ(fact(report, "Steps"), "from graph launches; 2 partial ones at the ends left out");
  EXPECT_EQ(fact(report, "NCCL"),
            "60 ns waiting for other ranks, 40 ns transfer (estimated from the shortest of each "
            "kind), 90 ns exposed, 10 ns hidden");
  EXPECT_EQ(fact(report, "Labels"),
            "90.00 % by name (10 calls), 10.00 % by position (5 calls, confidence 0.75), 0.00 % "
            "unknown (1 call)");
  EXPECT_EQ(fact(report, "Unknown"), "mystery (1 x, 30 ns)");
  const json out = to_json(report);
  EXPECT_EQ(out["steps_from"], "graph launches");
  EXPECT_EQ(out["excluded_steps"], 2);
  EXPECT_EQ(out["comm"]["split"], "minimum duration");
  EXPECT_EQ(out["comm"]["wait_ns"], 60);
  EXPECT_EQ(out["label_sources"][1]["confidence"], 0.75);
  EXPECT_EQ(out["unattributed_names"][0]["name"], "mystery");
}

TEST(StageReport, StepsAreCountedForEachDevice) {
  profile::Profile p = sample_profile();
  auto& steps = p.measurement->steps;
  const std::vector<profile::StepSample> copy = steps;
  steps.insert(steps.end(), copy.begin(), copy.end());
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i].device = i < 3 ? 0 : 1;
  const StageReport report = stage_report(p);
  EXPECT_EQ(report.steps, 3);
  EXPECT_EQ(report.devices, 2);
  EXPECT_EQ(report.wall_ns, 6600);
  EXPECT_THAT(render(report, Format::kTable), HasSubstr("3 steps on each of 2 devices"));
}

TEST(TopKernels, LongestOfEachStage) {
  profile::Profile p = sample_profile();
  p.measurement->kernels = {sample_kernel("nccl", Stage::kNccl, {900, 900, 900}),
                            sample_kernel("moe a", Stage::kMoe, {600, 600, 600}),
                            sample_kernel("moe b", Stage::kMoe, {500, 500, 500}),
                            sample_kernel("moe c", Stage::kMoe, {1, 1, 1})};
  const json rows = json::parse(top_kernel_table(p, 2).render(Format::kJson));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0]["name"], "moe a") << "MoE takes more than NCCL in all";
  EXPECT_EQ(rows[1]["name"], "moe b");
  EXPECT_EQ(rows[2]["name"], "nccl");
  EXPECT_EQ(rows[0]["time_ns"], 600);
  EXPECT_EQ(rows[0]["calls"], 1);
  EXPECT_NEAR(rows[0]["share"].get<double>(), 600.0 / 1101, 1e-12);
}

TEST(StepTable, HasARowForEachStep) {
  profile::Profile p = sample_profile();
  p.measurement->steps[1].nccl_wait_ns = 77;
  const std::string csv = step_table(p).render(Format::kCsv);
  EXPECT_THAT(csv, HasSubstr("device,step,wall_ns,busy_ns,gap_ns,nccl_wait_ns,comm_exposed_ns,"
                             "comm_hidden_ns,moe_ns,nccl_ns\n"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 4);
  EXPECT_THAT(csv, HasSubstr(",2,1200,800,400,77,,,700,100\n"));
}

TEST(Views, EmptyDocumentsHaveNoRows) {
  EXPECT_EQ(json::parse(top_kernel_table({}, 3).render(Format::kJson)).size(), 0u);
  EXPECT_EQ(json::parse(step_table({}).render(Format::kJson)).size(), 0u);
}

}  // namespace
}  // namespace dscope::exporter
