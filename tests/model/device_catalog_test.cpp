// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/device_catalog.h"

#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

namespace dscope::model {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string message_of(ErrorKind kind, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind);
    return e.what();
  }
  return "no error";
}

std::string refusal(const json& document) {
  return message_of(ErrorKind::kInput, [&] { (void)device_from_json(document, "d.json"); });
}

json rtx_5090() {
  return find_device("rtx-5090");
}

TEST(DeviceCatalog, HoldsEveryFileOfTheFolder) {
  EXPECT_THAT(device_names(), ElementsAre("rtx-5090", "rtx-pro-6000", "rtx-pro-6000-server",
                                          "rtx-pro-6000-max-q", "rtx-pro-5000", "dgx-spark-gb10",
                                          "rtx-4090", "h100-sxm", "h200", "b200"));
  const std::vector<std::string> names = device_names();
  std::set<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(DSCOPE_SOURCE_DIR "/model/devices")) {
    files.insert(entry.path().stem().string());
  }
  EXPECT_EQ(files, std::set<std::string>(names.begin(), names.end()));
}

TEST(DeviceCatalog, FilesAndBinaryAgreeAndNamesAreFileNames) {
  for (const Device& device : devices()) {
    const Device from_file =
        find_device(DSCOPE_SOURCE_DIR "/model/devices/" + device.name + ".json");
    EXPECT_EQ(from_file, device) << device.name;
    EXPECT_EQ(device_from_json(json(device), "again"), device) << device.name;
  }
}

TEST(DeviceCatalog, SharedMemoryFollowsTheComputeCapability) {
  for (const Device& d : devices()) {
    const bool small =
        d.compute_capability.value->starts_with("12.") || d.compute_capability.value == "8.9";
    EXPECT_EQ(d.shared_memory_per_sm_bytes.value, small ? 102'400 : 233'472) << d.name;
    EXPECT_EQ(d.shared_memory_per_block_bytes.value, small ? 101'376 : 232'448) << d.name;
    EXPECT_EQ(d.warps_per_sm.value, small ? 48 : 64) << d.name;
    EXPECT_EQ(d.registers_per_sm.value, 65'536) << d.name;
  }
}

TEST(DeviceCatalog, ValuesArePlausible) {
  const auto within = [](const Sourced<double>& field, double low, double high) {
    return !field.value || (*field.value >= low && *field.value <= high);
  };
  for (const Device& d : devices()) {
    SCOPED_TRACE(d.name);
    EXPECT_TRUE(within(d.sms, 40, 200));
    EXPECT_TRUE(within(d.boost_clock_mhz, 1500, 3000));
    EXPECT_TRUE(within(d.base_clock_mhz, 1000, *d.boost_clock_mhz.value));
    EXPECT_TRUE(within(d.tensor_load_clock_mhz, 1000, *d.boost_clock_mhz.value));
    EXPECT_TRUE(within(d.l2_bytes, 20e6, 150e6));
    EXPECT_TRUE(within(d.memory_bytes, 20e9, 200e9));
    EXPECT_TRUE(within(d.dram_spec_gbps, 250, 8000));
    EXPECT_TRUE(within(d.dram_read_gbps, 0.5 * *d.dram_spec_gbps.value, *d.dram_spec_gbps.value));
    EXPECT_TRUE(within(d.dram_copy_gbps, 0.5 * *d.dram_spec_gbps.value, *d.dram_spec_gbps.value));
    EXPECT_TRUE(within(d.fp8_tflops, 1.9 * *d.bf16_tflops.value, 2.1 * *d.bf16_tflops.value));
    EXPECT_TRUE(within(d.pcie_generation, 4, 6));
    EXPECT_TRUE(within(d.pcie_lanes, 16, 16));
    EXPECT_TRUE(within(d.pcie_gbps, 20, 64));
    EXPECT_TRUE(within(d.board_power_w, 100, 1200));
    // 128 FP32 lanes per SM and two operations each, at about the boost clock.
    const double fp32_tflops = *d.sms.value * 256 * *d.boost_clock_mhz.value * 1e-6;
    EXPECT_NEAR(*d.fp32_tflops.value, fp32_tflops, 0.015 * fp32_tflops);
  }
}

// A measurement of the catalogue says whose it is; a missing one that nobody has published it.
TEST(DeviceCatalog, MeasuredH200) {
  const Device d = find_device("h200");
  EXPECT_EQ(d.dram_read_gbps.value, 4530);
  EXPECT_EQ(d.dram_copy_gbps.value, 4310);
  EXPECT_EQ(d.pcie_gbps.value, 55);
  EXPECT_EQ(d.dram_read_gbps.source, ValueSource::kMeasured);
  EXPECT_THAT(d.dram_read_gbps.where, HasSubstr("streaming benchmark"));
  EXPECT_EQ(d.fp4_tflops.value, std::nullopt);
  EXPECT_TRUE(*d.nvlink.value);
}

TEST(DeviceCatalog, RowsShowEveryFieldWithItsSource) {
  const Device d = find_device("dgx-spark-gb10");
  const std::vector<DeviceRow> rows = device_rows(d);
  EXPECT_EQ(rows.size(), json(d).size() - 2);  // all but name and label
  EXPECT_EQ(rows[0].key, "compute_capability");
  EXPECT_EQ(rows[0].value, "12.1");
  const auto row = [&](std::string_view key) {
    return *std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.key == key; });
  };
  EXPECT_EQ(row("sms").value, "48");
  EXPECT_EQ(row("l2_bytes").value, "25165824");
  EXPECT_EQ(row("pcie_lanes").value, "-");
  EXPECT_THAT(row("pcie_lanes").where, HasSubstr("NVLink-C2C"));
  EXPECT_EQ(row("nvlink").value, "no");
  EXPECT_EQ(id(row("bf16_tflops").source), "assumed");
}

TEST(FindDevice, SuggestsTheClosestName) {
  const auto message = [](std::string_view name) {
    return message_of(ErrorKind::kUsage, [&] { (void)find_device(name); });
  };
  EXPECT_THAT(message("rtx-5900"),
              StartsWith("device: unknown \"rtx-5900\"; did you mean rtx-5090? Known: rtx-5090, "));
  EXPECT_THAT(message("RTX-PRO-6000x"), Not(HasSubstr("did you mean b200")));
  EXPECT_THAT(message("h20"), HasSubstr("did you mean h200?"));
  EXPECT_THAT(message("radeon-instinct"),
              AllOf(StartsWith("device: unknown \"radeon-instinct\". Known: "), HasSubstr("b200")));
  EXPECT_THAT(message(std::string(100'000, 'x')), HasSubstr("\". Known: "));
  EXPECT_THAT(message(""), HasSubstr("Known: "));
}

TEST(FindDevice, ReadsAFileOfTheUser) {
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / "dscope_device_catalog_test.json";
  json mine = rtx_5090();
  mine["name"] = "my-card";
  mine["sms"]["value"] = 21;
  std::ofstream(path) << mine;
  EXPECT_EQ(find_device(path.string()).sms.value, 21);
  mine["smms"] = 1;
  std::ofstream(path) << mine;
  const auto read = [&] { (void)find_device(path.string()); };
  EXPECT_THAT(message_of(ErrorKind::kInput, read),
              StartsWith(path.string() + ": /smms: unknown field; known are name, label, "));
  std::filesystem::remove(path);
  EXPECT_THAT(message_of(ErrorKind::kInput, read), HasSubstr("cannot open"));
}

TEST(DeviceFromJson, RefusesWhatIsNotComplete) {
  for (const std::string key : {"name", "label", "sms", "nvlink", "pcie_gbps"}) {
    json document = rtx_5090();
    document.erase(key);
    EXPECT_EQ(refusal(document), "d.json: /" + key + ": expected this field, found none");
  }
  for (const std::string key : {"value", "source", "where"}) {
    json document = rtx_5090();
    document["sms"].erase(key);
    EXPECT_EQ(refusal(document), "d.json: /sms/" + key + ": expected this field, found none");
  }
  EXPECT_EQ(refusal(json::array()), "d.json: top level: expected an object, found []");
}

TEST(DeviceFromJson, RefusesWrongValues) {
  struct Case {
    json::json_pointer at;
    json value;
    const char* message;
  };
  using namespace nlohmann::literals;
  const std::vector<Case> cases{
      {"/name"_json_pointer, "RTX 5090", "d.json: /name: expected a name in lower case"},
      {"/name"_json_pointer, std::string(200'000, 'a'), "d.json: /name: expected a name"},
      {"/label"_json_pointer, "", "d.json: /label: expected text, found \"\""},
      {"/sms"_json_pointer, 170, "d.json: /sms: expected an object, found 170"},
      {"/sms/note"_json_pointer, "x",
       "d.json: /sms/note: unknown field; known are value, source, where"},
      {"/sms/value"_json_pointer, 0, "d.json: /sms/value: expected a positive number, found 0"},
      {"/sms/value"_json_pointer, -1, "d.json: /sms/value: expected a positive number, found -1"},
      {"/sms/value"_json_pointer, "170", "d.json: /sms/value: expected a finite number"},
      {"/sms/value"_json_pointer, nullptr,
       "d.json: /sms/value: expected a finite number, found null"},
      {"/nvlink/value"_json_pointer, 1, "d.json: /nvlink/value: expected true or false, found 1"},
      {"/compute_capability/value"_json_pointer, "sm_120",
       "d.json: /compute_capability/value: expected a compute capability such as \"12.0\""},
      {"/sms/source"_json_pointer, "rumour",
       "d.json: /sms/source: expected one of datasheet, measured, derived, assumed"},
      {"/sms/where"_json_pointer, "", "d.json: /sms/where: expected text"},
      {"/shared_memory_per_block_bytes/value"_json_pointer, 200'000,
       "d.json: /shared_memory_per_block_bytes/value: expected at most shared_memory_per_sm_bytes, "
       "102400"},
  };
  for (const Case& c : cases) {
    json document = rtx_5090();
    document[c.at] = c.value;
    EXPECT_THAT(refusal(document), HasSubstr(c.message)) << c.at.to_string();
  }
}

TEST(DeviceFromJson, NullNeedsItsReasonToo) {
  json document = rtx_5090();
  document["fp4_tflops"] = {{"value", nullptr}, {"source", "assumed"}};
  EXPECT_EQ(refusal(document), "d.json: /fp4_tflops/where: expected this field, found none");
  document["fp4_tflops"]["where"] = "unknown";
  EXPECT_EQ(device_from_json(document, "d.json").fp4_tflops.value, std::nullopt);
}

}  // namespace
}  // namespace dscope::model
