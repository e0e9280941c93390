// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// advise, calibrate and validate as a person uses them. No GPU.
#include "tests/support/run_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace dscope {
namespace {

using test::CommandResult;
using test::TemporaryDirectory;
using ::testing::HasSubstr;

const std::string kSeed =
    "--model dsv4-flash --device rtx-pro-6000 --tp 8 --interconnect pcie5-no-p2p "
    "--kernel-set sglang-24692 ";

TEST(Advise, OfAConfigurationIsRanked) {
  const CommandResult result = test::dscope("advise " + kSeed + "--format json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json.at("kind"), "predicted");
  ASSERT_GE(json.at("advice").size(), 4u);
  double last = json.at("step_ns");
  for (const auto& advice : json.at("advice")) {
    EXPECT_LE(advice.at("gain_ns").get<double>(), last);
    last = advice.at("gain_ns");
    EXPECT_FALSE(advice.at("because").get<std::string>().empty());
  }
}

TEST(Advise, OfADocumentOfThePredictionIsTheSame) {
  const TemporaryDirectory dir;
  const std::string document = dir.file("predicted.json");
  ASSERT_EQ(test::dscope("predict " + kSeed + "--out " + document).exit_code, 0);
  const CommandResult of_document = test::dscope("advise " + document + " --format json");
  ASSERT_EQ(of_document.exit_code, 0) << of_document.err;
  const CommandResult direct = test::dscope("advise " + kSeed + "--format json");
  const auto a = nlohmann::json::parse(of_document.out).at("advice");
  const auto b = nlohmann::json::parse(direct.out).at("advice");
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].at("change"), b[i].at("change"));
}

TEST(Advise, OfARunOnTheCpuSaysWhatItCannotJudge) {
  const TemporaryDirectory dir;
  const std::string document = dir.file("cpu.json");
  ASSERT_EQ(
      test::dscope("run --model dsv4-tiny --backend cpu --steps 2 --out " + document).exit_code, 0);
  const CommandResult result = test::dscope("advise " + document);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("measured: a step of"));
  EXPECT_THAT(result.out, HasSubstr("Not judged:"));
  EXPECT_THAT(result.out, HasSubstr("P2P between the GPUs, TP degree"));
  EXPECT_THAT(result.out, HasSubstr("whose kernels they are"));
  EXPECT_THAT(result.out, HasSubstr("--kernel-set"));
}

TEST(Calibrate, RefusesADocumentOfUnknownKernels) {
  const TemporaryDirectory dir;
  const std::string document = dir.file("cpu.json");
  ASSERT_EQ(
      test::dscope("run --model dsv4-tiny --backend cpu --steps 2 --out " + document).exit_code, 0);
  const CommandResult result =
      test::dscope("calibrate " + document + " --kernel-set dscope --fit launch_ns");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(result.out.empty());
  EXPECT_THAT(result.err, HasSubstr("kernel_set"));
}

TEST(Calibrate, NamesTheClosestConstant) {
  const CommandResult result =
      test::dscope("calibrate nowhere.json --kernel-set dscope --fit lunch_ns");
  EXPECT_NE(result.exit_code, 0);
  EXPECT_TRUE(result.out.empty());
}

TEST(Validate, PrintsACalibratedSetThatPredictTakes) {
  const TemporaryDirectory dir;
  const std::string set = dir.file("set.json");
  ASSERT_EQ(test::dscope("validate --kernel-set sglang-hmma-w4a4 --out " + set).exit_code, 0);
  const CommandResult result = test::dscope(
      "predict --model dsv4-flash --device rtx-pro-6000-max-q --tp 4 --context 256 --batch 4 "
      "--interconnect pcie5-switch --format json --kernel-set " +
      set);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  // A row that the set has not seen: 18.78 ms.
  EXPECT_NEAR(nlohmann::json::parse(result.out).at("step_ns").get<double>(), 18.78e6, 2.8e6);
}

TEST(Validate, SaysWhichSetsThereAre) {
  const CommandResult result = test::dscope("validate --kernel-set nothing");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("sglang-24692"));
}

TEST(Validate, AnEmptyFolderHoldsNoGrid) {
  const TemporaryDirectory dir;
  const CommandResult result = test::dscope("validate --condense " + dir.file("nothing"));
  EXPECT_EQ(result.exit_code, 1);
}

}  // namespace
}  // namespace dscope
