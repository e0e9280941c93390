// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_file_reader.h"
#include "profiler/import/lane_order.h"
#include "profiler/import/trace_merge.h"
#include "tests/profiler/import/trace_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

namespace dscope::importer {
namespace {

using ::testing::HasSubstr;

class ReadTraces : public test::TraceFiles {};

TEST(RankOfName, IsWhatTheEnginesWrite) {
  EXPECT_EQ(rank_of_name("1700000000.1-TP-3.trace.json.gz"), 3);
  EXPECT_EQ(rank_of_name("x-TP-12-DP-0.trace.json.gz"), 12);
  EXPECT_EQ(rank_of_name("dp0_pp0_tp0_rank_5.json"), 5);
  EXPECT_EQ(rank_of_name("rank7.pt.trace.json.gz"), 7);
  EXPECT_EQ(rank_of_name("x-TP-1-DP-1.trace.json.gz"), std::nullopt);
  EXPECT_EQ(rank_of_name("trace.json"), std::nullopt);
  EXPECT_EQ(rank_of_name("x-TP-.json"), std::nullopt);
}

TEST(RankOfName, IsLeftOutOfTheNameOfTheRun) {
  EXPECT_EQ(name_without_rank("1700000000.1-TP-3.trace.json.gz"), "1700000000.1-TP.trace.json.gz");
  EXPECT_EQ(name_without_rank("rank_12.json"), "rank.json");
  EXPECT_EQ(name_without_rank("rank7.pt.trace.json.gz"), "rank.pt.trace.json.gz");
  EXPECT_EQ(name_without_rank("trace.json"), "trace.json");
}

TEST(GroupRanks, PutsTheRanksOfARunTogetherByTheirNumber) {
  using Groups = std::vector<std::vector<std::filesystem::path>>;
  EXPECT_EQ(group_ranks({"a/run-TP-10.json", "profile.json", "a/run-TP-2.json", "b/run-TP-0.json",
                         "a/other-TP-3.json", "a/run-TP-0-DP-1.json", "profile.json"}),
            (Groups{{"a/run-TP-2.json", "a/run-TP-10.json"},
                    {"profile.json"},
                    {"b/run-TP-0.json"},
                    {"a/other-TP-3.json"},
                    {"a/run-TP-0-DP-1.json"},
                    {"profile.json"}}));
}

TEST(GroupRanks, AFileGivenTwiceIsTwoRuns) {
  using Groups = std::vector<std::vector<std::filesystem::path>>;
  EXPECT_EQ(group_ranks({"TP-0.json"}), (Groups{{"TP-0.json"}}));
  EXPECT_EQ(group_ranks({"x-TP-0.json", "x-TP-1.json", "x-TP-0.json", "x-TP-1.json"}),
            (Groups{{"x-TP-0.json", "x-TP-1.json"}, {"x-TP-0.json", "x-TP-1.json"}}));
}

TEST_F(ReadTraces, FindsTheFormatFromTheContent) {
  const TraceShape shape{.steps = 2, .kernels_per_step = 10};
  write_kineto_trace(path("a.sqlite"), shape);
  write_nsys_trace(path("b.json"), shape);
  write_dscope_trace(path("c.gz"), shape);
  EXPECT_EQ(read_trace(path("a.sqlite")).format, "kineto");
  EXPECT_EQ(read_trace(path("b.json")).format, "nsys");
  EXPECT_EQ(read_trace(path("c.gz")).format, "dscope");
}

TEST_F(ReadTraces, EveryFormatHoldsTheSameWork) {
  const TraceShape shape{.steps = 3, .kernels_per_step = 20, .graph = true};
  test::expect_totals(read_trace((write_kineto_trace(path("a"), shape), path("a"))),
                      write_dscope_trace(path("c"), shape));
  test::expect_totals(read_trace(path("c")), write_nsys_trace(path("b"), shape));
}

TEST_F(ReadTraces, AFolderStandsForItsTraces) {
  const TraceShape shape{.steps = 2, .kernels_per_step = 10};
  std::filesystem::create_directories(path("run/older.json"));
  write_kineto_trace(path("run/x-TP-1.trace.json"), shape);
  write_kineto_trace(path("run/x-TP-0.trace.json"), shape);
  write("run/notes.txt", "no trace");
  const Trace trace = read_traces({path("run")});
  ASSERT_EQ(trace.sources.size(), 2u);
  EXPECT_THAT(trace.sources[0], HasSubstr("x-TP-0.trace.json"));
  EXPECT_THAT(trace.sources[1], HasSubstr("x-TP-1.trace.json"));
  std::filesystem::create_directories(path("empty"));
  try {
    (void)read_traces({path("empty")});
    ADD_FAILURE() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    EXPECT_THAT(e.what(), HasSubstr("found none"));
  }
}

TEST_F(ReadTraces, RanksStandSideBySide) {
  const TraceShape shape{.steps = 2, .kernels_per_step = 10};
  const TraceTotals one = write_kineto_trace(path("run-TP-0.json"), shape);
  write_nsys_trace(path("run-TP-1.json"), shape);
  const Trace trace = read_traces({path("run-TP-0.json"), path("run-TP-1.json")});
  EXPECT_EQ(trace.format, "several");
  EXPECT_EQ(trace.sources.size(), 2u);
  ASSERT_EQ(trace.devices.size(), 3u);
  EXPECT_EQ(trace.devices[1].rank, 0);
  EXPECT_EQ(trace.devices[2].rank, 1);
  EXPECT_EQ(trace.devices[2].name, "rank 1 GPU 0: NVIDIA H100");
  EXPECT_EQ(test::count_of(trace, collect::ActivityKind::kKernel), 2 * one.kernels);
  std::set<std::uint64_t> correlations[2];
  std::set<std::int32_t> threads;
  for (const collect::Activity& a : trace.list.activities) {
    if (a.device >= 0) correlations[a.device].insert(a.correlation);
    if (a.device < 0) threads.insert(a.lane);
  }
  for (const std::uint64_t id : correlations[0]) EXPECT_FALSE(correlations[1].contains(id));
  EXPECT_EQ(threads.size(), 2u);
  ASSERT_EQ(trace.device.gpus.size(), 2u);
  EXPECT_EQ(trace.device.gpus[1].index, 1);
}

TEST_F(ReadTraces, RunsAreNotMixed) {
  const TraceShape shape{.steps = 2, .kernels_per_step = 10};
  std::filesystem::create_directories(path("runs"));
  for (const char* name : {"runs/a-TP-0.json", "runs/a-TP-1.json", "runs/b-TP-0.json"}) {
    write_kineto_trace(path(name), shape);
  }
  try {
    (void)read_traces({path("runs")});
    ADD_FAILURE() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInput);
    EXPECT_THAT(e.what(), HasSubstr("found those of 2: a-TP.json, b-TP.json"));
  }
  // What dscope inject leaves of several processes.
  write_kineto_trace(path("trace.101.json"), shape);
  write_kineto_trace(path("trace.102.json"), shape);
  EXPECT_EQ(read_traces({path("trace.101.json"), path("trace.102.json")}).sources.size(), 2u);
}

TEST_F(ReadTraces, ASavedTraceIsTheSameTrace) {
  write_kineto_trace(path("a.json"), {.steps = 3, .kernels_per_step = 50});
  const Trace trace = read_trace(path("a.json"));
  write_activity_file(trace, path("a.dscope"));
  const Trace again = read_trace(path("a.dscope"));
  ASSERT_EQ(again.list.activities.size(), trace.list.activities.size());
  std::size_t i = 0;  // it is saved lane by lane
  for (const auto& [lane, order] : lanes_in_order(trace.list.activities)) {
    for (const std::uint32_t index : order) {
      const collect::Activity& a = trace.list.activities[index];
      const collect::Activity& b = again.list.activities[i++];
      ASSERT_EQ(trace.list.name_of(a), again.list.name_of(b));
      ASSERT_EQ(lane_of(b), lane);
      ASSERT_EQ(a.start_ns, b.start_ns);
      ASSERT_EQ(a.correlation, b.correlation);
    }
  }
  ASSERT_EQ(again.lanes.size(), trace.lanes.size());
  EXPECT_EQ(again.lanes.back().name, trace.lanes.back().name);
  EXPECT_EQ(again.format, "kineto");
}

TEST_F(ReadTraces, ProgressRisesToTheEnd) {
  write_kineto_trace(path("a"), {.steps = 200, .kernels_per_step = 20});
  double last = 0;
  (void)read_traces({path("a"), path("a")}, {.on_progress = [&](double done) {
                      EXPECT_GE(done, last);
                      last = done;
                    }});
  EXPECT_NEAR(last, 1, 0.01);
}

TEST_F(ReadTraces, SaysWhatCannotBeOpened) {
  EXPECT_THAT(refusal(path("absent")), HasSubstr("No such file"));
  EXPECT_THAT(refusal(path("")), HasSubstr("directory"));
  EXPECT_THAT(refusal("/dev/null"), HasSubstr("no regular file"));
  EXPECT_THAT(refusal(write("x.nsys-rep", "QDSTRM")), HasSubstr("nsys export"));
}

}  // namespace
}  // namespace dscope::importer
