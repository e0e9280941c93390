// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/model_config.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace dscope {
namespace {

using ::testing::HasSubstr;

nlohmann::json tiny_json() {
  return read_json_file(DSCOPE_TEST_DATA "/dsv4_tiny/config.json");
}

ModelConfig parse(const nlohmann::json& json) {
  return model_config_from_json(json, "config.json", "test");
}

TEST(ModelConfig, PresetsAreConsistent) {
  for (const std::string& name : preset_names()) EXPECT_NO_THROW(validate(preset(name), name));
  EXPECT_THROW(static_cast<void>(preset("dsv5")), Error);
}

TEST(ModelConfig, FlashAndProHaveTheirLayerKinds) {
  const ModelConfig flash = preset("dsv4-flash");
  EXPECT_EQ(flash.layers_with_ratio(0), 2);
  EXPECT_EQ(flash.layers_with_ratio(4), 21);
  EXPECT_EQ(flash.layers_with_ratio(128), 20);
  EXPECT_EQ(flash.o_group_inputs(), 4096);
  const ModelConfig pro = preset("dsv4-pro");
  EXPECT_EQ(pro.layers_with_ratio(0), 0);
  EXPECT_EQ(pro.layers_with_ratio(4), 30);
  EXPECT_EQ(pro.layers_with_ratio(128), 31);
  EXPECT_EQ(pro.o_group_inputs(), 4096);
}

TEST(ModelConfig, TheTinyPresetIsTheBundledCheckpoint) {
  ModelConfig read = read_model_config(DSCOPE_TEST_DATA "/dsv4_tiny/config.json");
  EXPECT_EQ(read.name, "dsv4_tiny");
  read.name = "dsv4-tiny";
  EXPECT_EQ(read, preset("dsv4-tiny"));
}

TEST(ModelConfig, JsonRoundTrip) {
  for (const std::string& name : preset_names()) {
    const nlohmann::json json = preset(name);
    EXPECT_EQ(json.get<ModelConfig>(), preset(name));
  }
}

struct BadConfig {
  const char* what;
  std::function<void(nlohmann::json&)> change;
  const char* message;
};

// Keeps test listings readable.
void PrintTo(const BadConfig& bad, std::ostream* out) {
  *out << bad.what;
}

class RefusedConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(RefusedConfig, NamesFieldAndReason) {
  nlohmann::json json = tiny_json();
  GetParam().change(json);
  try {
    static_cast<void>(parse(json));
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    EXPECT_THAT(e.what(), HasSubstr("config.json"));
    EXPECT_THAT(e.what(), HasSubstr(GetParam().message));
  }
}

using json = nlohmann::json;

INSTANTIATE_TEST_SUITE_P(
    ModelConfig, RefusedConfig,
    ::testing::Values(
        BadConfig{"V41", [](json& j) { j["model_type"] = "deepseek_v4_1"; },
                  "V4.1 is a different architecture"},
        BadConfig{"V41Fields",
                  [](json& j) {
                    j["kv_source_layer_ids"] = {2, 8};
                  },
                  "/kv_source_layer_ids: this field belongs to V4.1"},
        BadConfig{"OtherModel", [](json& j) { j["model_type"] = "llama"; },
                  "expected \"deepseek_v4\", found \"llama\""},
        BadConfig{"NoModelType", [](json& j) { j.erase("model_type"); }, "/model_type: expected"},
        BadConfig{"MissingField", [](json& j) { j.erase("hidden_size"); },
                  "/hidden_size: expected this field, found none"},
        BadConfig{"WrongType", [](json& j) { j["hidden_size"] = "many"; },
                  "/hidden_size: expected an integer, found \"many\""},
        BadConfig{"Negative", [](json& j) { j["vocab_size"] = -5; },
                  "vocab_size: expected 1 to 2^20, found -5"},
        BadConfig{"Huge", [](json& j) { j["hidden_size"] = 1ll << 40; }, "hidden_size: expected 1"},
        BadConfig{"HugeLayers", [](json& j) { j["num_hidden_layers"] = 1ll << 60; },
                  "/num_hidden_layers: expected at most 2^20 layers"},
        BadConfig{"Ratio",
                  [](json& j) {
                    j["compress_ratios"] = {0, 4, 64, 4};
                  },
                  "/compress_ratios/2: expected 0, 4 or 128, found 64"},
        BadConfig{"FewRatios",
                  [](json& j) {
                    j["compress_ratios"] = {0, 4};
                  },
                  "one ratio per layer: at least 4"},
        BadConfig{"Groups", [](json& j) { j["o_groups"] = 3; }, "3 groups do not divide 4 heads"},
        BadConfig{"Hadamard", [](json& j) { j["index_head_dim"] = 96; }, "power of two"},
        BadConfig{"TopK", [](json& j) { j["num_experts_per_tok"] = 9; }, "9 of 8 experts"},
        BadConfig{"Mxfp4", [](json& j) { j["moe_intermediate_size"] = 100; },
                  "moe_intermediate_size: expected a multiple of the MXFP4 group of 32, found 100"},
        BadConfig{"Scoring", [](json& j) { j["scoring_func"] = "softmax"; },
                  "/scoring_func: expected \"sqrtsoftplus\""},
        BadConfig{"Block",
                  [](json& j) {
                    j["quantization_config"]["weight_block_size"] = {32, 32};
                  },
                  "/quantization_config/weight_block_size: expected [128, 128]"},
        BadConfig{"KvHeads", [](json& j) { j["num_key_value_heads"] = 8; },
                  "/num_key_value_heads: expected 1"},
        BadConfig{"Nan", [](json& j) { j["rope_theta"] = -1.0; },
                  "rope_theta: expected a positive number"}),
    [](const auto& test) { return test.param.what; });

TEST(ModelConfig, AllInconsistenciesAreNamedAtOnce) {
  nlohmann::json bad = tiny_json();
  bad["o_groups"] = 3;
  bad["num_experts_per_tok"] = 9;
  try {
    static_cast<void>(parse(bad));
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("o_groups"));
    EXPECT_THAT(e.what(), HasSubstr("num_experts_per_tok"));
  }
}

TEST(ModelConfig, MtpRatiosBehindTheMainStackAreAccepted) {
  nlohmann::json json_with_mtp = tiny_json();
  json_with_mtp["compress_ratios"] = {0, 4, 128, 4, 0};
  json_with_mtp["num_nextn_predict_layers"] = 1;
  EXPECT_EQ(parse(json_with_mtp).compress_ratios.size(), 4u);
}

}  // namespace
}  // namespace dscope
