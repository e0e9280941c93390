// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/views.h"

#include "profiler/export/counter_rows.h"
#include "profiler/export/markdown_report.h"
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

profile::KernelCounters counted(const char* name, const char* op, double time_ns, double read) {
  profile::KernelCounters kernel;
  kernel.name = name;
  kernel.op = op;
  kernel.stage = Stage::kMoe;
  kernel.calls = 2;
  kernel.time_ns = time_ns;
  kernel.dram_read_bytes = read;
  kernel.dram_write_bytes = 100;
  kernel.l2_hits = 10;
  kernel.l2_misses = 40;
  kernel.tensor_utilisation = 0.5;
  return kernel;
}

TEST(CounterRows, PutTheChipBesideTheCosts) {
  profile::Profile p = sample_profile();
  profile::Counters& counters = p.measurement->counters.emplace();
  counters.method = "eager steps";
  counters.chip = "GH100";
  counters.steps = 4;
  counters.ops = {profile::testing::sample_op("moe.routed", Stage::kMoe, 1000, 0),
                  profile::testing::sample_op("moe.shared", Stage::kMoe, 500, 0),
                  profile::testing::sample_op("moe.all_reduce", Stage::kNccl, 400, 200)};
  counters.kernels = {counted("up", "moe.routed", 300, 700),
                      counted("down", "moe.routed", 100, 300),
                      counted("other", "not.costed", 50, 5)};
  counters.kernels[1].tensor_utilisation = 0.1;
  counters.kernels[2].stage = Stage::kRouter;
  const json rows = json::parse(counter_table(p).render(Format::kJson));
  ASSERT_EQ(rows.size(), 8u);
  EXPECT_EQ(rows[0]["stage"], "moe") << "the stage as a whole";
  EXPECT_EQ(rows[0]["op"], nullptr);
  EXPECT_EQ(rows[0]["cost_bytes"], 1500);
  EXPECT_DOUBLE_EQ(rows[0]["dram_over_cost"], 0.8);
  EXPECT_EQ(rows[1]["op"], "moe.routed");
  EXPECT_EQ(rows[1]["kernel"], nullptr) << "it has two";
  EXPECT_EQ(rows[1]["calls"], 4);
  EXPECT_EQ(rows[1]["dram_read_bytes"], 1000);
  EXPECT_EQ(rows[1]["cost_bytes"], 1000);
  EXPECT_DOUBLE_EQ(rows[1]["dram_over_cost"], 1.2);
  EXPECT_DOUBLE_EQ(rows[1]["l2_hit_rate"], 0.2);
  EXPECT_DOUBLE_EQ(rows[1]["tensor_utilisation"], 0.4) << "weighted by time";
  EXPECT_EQ(rows[1]["shared_utilisation"], nullptr);
  EXPECT_EQ(rows[2]["kernel"], "up");
  EXPECT_EQ(rows[2]["cost_bytes"], nullptr) << "costs are of ops, not of kernels";
  EXPECT_EQ(rows[4]["op"], "moe.shared") << "done by the kernels of another op";
  EXPECT_EQ(rows[4]["calls"], 0);
  EXPECT_EQ(rows[4]["cost_bytes"], 500);
  EXPECT_EQ(rows[6]["kernel"], "other");
  EXPECT_EQ(rows[6]["dram_over_cost"], nullptr);
  EXPECT_EQ(rows[7]["stage"], "all");
  EXPECT_EQ(rows[7]["dram_read_bytes"], 1005);
  EXPECT_EQ(rows[7]["cost_bytes"], 1500) << "of a collective that was left out nothing";
  EXPECT_THAT(markdown_report(p), HasSubstr("## Hardware counters"));
  EXPECT_THAT(markdown_report(p), HasSubstr("eager steps; means over 4 steps on GH100"));
}

TEST(Views, EmptyDocumentsHaveNoRows) {
  EXPECT_EQ(json::parse(counter_table({}).render(Format::kJson)).size(), 0u);
  EXPECT_EQ(json::parse(top_kernel_table({}, 3).render(Format::kJson)).size(), 0u);
  EXPECT_EQ(json::parse(step_table({}).render(Format::kJson)).size(), 0u);
}

}  // namespace
}  // namespace dscope::exporter
