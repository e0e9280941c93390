// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/nsys_reader.h"

#include "profiler/import/nsys_names.h"
#include "profiler/import/trace_generator.h"
#include "tests/profiler/import/trace_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sqlite3.h>

#include <filesystem>
#include <initializer_list>
#include <string>

namespace dscope::importer {
namespace {

using collect::Activity;
using collect::ActivityKind;
using test::count_of;
using test::skipped;
using ::testing::Contains;
using ::testing::HasSubstr;

// Process 7 on machine 1, and its thread 9.
constexpr const char* kPid = "281475094151168";
constexpr const char* kTid = "281475094151177";

class Nsys : public test::TraceFiles {
 protected:
  // A database made by these statements.
  std::string database(std::initializer_list<std::string> statements) {
    std::filesystem::remove(path("t.sqlite"));
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(path("t.sqlite").c_str(), &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
    for (const std::string& sql : statements) {
      EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
          << sql << ": " << sqlite3_errmsg(db);
    }
    sqlite3_close(db);
    return path("t.sqlite");
  }

  static inline const std::string kStrings =
      "CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT);"
      "INSERT INTO StringIds VALUES (1, 'gemm'), (2, 'cudaLaunchKernel_v7000'), (3, "
      "'ncclAllReduce')";
  static inline const std::string kKernels =
      "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER, deviceId INTEGER, "
      "streamId INTEGER, correlationId INTEGER, globalPid INTEGER, demangledName INTEGER, "
      "graphNodeId INTEGER)";
};

TEST_F(Nsys, GeneratedTracesHaveTheirTotals) {
  for (const bool graph : {false, true}) {
    const TraceShape shape{.steps = 30, .kernels_per_step = 60, .devices = 2, .graph = graph};
    const TraceTotals totals = write_nsys_trace(path("g"), shape);
    const Trace trace = read_trace(path("g"));
    EXPECT_EQ(trace.format, "nsys");
    test::expect_totals(trace, totals);
    EXPECT_EQ(trace.devices.size(), 3u);  // both processes call theirs GPU 0
    EXPECT_EQ(trace.devices[2].name, "GPU 1: NVIDIA H100");
  }
}

// Large tables are read piece by piece: every row is in one of them, whatever its number.
TEST_F(Nsys, ALargeTableIsReadOnceAndInOrder) {
  constexpr std::int64_t kRows = 900'000;
  const std::string file =
      database({kStrings, kKernels,
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                    std::to_string(kRows) +
                    ") INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL SELECT i * 10, i * 10 + 5, 0, i / "
                    "500000, i, " +
                    kPid + ", 1, 0 FROM n",
                "UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET rowid = -7 WHERE rowid = 1",
                "UPDATE CUPTI_ACTIVITY_KIND_KERNEL SET rowid = 9000000000000000000 WHERE rowid = " +
                    std::to_string(kRows)});
  const Trace trace = read_trace(file);
  ASSERT_EQ(trace.list.activities.size(), static_cast<std::size_t>(kRows));
  for (std::int64_t i = 0; i < kRows; ++i) {
    const Activity& a = trace.list.activities[static_cast<std::size_t>(i)];
    ASSERT_EQ(a.start_ns, (i + 1) * 10);
    ASSERT_EQ(a.lane, (i + 1) / 500'000);
    ASSERT_EQ(a.device, 0);
  }
}

TEST_F(Nsys, ReadsTheFieldsOfAKernelAndItsLaunch) {
  const Trace trace = read_trace(database(
      {kStrings, kKernels,
       std::string("INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (100, 250, 2, 7, 5, ") + kPid +
           ", 1, 99)",
       "CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, globalTid INTEGER, "
       "correlationId INTEGER, nameId INTEGER)",
       std::string("INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (10, 30, ") + kTid + ", 5, 2)",
       "CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER, systemClockNs INTEGER)",
       "INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (1000000, 40)"}));
  ASSERT_EQ(trace.list.activities.size(), 2u);
  const Activity& kernel = trace.list.activities[0];
  EXPECT_EQ(trace.list.name_of(kernel), "gemm");
  EXPECT_EQ(kernel.device, 2);
  EXPECT_EQ(kernel.lane, 7);
  EXPECT_EQ(kernel.start_ns, 1'000'060);
  EXPECT_EQ(kernel.end_ns, 1'000'210);
  EXPECT_EQ(kernel.graph_node, 99u);
  const Activity& call = trace.list.activities[1];
  EXPECT_EQ(trace.list.name_of(call), "cudaLaunchKernel");
  EXPECT_EQ(call.correlation, kernel.correlation);
  EXPECT_EQ(call.device, -1);
  EXPECT_EQ(call.lane, 9);
}

TEST_F(Nsys, ReadsRangesOfEveryKind) {
  const std::string tid = kTid;
  const Trace trace = read_trace(
      database({kStrings,
                "CREATE TABLE NVTX_EVENTS (start INTEGER, end INTEGER, eventType INTEGER, "
                "globalTid INTEGER, "
                "text TEXT, textId INTEGER, jsonText TEXT)",
                "INSERT INTO NVTX_EVENTS VALUES (1, 9, 59, " + tid +
                    ", 'aten::mul, seq = 4, op_id = 7', NULL, NULL)",
                "INSERT INTO NVTX_EVENTS VALUES (2, 5, 60, " + tid +
                    ", NULL, 3, '{\"Message size [bytes]\": 4096}')",
                "INSERT INTO NVTX_EVENTS VALUES (2, NULL, 59, " + tid + ", 'open', NULL, NULL)",
                "INSERT INTO NVTX_EVENTS VALUES (3, NULL, 34, " + tid + ", 'mark', NULL, NULL)",
                "INSERT INTO NVTX_EVENTS VALUES (0, NULL, 75, NULL, 'NCCL', NULL, NULL)"}));
  ASSERT_EQ(trace.list.activities.size(), 2u);
  EXPECT_EQ(trace.list.name_of(trace.list.activities[0]), "aten::mul");
  EXPECT_EQ(trace.list.name_of(trace.list.activities[1]), "ncclAllReduce");
  EXPECT_EQ(trace.list.activities[1].bytes, 4096u);
  EXPECT_EQ(trace.losses.unclosed_ranges, 1);
  EXPECT_EQ(skipped(trace, "NVTX marks"), 1);
  EXPECT_EQ(skipped(trace, "NVTX events that are no ranges"), 1);
}

TEST_F(Nsys, OldAndPartialSchemasAreRead) {
  const Trace trace = read_trace(database(
      {kStrings,
       "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start, end, deviceId, streamId, shortName)",
       "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1, 2, 0, 7, 1), (3, 4, 0, 7, 55)"}));
  EXPECT_EQ(count_of(trace, ActivityKind::kKernel), 2);
  EXPECT_EQ(trace.list.name_of(trace.list.activities[1]), "string 55 (missing)");
  EXPECT_EQ(skipped(trace, "names that StringIds lacks"), 1);
  EXPECT_THAT(trace.device.missing, Contains(HasSubstr("NVTX_EVENTS")));
  EXPECT_THAT(trace.device.missing, Contains(HasSubstr("graphNodeId")));
}

TEST_F(Nsys, GraphsRecordedAsOnePieceAreShownAndExplained) {
  const Trace trace = read_trace(database(
      {"CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE (start, end, deviceId, streamId, graphId)",
       "INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES (100, 900, 0, 7, 12)"}));
  EXPECT_EQ(trace.list.name_of(trace.list.activities[0]),
            "CUDA graph 12 (its kernels were not recorded)");
  EXPECT_THAT(trace.device.missing, Contains(HasSubstr("--cuda-graph-trace=node")));
}

TEST_F(Nsys, CountsWhatIsLost) {
  const Trace trace = read_trace(database(
      {kStrings, kKernels,
       "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1, 2, 0, 7, 5, 0, 1, NULL), "
       "(0, 0, 0, 7, 5, 0, 1, NULL), (9, 2, 0, 7, 5, 0, 1, NULL)",
       "CREATE TABLE DIAGNOSTIC_EVENT (severity INTEGER, text TEXT)",
       "INSERT INTO DIAGNOSTIC_EVENT VALUES (1, 'fine'), (2, 'Not all events were collected.')"}));
  EXPECT_EQ(count_of(trace, ActivityKind::kKernel), 1);
  EXPECT_EQ(trace.losses.zero_timestamps, 1);
  EXPECT_EQ(trace.losses.negative_durations, 1);
  EXPECT_EQ(skipped(trace, "nsys: Not all events were collected."), 1);
}

TEST_F(Nsys, ProcessesThatShareCorrelationsAndStreamsStayApart) {
  const Trace trace = read_trace(
      database({kStrings, kKernels,
                "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1, 2, 0, 7, 5, 16777216, 1, NULL), "
                "(1, 2, 0, 7, 5, 33554432, 1, NULL)"}));
  const auto& a = trace.list.activities;
  EXPECT_NE(a[0].correlation, a[1].correlation);
  EXPECT_EQ(a[0].device, a[1].device);
  EXPECT_NE(a[0].lane, a[1].lane);
}

TEST_F(Nsys, RefusesForeignDatabases) {
  EXPECT_THAT(refusal(database({"CREATE TABLE a (b)"})),
              HasSubstr("expected an Nsight Systems export"));
  EXPECT_THAT(
      refusal(database({"CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start, end)"})),
      HasSubstr("table CUPTI_ACTIVITY_KIND_KERNEL: expected a column deviceId, found start, end"));
  EXPECT_THAT(refusal(database({kStrings, kKernels})), HasSubstr("found none that can be used"));
  EXPECT_THAT(refusal(database({kStrings, kKernels,
                                "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES "
                                "(1, 2, 0, 7, 5, 0, 1, 0), (1, 'x', 0, 7, 5, 0, 1, 0)"})),
              HasSubstr("row 2: expected an integer in end, found text"));
}

TEST_F(Nsys, NothingInADatabaseIsRun) {
  // A view that never ends where a table should be.
  EXPECT_THAT(
      refusal(database({"CREATE VIEW CUPTI_ACTIVITY_KIND_KERNEL AS WITH RECURSIVE r(start) AS "
                        "(SELECT 1 UNION ALL SELECT start + 1 FROM r) SELECT * FROM r"})),
      HasSubstr("expected an Nsight Systems export"));
  // A column that would be computed.
  EXPECT_THAT(refusal(database({"CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start, end, deviceId, "
                                "streamId, shortName AS (length(hex(zeroblob(100000000)))))",
                                "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1, 2, 0, 7)"})),
              HasSubstr("expected a column demangledName or shortName"));
}

TEST_F(Nsys, RefusesCutOffDatabases) {
  write_nsys_trace(path("whole"), {.steps = 10, .kernels_per_step = 100});
  const std::string whole = test::read_file(path("whole"));
  for (std::size_t size = 16; size < whole.size(); size += whole.size() / 40) {
    EXPECT_THAT(refusal(write("cut", whole.substr(0, size))), HasSubstr("cut off"));
  }
  write("open", whole);
  write("open-wal", "unwritten pages");
  EXPECT_THAT(refusal(path("open")), HasSubstr("expected a closed database"));
}

TEST_F(Nsys, NoticesDamagedPages) {
  write_nsys_trace(path("whole"), {.steps = 10, .kernels_per_step = 100});
  std::string damaged = test::read_file(path("whole"));
  const std::size_t page = 4096;
  for (std::size_t at = 30 * page; at < 31 * page; ++at) damaged[at] = 0x77;
  EXPECT_THAT(refusal(write("damaged", damaged)), HasSubstr("malformed"));
}

TEST_F(Nsys, StopsWhenAsked) {
  write_nsys_trace(path("t"), {.steps = 100, .kernels_per_step = 500});
  std::atomic<bool> stop = true;
  try {
    (void)read_nsys(path("t"), {.stop = &stop});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
}

TEST(NsysNames, AreShownWithoutNumbers) {
  EXPECT_EQ(shown_name("cudaLaunchKernel_v7000"), "cudaLaunchKernel");
  EXPECT_EQ(shown_name("cuLaunchKernelEx"), "cuLaunchKernelEx");
  EXPECT_EQ(shown_name("aten::mul, seq = 5, op_id = 7"), "aten::mul");
  EXPECT_EQ(shown_name("aten::empty, op_id = 990346"), "aten::empty");
  EXPECT_EQ(shown_name("gemm_v2"), "gemm_v2");
  EXPECT_EQ(shown_name(""), "");
  EXPECT_EQ(shown_name("7000"), "7000");
}

}  // namespace
}  // namespace dscope::importer
