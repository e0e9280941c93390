// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/chrome_trace.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>

namespace dscope::exporter {
namespace {

using collect::Activity;
using collect::ActivityKind;
using collect::ActivityList;
using nlohmann::json;

class ChromeTrace : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  Activity& add(ActivityKind kind, const char* name, std::int64_t start, std::int64_t end,
                std::int32_t device, std::int32_t lane) {
    Activity a;
    a.kind = kind;
    a.name = list_.intern(name);
    a.start_ns = start;
    a.end_ns = end;
    a.device = device;
    a.lane = lane;
    list_.activities.push_back(a);
    return list_.activities.back();
  }
  json written() {
    ChromeTraceWriter writer(path_);
    writer.add(list_);
    writer.finish();
    return read_json_file(path_);
  }
  static std::vector<json> with_phase(const json& trace, const char* phase) {
    std::vector<json> found;
    for (const json& event : trace["traceEvents"]) {
      if (event["ph"] == phase) found.push_back(event);
    }
    return found;
  }

  std::filesystem::path path_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("chrome_trace_") +
       ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".json");
  ActivityList list_;
};

TEST_F(ChromeTrace, EmptyTraceIsValid) {
  EXPECT_EQ(written()["traceEvents"], json::array());
}

TEST_F(ChromeTrace, EventsHaveStageColourAndExactTimes) {
  Activity& kernel =
      add(ActivityKind::kKernel, "moe", 1'234'567'890'123'456'789, 1'234'567'890'123'458'289, 0, 7);
  kernel.stage = Stage::kMoe;
  kernel.correlation = 5;
  kernel.graph_node = 9;
  kernel.external = 41;
  add(ActivityKind::kMemcpy, "copy", -1500, 2, 0, 7).bytes = 64;
  const auto events = with_phase(written(), "X");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["name"], "moe");
  EXPECT_EQ(events[0]["cat"], "moe");
  EXPECT_EQ(events[0]["cname"], "thread_state_runnable");
  EXPECT_EQ(events[0]["args"], (json{{"correlation", 5}, {"graph_node", 9}, {"External id", 41}}));
  EXPECT_EQ(events[1]["cat"], "memcpy");
  EXPECT_EQ(events[1]["ts"], -1.5);
  EXPECT_EQ(events[1]["dur"], 1.502);
  EXPECT_EQ(events[1]["args"], (json{{"bytes", 64}}));
  std::ifstream file(path_);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(text, ::testing::HasSubstr("\"ts\":1234567890123456.789,\"dur\":1.500"));
}

TEST_F(ChromeTrace, TracksAreNamedOnce) {
  for (int i = 0; i < 2; ++i) {
    add(ActivityKind::kStep, "step", i * 10, i * 10 + 10, -1, 0);
    add(ActivityKind::kKernel, "op", i * 10, i * 10 + 5, -1, 3);
    add(ActivityKind::kKernel, "kernel", i * 10, i * 10 + 5, 1, 3);
    add(ActivityKind::kRange, "range", i * 10, i * 10 + 5, 1, 3);
    add(ActivityKind::kRange, "range", i * 10, i * 10 + 5, 1, -3);
  }
  std::map<std::string, int> names;
  std::map<std::string, int> threads;
  for (const json& event : with_phase(written(), "M")) {
    if (event["name"] == "process_name") ++names[event["args"]["name"]];
    if (event["name"] == "thread_name") ++threads[event["args"]["name"]];
  }
  EXPECT_EQ(names, (std::map<std::string, int>{{"Steps", 1}, {"Host", 1}, {"GPU 1", 1}}));
  EXPECT_EQ(threads, (std::map<std::string, int>{{"thread 3", 1},
                                                 {"stream 3", 1},
                                                 {"Ranges of stream 3", 1},
                                                 {"Ranges of stream -3", 1},
                                                 {"Steps of thread 0", 1}}));
}

TEST_F(ChromeTrace, NamesOfAnyBytes) {
  add(ActivityKind::kKernel, "a\"b\\c\n\xff ü", 0, 1, 0, 0);
  EXPECT_EQ(with_phase(written(), "X").at(0)["name"], "a\"b\\c\n\xEF\xBF\xBD ü");
}

TEST_F(ChromeTrace, NegativeDurationsAreLeftOut) {
  add(ActivityKind::kKernel, "bad", 10, 5, 0, 0);
  EXPECT_TRUE(with_phase(written(), "X").empty());
}

TEST_F(ChromeTrace, AnUnwritablePathIsNamed) {
  try {
    ChromeTraceWriter writer("/nonexistent/folder/trace.json");
    FAIL() << "expected an error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("/nonexistent/folder/trace.json: cannot write: "));
  }
}

TEST_F(ChromeTrace, StagesAndWaitingHaveTracks) {
  add(ActivityKind::kKernel, "_mxfp4_slot_gemv_kernel", 0, 100, 0, 1);
  add(ActivityKind::kKernel, "_mxfp4_slot_gemv_kernel", 110, 200, 0, 1);
  add(ActivityKind::kKernel, "ncclDevKernel_AllReduce_LL", 210, 300, 0, 1);
  add(ActivityKind::kKernel, "ncclDevKernel_AllReduce_LL", 290, 300, 1, 1);
  add(ActivityKind::kKernel, "_mxfp4_slot_gemv_kernel", 250, 400, 0, 2);
  const attribute::Analysis analysis = attribute::analyse(list_);
  ChromeTraceWriter writer(path_);
  writer.add_stages(list_, analysis);
  writer.finish();
  const json trace = read_json_file(path_);
  std::map<std::string, std::vector<std::pair<double, double>>> slices;
  for (const json& event : with_phase(trace, "X")) {
    slices[event["name"]].emplace_back(event["ts"].get<double>(), event["dur"].get<double>());
  }
  EXPECT_EQ(slices["MoE"], (std::vector<std::pair<double, double>>{{0, 0.2}, {0.25, 0.15}}));
  EXPECT_EQ(slices["NCCL"], (std::vector<std::pair<double, double>>{{0.21, 0.09}, {0.29, 0.01}}));
  EXPECT_EQ(slices["wait for other ranks"], (std::vector<std::pair<double, double>>{{0.21, 0.08}}));
  std::map<std::string, int> tracks;
  for (const json& event : with_phase(trace, "M")) {
    if (event["name"] == "thread_name") ++tracks[event["args"]["name"]];
  }
  EXPECT_EQ(tracks, (std::map<std::string, int>{{"MoE", 1}, {"NCCL", 2}, {"NCCL wait", 1}}));
}

TEST_F(ChromeTrace, StepsOfDevicesHaveTracksOfTheirOwn) {
  add(ActivityKind::kStep, "step", 0, 100, 0, 0);
  add(ActivityKind::kStep, "step", 50, 150, 1, 0);
  const auto events = with_phase(written(), "X");
  EXPECT_EQ(events[0]["pid"], events[1]["pid"]);
  EXPECT_NE(events[0]["tid"], events[1]["tid"]);
}

}  // namespace
}  // namespace dscope::exporter
