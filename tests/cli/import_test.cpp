// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/trace_generator.h"
#include "profiler/profile/profile_json.h"
#include "tests/support/run_command.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace dscope {
namespace {

using test::CommandResult;
using test::dscope;
using ::testing::HasSubstr;

const std::string kEager = DSCOPE_TEST_DATA "/kineto/eager_l4_b1-TP-0.trace.json.gz";

const nlohmann::json& stage(const nlohmann::json& report, const std::string& id) {
  for (const auto& entry : report.at("stages")) {
    if (entry.at("id") == id) return entry;
  }
  static const nlohmann::json kAbsent;
  return kAbsent;
}

TEST(Import, PrintsTheStagesOfARecordedTrace) {
  const CommandResult result = dscope("import " + kEager + " --format json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_EQ(report.at("kind"), "imported");
  EXPECT_EQ(report.at("steps"), 3);
  EXPECT_LE(report.at("closure_error"), 0.01);
  // All all-reduces lie in steps: the trace's own sum.
  EXPECT_EQ(stage(report, "nccl").at("total_ns"), 485'976'899);
  EXPECT_THAT(result.err, HasSubstr("not used: 2324 flow events"));
}

TEST(Import, WritesADocumentAndATraceThatReadTheSame) {
  const test::TemporaryDirectory folder;
  const std::string document = folder.file("p.json");
  const std::string saved = folder.file("t.dscope");
  const CommandResult first =
      dscope("import " + kEager + " --out " + document + " --save " + saved + " --format json");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const profile::Profile profile = profile::read_profile(document);
  EXPECT_EQ(profile.provenance->kind, profile::Kind::kImported);
  EXPECT_EQ(profile.provenance->sources, std::vector<std::string>{kEager});
  EXPECT_EQ(profile.device->gpus.at(0).name, "NVIDIA H200");
  EXPECT_EQ(profile.measurement->trace_file, saved);
  EXPECT_FALSE(profile.measurement->skipped.empty());
  const auto again = nlohmann::json::parse(dscope("import " + saved + " --format json").out);
  EXPECT_EQ(again, nlohmann::json::parse(first.out));
  // Asked for something else than was saved: the stages of the saved trace are its source then.
  const auto other =
      nlohmann::json::parse(dscope("import " + saved + " --no-neighbours --format json").out);
  EXPECT_EQ(other.at("label_sources").at(0).at("source"), "source");
  EXPECT_EQ(other.at("stages"), again.at("stages"));
  EXPECT_EQ(dscope("report " + document).exit_code, 0);
}

TEST(Import, WritesAPerfettoTraceWithTracksOfStages) {
  const test::TemporaryDirectory folder;
  const std::string file = folder.file("perfetto.json");
  const CommandResult result = dscope("import " + kEager + " --perfetto " + file);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto events = nlohmann::json::parse(test::read_file(file)).at("traceEvents");
  const auto tracks = [&](const std::string& name) {
    return std::count_if(events.begin(), events.end(), [&](const nlohmann::json& e) {
      return e.value("ph", "") == "M" && e.at("args").value("name", "") == name;
    });
  };
  EXPECT_EQ(tracks("GPU 0 stages"), 1);
  EXPECT_EQ(tracks("MoE"), 1);
  EXPECT_EQ(tracks("NCCL wait"), 1);
  EXPECT_EQ(dscope("import " + kEager + " --perfetto /nonexistent/p.json").exit_code, 1);
}

// Every view of the report of one document.
TEST(Report, HasViews) {
  const test::TemporaryDirectory folder;
  const std::string document = folder.file("p.json");
  ASSERT_EQ(dscope("import " + kEager + " --out " + document).exit_code, 0);
  const auto view = [&](const std::string& id) {
    const CommandResult result = dscope("report " + document + " --view " + id + " --format json");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  };
  const nlohmann::json seed = view("seed");
  ASSERT_EQ(seed.at("stages").size(), 5u);
  EXPECT_EQ(seed.at("stages").at(3).at("id"), "rest");
  EXPECT_EQ(stage(seed, "nccl").at("total_ns"), 485'976'899);
  const nlohmann::json kernels = view("kernels --top 1");
  ASSERT_FALSE(kernels.empty());
  EXPECT_TRUE(kernels.at(0).contains("median_ns"));
  EXPECT_EQ(view("steps").size(), 3u);
  EXPECT_EQ(dscope("report " + document + " --view nothing").exit_code, 2);
  // The two ranks shared a GPU: even the shortest collective waited.
  EXPECT_THAT(dscope("report " + document + " --view seed").out,
              HasSubstr("at most 100 us and its bytes at 1 GB/s, which decided"));
}

TEST(Import, TimesOfATraceWithoutStepsAreOfTheWhole) {
  const test::TemporaryDirectory folder;
  test::write_file(folder.file("t.json"),
                   R"([{"ph": "X", "cat": "kernel", "name": "gemm", "pid": 0, "tid": 7, "ts": 5,
                        "dur": 2}])");
  const CommandResult result = dscope("import " + folder.file("t.json") + " --format json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_TRUE(report.at("steps").is_null());
  EXPECT_EQ(report.at("busy_ns"), 2000);
}

TEST(Import, SaysWhatIsWrong) {
  EXPECT_EQ(dscope("import").exit_code, 2);
  EXPECT_EQ(dscope("import /nonexistent").exit_code, 1);
  const test::TemporaryDirectory folder;
  test::write_file(
      folder.file("host.json"),
      R"([{"ph": "X", "cat": "cpu_op", "name": "x", "pid": 0, "tid": 7, "ts": 5, "dur": 2}])");
  const CommandResult host = dscope("import " + folder.file("host.json"));
  EXPECT_EQ(host.exit_code, 1);
  EXPECT_THAT(host.err, HasSubstr("recorded with CUDA activities?"));
  EXPECT_EQ(host.out, "");
  const CommandResult rules = dscope("import " + kEager + " --rules /nonexistent");
  EXPECT_EQ(rules.exit_code, 1);
  EXPECT_THAT(rules.err, HasSubstr("/nonexistent"));
}

TEST(Import, UserRulesComeFirst) {
  const test::TemporaryDirectory folder;
  test::write_file(folder.file("rules.json"),
                   R"({"kernels": [{"pattern": "_mxfp4_slot_gemv|silu_kernel", "role": "anchor",
                       "stage": "router"}]})");
  const CommandResult result =
      dscope("import " + kEager + " --format json --rules " + folder.file("rules.json"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_EQ(stage(report, "moe").at("total_ns"), 0);
  EXPECT_GT(stage(report, "router").at("total_ns"), 0);
}

}  // namespace
}  // namespace dscope
