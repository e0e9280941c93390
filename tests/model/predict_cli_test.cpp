// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// predict, sweep and the catalogues on the command line.
#include "tests/support/run_command.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace dscope {
namespace {

using nlohmann::json;
using test::CommandResult;
using test::dscope;
using ::testing::AllOf;
using ::testing::HasSubstr;

json json_of(const std::string& arguments) {
  const CommandResult result = dscope(arguments + " --format json");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return json::parse(result.out);
}

TEST(PredictCommand, JsonKeepsTheContract) {
  const json doc = json_of("predict --kernel-set dscope --batch 4");
  EXPECT_EQ(doc["kind"], "predicted");
  EXPECT_LE(doc["tok_s_low"], doc["tok_s"]);
  EXPECT_GE(doc["tok_s_high"], doc["tok_s"]);
  EXPECT_NEAR(doc["tok_s"].get<double>(), 4 * doc["tok_s_per_user"].get<double>(), 1e-6);
  EXPECT_NEAR(doc["tok_s"].get<double>(), 4e9 / doc["step_ns"].get<double>(), 1e-6);
  double sum = 0;
  for (const json& stage : doc["stages"]) {
    sum += stage["time_ns"].get<double>();
    EXPECT_TRUE(stage["limit"].is_string());
    EXPECT_TRUE(stage["id"].is_string());
  }
  EXPECT_NEAR(sum, doc["step_ns"].get<double>(), 1e-6 * sum);
  EXPECT_LT(doc["roofline_step_ns"], doc["step_ns"]);
  EXPECT_TRUE(doc["memory"]["fits"]);
}

TEST(PredictCommand, WhatIfShowsTheDifferenceOfEveryStage) {
  const json doc = json_of("predict --what-if p2p=off --what-if smem=227KiB");
  ASSERT_EQ(doc["what_if"].size(), 2u);
  EXPECT_EQ(doc["what_if"][0]["change"], "p2p=off");
  double nccl = 0;
  double others = 0;
  for (const json& stage : doc["what_if"][0]["stages"]) {
    (stage["id"] == "nccl" ? nccl : others) += std::abs(stage["delta_ns"].get<double>());
  }
  EXPECT_NE(nccl, 0);
  EXPECT_EQ(others, 0);
  const CommandResult table = dscope("predict --what-if dram=+10% --ops --uncertainty");
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("tok/s"), HasSubstr("dram=+10%"), HasSubstr("roofline"),
                               HasSubstr("moe.routed"), HasSubstr("captured_tokens")));
}

TEST(PredictCommand, WritesADocument) {
  const test::TemporaryDirectory folder;
  const std::string path = (folder.path() / "p.json").string();
  ASSERT_EQ(dscope("predict --tp 4 --out " + path).exit_code, 0);
  std::ifstream file(path);
  const json doc = json::parse(file);
  EXPECT_EQ(doc["provenance"]["kind"], "predicted");
  EXPECT_EQ(doc["workload"]["layout"]["tp"], 4);
  EXPECT_GT(doc["prediction"]["step_ns"], 0);
}

TEST(PredictCommand, SaysWhatIsWrong) {
  const auto refused = [](const char* arguments, const char* message) {
    const CommandResult result = dscope(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_THAT(result.err, HasSubstr(message)) << arguments;
    EXPECT_EQ(result.out, "") << arguments;
  };
  refused("predict --device rtx-5900", "did you mean rtx-5090?");
  refused("predict --kernel-set sglang", "kernel set: unknown");
  refused("predict --tp 3", "3 ranks do not divide");
  refused("predict --what-if nothing", "expected NAME=VALUE");
  refused("sweep", "at least one --axis");
  refused("sweep --axis tp=1,2 --axis tp=4", "tp is given twice");
  refused("interconnects pcie9", "interconnect: unknown");
}

TEST(SweepCommand, RanksAndMarksTheFront) {
  const json rows = json_of("sweep --kernel-set dscope --axis tp=2,4,8 --axis batch=1:16 --stages");
  ASSERT_EQ(rows.size(), 15u);
  for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_GE(rows[i - 1]["tok_s"], rows[i]["tok_s"]);
  EXPECT_TRUE(rows[0]["pareto"]);
  EXPECT_GT(rows[0]["moe_ns"], 0);
  const CommandResult csv = dscope("sweep --axis depth=0:2 --acceptance 0.7 --format csv --top 2");
  EXPECT_EQ(csv.exit_code, 0);
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 3);
  EXPECT_THAT(csv.err, HasSubstr("2 of 3 points shown"));
}

TEST(Catalogues, ShowTheSourceOfEveryValue) {
  EXPECT_THAT(dscope("kernel-sets").out, HasSubstr("sglang-24692"));
  EXPECT_THAT(dscope("kernel-sets sglang-24692").out,
              AllOf(HasSubstr("moe_iteration_cycles"), HasSubstr("experts_read_per_slot")));
  EXPECT_EQ(json_of("kernel-sets roofline")["constants"].size(), 0u);
  EXPECT_GE(json_of("interconnects").size(), 8u);
  EXPECT_THAT(dscope("interconnects pcie5-switch").out, HasSubstr("p2pmark"));
}

}  // namespace
}  // namespace dscope
