// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// The CUDA back end as a person uses it; with several ranks on one GPU, which NCCL takes for
// several hosts when each process has another NCCL_HOSTID (times are then meaningless, sums not).
#include "tests/support/cuda_test.h"
#include "tests/support/golden.h"
#include "tests/support/run_command.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <numeric>

namespace dscope {
namespace {

using test::CommandResult;
using test::read_logits;
using test::TemporaryDirectory;
using ::testing::HasSubstr;

const std::string kTiny = DSCOPE_TEST_DATA "/dsv4_tiny";
const std::string kDecodeTiny =
    "run --checkpoint " + kTiny + " --input-ids " + kTiny + "/expected.safetensors:input_ids ";

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

using CudaRun = test::CudaTest;

TEST_F(CudaRun, AccountsForTheStep) {
  const CommandResult result =
      test::dscope(kDecodeTiny + "--backend cuda --steps 40 --format json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json.at("kind"), "measured");
  EXPECT_LE(json.at("closure_error").get<double>(), 0.01);
  const auto& stages = json.at("stages");
  const auto moe = std::find_if(stages.begin(), stages.end(),
                                [](const auto& stage) { return stage.at("id") == "moe"; });
  ASSERT_NE(moe, stages.end());
  EXPECT_GT(moe->at("time_ns").template get<double>(), 0);
}

TEST_F(CudaRun, EmulatedRanksAreCalledEmulated) {
  const CommandResult result = test::dscope(
      "run --model dsv4-tiny --backend cuda --tp 2 --comm pcie_loopback --steps 4 --format json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out).at("kind"), "emulated");
}

TEST_F(CudaRun, MeasuresADeviceThatPredictionsTake) {
  const TemporaryDirectory dir;
  const std::string file = dir.file("mine.json");
  const CommandResult measured = test::dscope("devices h200 --measure --format json");
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  const auto json = nlohmann::json::parse(measured.out);
  const auto value = [&](const char* key) { return json.at(key).at("value").get<double>(); };
  EXPECT_GT(value("dram_latency_ns"), value("l2_latency_ns"));
  EXPECT_GT(value("l2_read_gbps"), value("dram_read_gbps"));
  EXPECT_GT(value("pcie_gbps"), 0);
  std::ofstream(file) << measured.out;
  const CommandResult predicted =
      test::dscope("predict --kernel-set dscope --tp 1 --device " + file);
  EXPECT_EQ(predicted.exit_code, 0) << predicted.err;
}

TEST_F(CudaRun, CountsOrSaysWhyNot) {
  const TemporaryDirectory dir;
  const std::string file = dir.file("profile.json");
  const CommandResult result = test::dscope(
      "run --model dsv4-tiny --backend cuda --steps 4 --counters=dram,l2 --out " + file);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const CommandResult report = test::dscope("report " + file + " --view counters --format json");
  const auto rows = nlohmann::json::parse(report.out);
  if (rows.empty()) {
    EXPECT_THAT(result.err, HasSubstr("no hardware counters: "));
    GTEST_SKIP() << result.err;
  }
  EXPECT_EQ(rows.back().at("stage"), "all");
  EXPECT_GT(rows.back().at("dram_read_bytes").get<double>(), 0);
}

// The untraced steps come first, and as many of them as of the traced ones.
TEST_F(CudaRun, UntracedStepsAreThoseOfTheWholeWorkload) {
  const TemporaryDirectory dir;
  const std::string file = dir.file("profile.json");
  const CommandResult result =
      test::dscope("run --model dsv4-tiny --backend cuda --steps 5 --profile --out " + file);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  if (result.err.find("events") != std::string::npos) GTEST_SKIP() << result.err;
  std::ifstream in(file);
  const auto measurement = nlohmann::json::parse(in).at("measurement");
  EXPECT_EQ(measurement.at("steps").size(), 5u);
  EXPECT_EQ(measurement.at("perturbation").at("untraced_wall_ns").size(), 5u);
}

#if DSCOPE_HAVE_MPI
class CudaNccl : public test::CudaTestWithParam<int> {};

TEST_P(CudaNccl, RanksGiveTheLogitsOfOne) {
  const int ranks = GetParam();
  const TemporaryDirectory dir;
  const std::string routing = dir.file("routing.safetensors");
  const std::string selection = dir.file("selection.safetensors");
  const std::string one = dir.file("one.safetensors");
  const std::string many = dir.file("many.safetensors");
  ASSERT_EQ(test::dscope(kDecodeTiny + "--backend cpu --numerics exact " + "--record-routing " +
                         routing + " --record-selection " + selection)
                .exit_code,
            0);
  const std::string decode = kDecodeTiny + "--backend cuda --numerics bf16 --routing " +
                             "recorded:" + routing + " --selection recorded:" + selection +
                             " --dump-logits ";
  const CommandResult alone = test::dscope(decode + one);
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  const CommandResult together = test::run_command(
      "mpirun --allow-run-as-root --oversubscribe -np " + std::to_string(ranks) +
      " sh -c 'NCCL_HOSTID=rank$OMPI_COMM_WORLD_RANK NCCL_SOCKET_IFNAME=lo exec " DSCOPE_BINARY
      " " +
      decode + many + "'");
  ASSERT_EQ(together.exit_code, 0) << together.err;
  const std::vector<double> between =
      test::relative_errors(read_logits(many), read_logits(one), 512);
  // Partial sums this small travel in float32 and are rounded once.
  EXPECT_LE(mean(between), 1e-2);
  EXPECT_LE(*std::max_element(between.begin(), between.end()), 4e-2);
  const std::vector<float> golden = test::read_golden(kTiny).logits;
  EXPECT_LE(mean(test::relative_errors(read_logits(many), golden, 512)),
            1.2 * mean(test::relative_errors(read_logits(one), golden, 512)));
}
INSTANTIATE_TEST_SUITE_P(Ranks, CudaNccl, ::testing::Values(2, 4));
#endif

}  // namespace
}  // namespace dscope
