// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// The command as a person uses it: the real binary on real files.
#include "tests/support/golden.h"
#include "tests/support/run_command.h"
#include "workloads/checkpoint/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace dscope {
namespace {

using test::CommandResult;
using test::dscope;
using test::read_logits;
using test::TemporaryDirectory;
using ::testing::HasSubstr;

const std::string kTiny = DSCOPE_TEST_DATA "/dsv4_tiny";
const std::string kDecodeTiny =
    "run --checkpoint " + kTiny + " --input-ids " + kTiny + "/expected.safetensors:input_ids ";

double worst_error(const std::vector<float>& a, const std::vector<float>& b) {
  const std::vector<double> e = test::relative_errors(a, b, 512);
  return *std::max_element(e.begin(), e.end());
}

TEST(DscopeRun, DumpsTheGoldenLogits) {
  const TemporaryDirectory dir;
  const std::string dump = dir.file("out.safetensors");
  const CommandResult result =
      dscope(kDecodeTiny + "--numerics exact --backend cpu --dump-logits " + dump);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const SafetensorsFile file(dump);
  EXPECT_EQ(file.find("logits")->shape, (std::vector<std::int64_t>{2, 320, 512}));
  EXPECT_LE(worst_error(read_logits(dump), test::read_golden(kTiny).logits), 2e-3);
}

TEST(DscopeRun, JsonFollowsTheContract) {
  const CommandResult result = dscope(kDecodeTiny + "--steps 40 --format json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json.at("kind"), "measured");
  EXPECT_EQ(json.at("steps"), 39);  // one of them was warm-up
  EXPECT_EQ(json.at("lost_records"), 0);
  EXPECT_LE(json.at("closure_error").get<double>(), 0.01);
  std::int64_t total = 0;
  for (const auto& stage : json.at("stages")) total += stage.at("total_ns").get<std::int64_t>();
  EXPECT_NEAR(static_cast<double>(total), json.at("wall_ns").get<double>(),
              0.01 * json.at("wall_ns").get<double>());
  for (const char* key :
       {"id", "label", "time_ns", "total_ns", "share", "launches", "bytes", "gbps", "floor_ns"}) {
    EXPECT_TRUE(json.at("stages").at(0).contains(key)) << key;
  }
  EXPECT_EQ(json.at("stages").at(0).at("id"), "moe");
  EXPECT_GT(json.at("stages").at(0).at("time_ns").get<double>(), 0);
}

TEST(DscopeRun, RecordedChoicesForceAnotherRun) {
  const TemporaryDirectory dir;
  const std::string routing = dir.file("routing.safetensors");
  const std::string selection = dir.file("selection.safetensors");
  const std::string exact = dir.file("exact.safetensors");
  ASSERT_EQ(dscope(kDecodeTiny + "--steps 160 --numerics exact --record-routing " + routing +
                   " --record-selection " + selection + " --dump-logits " + exact)
                .exit_code,
            0);
  const SafetensorsFile recorded(routing);
  EXPECT_EQ(recorded.find("routed_experts")->shape, (std::vector<std::int64_t>{2, 160, 4, 2}));
  const SafetensorsFile selected(selection);
  EXPECT_EQ(selected.find("index_selection")->shape, (std::vector<std::int64_t>{2, 160, 2, 32}));

  const std::string forced = dir.file("forced.safetensors");
  const std::string choices = " --steps 160 --routing recorded:" + routing +
                              " --selection recorded:" + selection + " --dump-logits " + forced;
  ASSERT_EQ(dscope(kDecodeTiny + "--numerics exact" + choices).exit_code, 0);
  EXPECT_EQ(read_logits(forced), read_logits(exact));
  ASSERT_EQ(dscope(kDecodeTiny + "--numerics bf16" + choices).exit_code, 0);
  EXPECT_LE(worst_error(read_logits(forced), read_logits(exact)), 0.03);
}

TEST(DscopeRun, GoldenRoutingIsAcceptedAsARecording) {
  const CommandResult result =
      dscope(kDecodeTiny + "--steps 20 --routing recorded:" + kTiny + "/expected.safetensors");
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST(DscopeRun, SyntheticModelsDecode) {
  const CommandResult result = dscope(
      "run --model dsv4-tiny --batch 3 --context 300 --steps 4 --routing zipf:1.2 --format json "
      "--temperature 0.7 --profile");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GE(nlohmann::json::parse(result.out).at("steps"), 2);
}

TEST(DscopeRun, OneShardOfManyRunsAlone) {
  const CommandResult result =
      dscope("run --model dsv4-tiny --tp 4 --rank 3 --ep 2 --context 200 --steps 3");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("FlashMLA"));
}

TEST(DscopeRun, ReplaysRequestTraces) {
  for (const char* trace : {"mooncake_sample.jsonl", "azure_sample.csv"}) {
    const CommandResult result =
        dscope("run --model dsv4-tiny --workload " DSCOPE_TEST_DATA "/traces/" +
               std::string(trace) + " --max-batch 4 --steps 12 --format json");
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(nlohmann::json::parse(result.out).at("steps"), 12);
  }
}

TEST(DscopeRun, BadTraceRowsAreShownWithTheirLines) {
  const TemporaryDirectory dir;
  const std::string trace = dir.file("requests.jsonl");
  test::write_file(trace,
                   "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 5}\n"
                   "{\"timestamp\": 1, \"input_length\": -3, \"output_length\": 5}\n"
                   "nonsense\n");
  const CommandResult result = dscope("run --model dsv4-tiny --warmup 0 --workload " + trace);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("requests.jsonl:2: "));
  EXPECT_THAT(result.err, HasSubstr("requests.jsonl:3: "));
  EXPECT_THAT(result.err, HasSubstr("2 bad rows left out"));
}

TEST(DscopeRun, WorkloadDocumentsRun) {
  const TemporaryDirectory dir;
  const std::string workload = dir.file("workload.json");
  test::write_file(workload, R"({"model": "dsv4-tiny", "batch": 2, "context": 64, "steps": 3})");
  EXPECT_EQ(dscope("run --workload " + workload).exit_code, 0);
  test::write_file(workload, R"({"model": "dsv4-tiny", "batches": 2})");
  const CommandResult result = dscope("run --workload " + workload);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("batches"));
}

TEST(DscopeRun, DocumentAndTraceAreWritten) {
  const TemporaryDirectory dir;
  const std::string profile = dir.file("profile.json");
  const std::string trace = dir.file("trace.json");
  ASSERT_EQ(dscope(kDecodeTiny + "--steps 6 --out " + profile + " --trace " + trace).exit_code, 0);
  const auto document = nlohmann::json::parse(test::read_file(profile));
  EXPECT_EQ(document.at("schema"), "dscope.profile");
  for (const char* section : {"provenance", "workload", "device", "measurement"}) {
    EXPECT_TRUE(document.contains(section)) << section;
  }
  const auto events = nlohmann::json::parse(test::read_file(trace)).at("traceEvents");
  const auto ops = std::count_if(events.begin(), events.end(), [](const nlohmann::json& e) {
    return e.value("name", "") == "attn.sparse_mla" && e.value("ph", "") == "X";
  });
  EXPECT_EQ(ops, 5 * 4);
  EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const nlohmann::json& e) {
    return e.value("ph", "") == "M" && e.at("args").value("name", "") == "Host stages";
  }));

  const CommandResult report = dscope("report " + profile);
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(report.out, HasSubstr("MoE"));
  const CommandResult same = dscope("compare " + profile + " " + profile);
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("SAME"));
}

TEST(DscopeRun, AGridKeepsWhatItMeasuredBeforeAnError) {
  const CommandResult result =
      dscope("run --model dsv4-tiny --backend cpu --context 64,100000000 --steps 3 --format json");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("1048576 positions"));
  const auto rows = nlohmann::json::parse(result.out);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_GT(rows.at(0).at("step_ns").get<double>(), 0);
  EXPECT_THAT(rows.at(1).at("problem").get<std::string>(), HasSubstr("100000002"));
}

TEST(DscopeRun, StepTimesAreOfUntracedSteps) {
  const CommandResult result = dscope(kDecodeTiny + "--steps 20 --profile --format json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json.at("untraced_step_ns"), json.at("perturbation").at("untraced_step_ns"));
  EXPECT_GT(json.at("tok_s").get<double>(), 0);
  EXPECT_GT(json.at("traced_tok_s").get<double>(), 0);
  EXPECT_EQ(json.at("busy_ns").get<std::int64_t>() + json.at("gap_ns").get<std::int64_t>(),
            json.at("wall_ns").get<std::int64_t>());
}

#if DSCOPE_HAVE_MPI
// Open MPI leaves memory of plugins that it has unloaded: no leak check for these processes under
// the address sanitizer; all other tests have it.
std::string mpirun(int ranks) {
  return "mpirun --allow-run-as-root --oversubscribe -x ASAN_OPTIONS=detect_leaks=0 -np " +
         std::to_string(ranks) + " " DSCOPE_BINARY " ";
}

class DscopeMpi : public ::testing::TestWithParam<std::pair<int, int>> {};

TEST_P(DscopeMpi, RanksGiveTheLogitsOfOne) {
  const auto [ranks, ep] = GetParam();
  const TemporaryDirectory dir;
  const std::string one = dir.file("one.safetensors");
  const std::string many = dir.file("many.safetensors");
  const std::string decode = kDecodeTiny + "--steps 140 --numerics exact --dump-logits ";
  ASSERT_EQ(dscope(decode + one).exit_code, 0);
  const CommandResult result =
      test::run_command(mpirun(ranks) + decode + many + " --ep " + std::to_string(ep));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_LE(worst_error(read_logits(many), read_logits(one)), 1e-4);
}
INSTANTIATE_TEST_SUITE_P(Ranks, DscopeMpi,
                         ::testing::Values(std::pair{2, 1}, std::pair{4, 1}, std::pair{2, 2}),
                         [](const auto& test) {
                           return "Np" + std::to_string(test.param.first) + "Ep" +
                                  std::to_string(test.param.second);
                         });

TEST(DscopeMpiErrors, ARankCountThatDoesNotDivideIsRefused) {
  const CommandResult result = test::run_command(mpirun(3) + kDecodeTiny);
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("3 ranks do not divide"));
}
#endif

}  // namespace
}  // namespace dscope
