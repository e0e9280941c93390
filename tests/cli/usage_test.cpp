// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// What the command says when it is asked for something that does not work.
#include "tests/support/run_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <string>

namespace dscope {
namespace {

using test::CommandResult;
using test::dscope;
using ::testing::HasSubstr;

struct Case {
  const char* name;
  std::string arguments;
  int exit_code;
  const char* message;
};

const std::string kTiny = DSCOPE_TEST_DATA "/dsv4_tiny";

// Keeps test listings readable.
void PrintTo(const Case& c, std::ostream* out) {
  *out << "dscope " << c.arguments;
}

class RefusedCommand : public ::testing::TestWithParam<Case> {};

TEST_P(RefusedCommand, SaysWhyOnStderrOnly) {
  setenv("CUDA_VISIBLE_DEVICES", "", 1);  // the same answers where a GPU is
  const CommandResult result = dscope(GetParam().arguments);
  EXPECT_EQ(result.exit_code, GetParam().exit_code) << result.err;
  EXPECT_THAT(result.err, HasSubstr(GetParam().message));
  EXPECT_EQ(result.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    Usage, RefusedCommand,
    ::testing::Values(
        Case{"NoCommand", "", 2, "Usage: dscope"}, Case{"UnknownCommand", "fly", 2, "fly"},
        Case{"UnknownFlag", "run --fast", 2, "--fast"},
        Case{"NothingToDecode", "run", 2, "what is to be decoded?"},
        Case{"CountersOfTheCpu", "run --model dsv4-tiny --backend cpu --counters", 2,
             "belongs to a CUDA run"},
        Case{"UnknownCounters", "run --model dsv4-tiny --backend cpu --counters=sram", 2,
             "dram, l2, shared, tensor"},
        Case{"CuptiOfTheCpu", "run --model dsv4-tiny --backend cpu --collector cupti", 2,
             "belong to a CUDA run"},
        Case{"UnknownModel", "run --model dsv5", 2, "expected one of dsv4-flash, dsv4-pro"},
        Case{"BadNumber", "run --model dsv4-tiny --steps none", 2, "--steps"},
        Case{"HugeSeed", "run --model dsv4-tiny --seed 9223372036854775808", 2, "--seed"},
        Case{"NegativeSeed", "run --model dsv4-tiny --seed -1", 2, "--seed"},
        Case{"ZeroBatch", "run --model dsv4-tiny --batch 0", 2, "batch"},
        Case{"BadNumerics", "run --model dsv4-tiny --numerics fp16", 2, "--numerics"},
        Case{"BadFormat", "models --format xml", 2, "--format"},
        Case{"BadRouting", "run --model dsv4-tiny --routing zipf:x", 2, "zipf"},
        Case{"BadSelection", "run --model dsv4-tiny --selection random", 2,
             "selection: expected model or recorded:FILE"},
        Case{"ConfigOfNoOp", "run --model dsv4-tiny --config conv=1", 2,
             "--config: expected auto or moe=0..11"},
        Case{"ConfigBeyondTheList", "run --model dsv4-tiny --config moe=0+moe=12", 2,
             "--config: expected moe=0 to moe=11, got \"moe=12\""},
        Case{"ConfigWithoutIndex", "run --model dsv4-tiny --config auto,moe", 2,
             "--config: expected auto or moe="},
        Case{"ConfigOfTheCpu", "run --model dsv4-tiny --backend cpu --config moe=1", 2,
             "--config moe=1 belongs to the CUDA back end"},
        Case{"BadTp", "run --model dsv4-tiny --tp 3", 2, "3 ranks do not divide dsv4-tiny"},
        Case{"BadRank", "run --model dsv4-tiny --tp 2 --rank 2", 2, "rank: expected 0 to 1"},
        Case{"BadLayers", "run --model dsv4-tiny --layers 9", 2, "layers"},
        Case{"TwoModels", "run --model dsv4-tiny --checkpoint x", 2, "cannot be used together"},
        Case{"LongContext", "run --model dsv4-tiny --context 9999999", 2, "context"},
        Case{"TooMuchMemory", "run --model dsv4-flash --batch 4096 --context 1000000", 2,
             "tokens in all would fit"},
        Case{"Cuda", "run --model dsv4-tiny --backend cuda", 3, "--backend cpu runs the reference"},
        Case{"NoCheckpoint", "run --checkpoint /nonexistent", 1, "/nonexistent"},
        Case{"NoConfig", "run --checkpoint " DSCOPE_TEST_DATA "/traces", 1, "config.json"},
        Case{"NoTensor",
             "run --checkpoint " + kTiny + " --input-ids " + kTiny + "/expected.safetensors:ids", 1,
             "expected a tensor \"ids\", found"},
        Case{"WrongTensor",
             "run --checkpoint " + kTiny + " --input-ids " + kTiny +
                 "/expected.safetensors:routed_experts",
             1, "expected [sequences, tokens], found 4 dimensions"},
        Case{"FloatTensor",
             "run --checkpoint " + kTiny + " --input-ids " + kTiny +
                 "/expected.safetensors:logits_full",
             1, "expected I32 or I64, found F16"},
        Case{"NoReport", "report /nonexistent.json", 1, "/nonexistent.json"},
        Case{"NotADocument", "report " + kTiny + "/config.json", 1, "dscope.profile"},
        Case{"UnknownDevice", "devices rtx-9090", 2, "rtx-5090"}),
    [](const auto& test) { return test.param.name; });

TEST(Dscope, HelpShowsCommandsAndExamples) {
  const CommandResult all = dscope("--help");
  EXPECT_EQ(all.exit_code, 0);
  for (const char* command :
       {"run", "import", "report", "compare", "devices", "models", "doctor"}) {
    EXPECT_THAT(all.out, HasSubstr(command));
    const CommandResult one = dscope(std::string(command) + " --help");
    EXPECT_EQ(one.exit_code, 0);
    EXPECT_THAT(one.out, HasSubstr("--format"));
  }
  EXPECT_THAT(dscope("run --help").out, HasSubstr("Examples:"));
  EXPECT_THAT(dscope("--version").out, HasSubstr("dscope "));
}

#if DSCOPE_HAVE_BENCH
TEST(Dscope, BenchTakesGoogleBenchmarksFlags) {
  const CommandResult list = dscope("bench --benchmark_list_tests");
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("cpu/moe/routed"));
  EXPECT_EQ(dscope("bench --fast").exit_code, 2);
  EXPECT_EQ(dscope("bench --benchmark_filter=nothing").exit_code, 2);
}
#endif

TEST(Dscope, CataloguesPrintInEveryFormat) {
  for (const char* command : {"models", "devices", "doctor"}) {
    const auto json = nlohmann::json::parse(dscope(std::string(command) + " --format json").out);
    EXPECT_TRUE(json.is_array() && !json.empty()) << command;
    EXPECT_THAT(dscope(std::string(command) + " --format markdown").out, HasSubstr("| "));
    EXPECT_THAT(dscope(std::string(command) + " --format csv").out, HasSubstr(","));
  }
  EXPECT_EQ(nlohmann::json::parse(dscope("models dsv4-flash --format json").out).at("layers"), 43);
  EXPECT_THAT(dscope("devices h200").out, HasSubstr("measured"));
}

}  // namespace
}  // namespace dscope
