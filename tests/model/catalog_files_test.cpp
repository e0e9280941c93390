// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/interconnect.h"
#include "model/kernel_constants.h"
#include "model/kernel_set.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <set>

namespace dscope::model {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::set<std::string> files_of(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(DSCOPE_SOURCE_DIR "/model/" + folder)) {
    if (entry.path().extension() == ".json") names.insert(entry.path().stem().string());
  }
  return names;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(KernelSets, HoldEveryFileOfTheFolderAndReadBackTheSame) {
  const auto names = kernel_set_names();
  EXPECT_EQ(files_of("kernel_sets"), std::set<std::string>(names.begin(), names.end()));
  for (const KernelSet& set : kernel_sets()) {
    EXPECT_EQ(find_kernel_set(DSCOPE_SOURCE_DIR "/model/kernel_sets/" + set.name + ".json"), set);
    EXPECT_EQ(kernel_set_from_json(json(set), "again"), set) << set.name;
    EXPECT_EQ(set.constants.size(), kernel_constants().size()) << set.name;
    for (const auto& [name, constant] : set.constants) {
      EXPECT_FALSE(constant.where.empty()) << set.name << " " << name;
      EXPECT_LE(constant.low.value_or(constant.value), constant.value) << set.name << " " << name;
      EXPECT_GE(constant.high.value_or(constant.value), constant.value) << set.name << " " << name;
    }
  }
}

TEST(KernelSets, RooflineIsNeutral) {
  for (const ConstantInfo& info : kernel_constants()) {
    EXPECT_EQ(roofline_kernel_set().constant(info.name), info.neutral) << info.name;
    EXPECT_LE(info.lowest, info.neutral) << info.name;
    EXPECT_GE(info.highest, info.neutral) << info.name;
  }
  for (const TraitInfo& info : kernel_traits()) {
    EXPECT_FALSE(roofline_kernel_set().trait(info.name)) << info.name;
  }
  EXPECT_THROW((void)roofline_kernel_set().constant("nonsense"), Error);
}

TEST(KernelSets, RefuseWhatTheyDoNotKnow) {
  const json good = find_kernel_set("dscope");
  const auto refusal = [&](const char* pointer, const json& value) {
    json document = good;
    document[json::json_pointer(pointer)] = value;
    return message_of([&] { (void)kernel_set_from_json(document, "k.json"); });
  };
  EXPECT_THAT(refusal("/constants/lunch_ns", 1),
              StartsWith("k.json: /constants/lunch_ns: unknown constant; did you mean launch_ns?"));
  EXPECT_THAT(refusal("/traits/fast", true), HasSubstr("/traits/fast: unknown trait"));
  EXPECT_THAT(refusal("/constants/launch_ns/value", -1), HasSubstr("expected a number from 0 to"));
  EXPECT_THAT(refusal("/constants/launch_ns/value", 1e300), HasSubstr("expected a number from 0"));
  EXPECT_THAT(refusal("/constants/dram_efficiency/value", 0), HasSubstr("from 0.001 to 1"));
  EXPECT_THAT(refusal("/constants/launch_ns/low", 1e6), HasSubstr("expected at most value"));
  EXPECT_THAT(refusal("/constants/fixed_moe_ns/high", 1), HasSubstr("expected at least value"));
  EXPECT_THAT(refusal("/constants/launch_ns/unit", "us"), HasSubstr("expected \"ns\""));
  EXPECT_THAT(refusal("/constants/launch_ns/source", "neutral"), HasSubstr("one of fitted"));
  EXPECT_THAT(refusal("/constants/launch_ns/where", ""), HasSubstr("expected text"));
  EXPECT_THAT(refusal("/name", "No Name"), HasSubstr("lower case"));
  EXPECT_THAT(message_of([] { (void)find_kernel_set("sglang-24693"); }),
              HasSubstr("did you mean sglang-24692?"));
}

TEST(Interconnects, HoldEveryFileOfTheFolderAndReadBackTheSame) {
  const auto names = interconnect_names();
  EXPECT_EQ(files_of("interconnects"), std::set<std::string>(names.begin(), names.end()));
  for (const Interconnect& i : interconnects()) {
    EXPECT_EQ(interconnect_from_json(json(i), "again"), i) << i.name;
    EXPECT_EQ(interconnect_rows(i).size() + 2, json(i).size()) << i.name;
    EXPECT_GT(*i.link_gbps.value, 1) << i.name;
  }
  EXPECT_THAT(message_of([] { (void)find_interconnect("pcie5"); }),
              HasSubstr("Known: pcie5-switch"));
}

TEST(Interconnects, GroupsAndUplinksComeTogether) {
  json document = find_interconnect("pcie5-switch");
  document["uplink_gbps"]["value"] = nullptr;
  EXPECT_THAT(message_of([&] { (void)interconnect_from_json(document, "i.json"); }),
              HasSubstr("both or none"));
}

}  // namespace
}  // namespace dscope::model
