// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/decode_workload.h"

#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <functional>

namespace dscope {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    return e.what();
  }
  return "no error";
}

std::string refusal(const json& document) {
  return message_of([&] { (void)decode_workload_from_json(document, "w.json"); });
}

TEST(DecodeWorkload, OnlyTheModelIsRequired) {
  const DecodeWorkload workload = decode_workload_from_json({{"model", "dsv4-flash"}}, "w.json");
  DecodeWorkload expected;
  expected.model = preset("dsv4-flash");
  EXPECT_EQ(workload, expected);
  EXPECT_EQ(refusal(json::object()), "w.json: /model: expected this field, found none");
}

TEST(DecodeWorkload, ReadsEveryField) {
  const json document = json::parse(R"({
    "model": "dsv4-tiny", "layers": 3, "tp": 2, "ep": 2, "numerics": "bf16", "wo_a": "fp8",
    "batch": 5, "context": 77, "steps": 9, "routing": "zipf:1.1", "selection": "recorded:a.bin",
    "seed": 7})");
  const DecodeWorkload w = decode_workload_from_json(document, "w.json");
  EXPECT_EQ(w.model, preset("dsv4-tiny"));
  EXPECT_EQ(w.layers, 3);
  EXPECT_EQ(w.layout(1), (ParallelLayout{.tp = 2, .ep = 2, .rank = 1}));
  EXPECT_EQ(w.numerics, Numerics::kBf16);
  EXPECT_FALSE(w.wo_a_bf16);
  EXPECT_EQ(w.batch, 5);
  EXPECT_EQ(w.context, 77);
  EXPECT_EQ(w.steps, 9);
  EXPECT_EQ(w.routing, "zipf:1.1");
  EXPECT_EQ(w.selection, "recorded:a.bin");
  EXPECT_EQ(w.seed, 7u);
  EXPECT_EQ(json(w), document);
}

TEST(DecodeWorkload, RoundTripKeepsAModelThatIsNoPreset) {
  DecodeWorkload w;
  w.model = preset("dsv4-flash");
  w.model.index_topk = 256;
  const json document = w;
  EXPECT_TRUE(document["model"].is_object());
  EXPECT_EQ(decode_workload_from_json(document, "w.json"), w);
}

TEST(DecodeWorkload, DecodedModelHoldsTheFirstLayers) {
  DecodeWorkload w;
  w.model = preset("dsv4-flash");
  EXPECT_EQ(w.decoded_model(), w.model);
  w.layers = 2;
  const ModelConfig two = w.decoded_model();
  EXPECT_EQ(two.layers, 2);
  EXPECT_EQ(two.compress_ratios, (std::vector<int>{0, 0}));
  EXPECT_EQ(two.hash_layers, 2);
  EXPECT_NO_THROW(validate(two, "two layers"));
}

TEST(DecodeWorkload, RefusesUnknownFields) {
  EXPECT_EQ(
      refusal({{"model", "dsv4-tiny"}, {"contxt", 1}}),
      "w.json: /contxt: unknown field; known are batch, context, ep, layers, model, numerics, "
      "routing, seed, selection, steps, tp, wo_a");
}

TEST(DecodeWorkload, RefusesWrongValues) {
  struct Case {
    const char* key;
    json value;
    const char* message;
  };
  const std::vector<Case> cases{
      {"model", 4,
       "w.json: /model: expected the name of a preset or a model configuration, found 4"},
      {"model", "v5", "w.json: /model: model: expected one of dsv4-flash"},
      {"model", json::object(), "w.json: /model: model configuration: /name: expected this field"},
      {"layers", -1, "w.json: /layers: expected an integer from 0"},
      {"layers", 5, "w.json: /layers: expected at most the 4 layers of dsv4-tiny, found 5"},
      {"tp", 0, "w.json: /tp: expected an integer from 1"},
      {"tp", 3, "w.json: /tp: tp: 3 ranks do not divide dsv4-tiny"},
      {"ep", 3, "w.json: /tp: ep: 3 groups of routed experts do not fit tp 1"},
      {"numerics", "fp32",
       "w.json: /numerics: expected \"exact\", \"bf16\", \"serving\" or \"serving-a8\", found "
       "\"fp32\""},
      {"wo_a", "int8", "w.json: /wo_a: expected \"bf16\" or \"fp8\", found \"int8\""},
      {"batch", 0, "w.json: /batch: expected an integer from 1"},
      {"batch", 1.5, "w.json: /batch: expected an integer from 1"},
      {"batch", nullptr, "w.json: /batch: expected an integer from 1"},
      {"context", 1 << 20, "w.json: /context: expected context + steps - 1 within the 1048576"},
      {"steps", 0, "w.json: /steps: expected an integer from 1"},
      {"routing", 1, "w.json: /routing: expected a string, found 1"},
      {"selection", true, "w.json: /selection: expected a string, found true"},
      {"seed", -1, "w.json: /seed: expected an integer of at least 0, found -1"},
  };
  for (const Case& c : cases) {
    json document{{"model", "dsv4-tiny"}};
    document[c.key] = c.value;
    EXPECT_THAT(refusal(document), HasSubstr(c.message)) << document;
  }
  EXPECT_EQ(refusal(json::array()), "w.json: top level: expected an object, found []");
}

// Values that come from flags pass the same checks as those of a file.
TEST(DecodeWorkload, ValidateChecksRanges) {
  DecodeWorkload w;
  w.model = preset("dsv4-tiny");
  EXPECT_NO_THROW(validate(w, "flags"));
  w.batch = 0;
  EXPECT_EQ(message_of([&] { validate(w, "flags"); }),
            "flags: /batch: expected 1 to 1048576, found 0");
  w.batch = 1;
  w.model.hidden = 0;
  EXPECT_THAT(message_of([&] { validate(w, "flags"); }), HasSubstr("flags: /model: dsv4-tiny"));
}

TEST(DecodeWorkload, ReadsAFile) {
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / "dscope_decode_workload_test.json";
  std::ofstream(path) << R"({"model": "dsv4-pro", "batch": 2})";
  EXPECT_EQ(read_decode_workload(path).batch, 2);
  std::ofstream(path) << R"({"model": )";
  EXPECT_THAT(message_of([&] { (void)read_decode_workload(path); }),
              AllOf(HasSubstr(path.string()), HasSubstr("byte"), HasSubstr("not valid JSON")));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace dscope
