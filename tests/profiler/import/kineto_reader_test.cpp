// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/kineto_reader.h"

#include "profiler/attribute/analyse.h"
#include "profiler/import/trace_generator.h"
#include "tests/profiler/import/trace_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace dscope::importer {
namespace {

using collect::Activity;
using collect::ActivityKind;
using test::count_of;
using test::skipped;
using test::total_ns;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kRecorded = DSCOPE_TEST_DATA "/kineto/";

class Kineto : public test::TraceFiles {
 protected:
  Trace read_text(const std::string& text) { return read_trace(write("t.json", text)); }
  std::string refusal_of(const std::string& text) { return refusal(write("t.json", text)); }
  // The one activity of a trace of one event.
  Trace read_event(const std::string& event) {
    return read_text(R"({"traceEvents": [)" + event + "]}");
  }
};

// The trace's own sums, of which this prints one line per file:
//   python3 -c 'import gzip, json, sys; from decimal import Decimal as D
//   for f in sys.argv[1:]:
//     e = [x for x in json.loads(gzip.open(f).read(), parse_float=D)["traceEvents"]
//          if x.get("cat") == "kernel"]
//     print(len(e), sum(int(x["dur"] * 1000) for x in e),
//           sum(int(x["dur"] * 1000) for x in e if x["name"].startswith("nccl")))' FILE...
TEST_F(Kineto, RecordedTracesHaveTheirOwnSums) {
  const Trace eager = read_trace(kRecorded + "eager_l4_b1-TP-0.trace.json.gz");
  EXPECT_EQ(count_of(eager, ActivityKind::kKernel), 771);
  EXPECT_EQ(total_ns(eager, ActivityKind::kKernel), 488'876'951);
  EXPECT_EQ(total_ns(eager, ActivityKind::kKernel, "nccl"), 485'976'899);
  const Trace graph = read_trace(kRecorded + "graph_l4_b2-TP-0.trace.json.gz");
  EXPECT_EQ(count_of(graph, ActivityKind::kKernel), 771);
  EXPECT_EQ(total_ns(graph, ActivityKind::kKernel), 105'713'819);
  EXPECT_EQ(total_ns(graph, ActivityKind::kKernel, "nccl"), 102'494'333);
}

TEST_F(Kineto, RecordedTracesHaveThreeSteps) {
  for (const char* file : {"eager_l4_b1-TP-0.trace.json.gz", "graph_l4_b2-TP-0.trace.json.gz"}) {
    Trace trace = read_trace(kRecorded + file);
    const profile::Measurement measured = attribute::analyse(trace.list).measurement;
    EXPECT_TRUE(measured.has_steps);
    EXPECT_EQ(measured.steps.size(), 3u) << file;
  }
}

TEST_F(Kineto, KeepsWhatExplainsWork) {
  const Trace trace = read_trace(kRecorded + "eager_l4_b1-TP-0.trace.json.gz");
  EXPECT_EQ(count_of(trace, ActivityKind::kRuntimeCall), 1448 + 105);
  EXPECT_EQ(count_of(trace, ActivityKind::kRange), 2556 + 27 + 27);
  EXPECT_EQ(skipped(trace, "flow events"), 1503 + 821);
  EXPECT_EQ(skipped(trace, "events of category \"overhead\""), 2);
  ASSERT_EQ(trace.devices.size(), 2u);
  EXPECT_EQ(trace.devices[0].name, "host");
  EXPECT_EQ(trace.devices[1].name, "GPU 0: NVIDIA H200");
  EXPECT_EQ(trace.devices[1].rank, 0);
  ASSERT_EQ(trace.device.gpus.size(), 1u);
  EXPECT_EQ(trace.device.gpus[0].compute_capability, "9.0");
  EXPECT_EQ(trace.device.gpus[0].sms, 132);
  EXPECT_EQ(trace.lanes.back().name, "stream 7");
}

TEST_F(Kineto, GeneratedTracesHaveTheirTotals) {
  for (const bool gzip : {false, true}) {
    for (const bool graph : {false, true}) {
      const TraceShape shape{.steps = 40, .kernels_per_step = 50, .devices = 2, .graph = graph};
      const TraceTotals totals = write_kineto_trace(path("g"), shape, gzip);
      const Trace trace = read_trace(path("g"));
      EXPECT_EQ(trace.format, "kineto");
      test::expect_totals(trace, totals);
    }
  }
}

TEST_F(Kineto, ReadsTheFieldsOfAKernel) {
  const Trace trace = read_event(
      R"({"ph": "X", "cat": "kernel", "name": "a\u0062\"c", "pid": 3, "tid": 20, "ts": 10.5,
          "dur": 2.25, "args": {"device": 3, "stream": 20, "correlation": 77, "graph node id": 9,
          "External id": 41,
          "Collective name": "allreduce", "In msg nelems": 1024, "Out msg nelems": 2048,
          "dtype": "BFloat16"}})");
  ASSERT_EQ(trace.list.activities.size(), 1u);
  const Activity& a = trace.list.activities[0];
  EXPECT_EQ(a.kind, ActivityKind::kKernel);
  EXPECT_EQ(trace.list.name_of(a), "ab\"c");
  EXPECT_EQ(a.device, 3);
  EXPECT_EQ(a.lane, 20);
  EXPECT_EQ(a.start_ns, 10'500);
  EXPECT_EQ(a.end_ns, 12'750);
  EXPECT_EQ(a.correlation, 77u);
  EXPECT_EQ(a.graph_node, 9u);
  EXPECT_EQ(a.external, 41u);
  EXPECT_EQ(a.bytes, 4096u);  // the larger message
}

TEST_F(Kineto, TimesAreOnTheClockOfTheHeader) {
  const Trace before = read_text(
      R"({"baseTimeNanoseconds": 1000000, "traceEvents": [
          {"ph": "X", "cat": "kernel", "pid": 0, "tid": 7, "ts": 1, "dur": 2}]})");
  EXPECT_EQ(before.list.activities[0].start_ns, 1'001'000);
  const Trace after = read_text(
      R"({"traceEvents": [{"ph": "X", "cat": "kernel", "pid": 0, "tid": 7, "ts": 1, "dur": 2}],
          "baseTimeNanoseconds": 2000000})");
  EXPECT_EQ(after.list.activities[0].end_ns, 2'003'000);
}

TEST_F(Kineto, ReadsBeginAndEndPairsOfTheHost) {
  const Trace trace = read_text(
      R"([{"ph": "B", "name": "outer", "pid": 1, "tid": 2, "ts": 1},
          {"ph": "B", "name": "inner", "pid": 1, "tid": 2, "ts": 2},
          {"ph": "B", "name": "other", "pid": 1, "tid": 3, "ts": 2},
          {"ph": "E", "pid": 1, "tid": 2, "ts": 3}, {"ph": "E", "pid": 1, "tid": 2, "ts": 5},
          {"ph": "E", "pid": 1, "tid": 2, "ts": 6}])");
  ASSERT_EQ(trace.list.activities.size(), 2u);
  EXPECT_EQ(trace.list.name_of(trace.list.activities[0]), "inner");
  EXPECT_EQ(trace.list.activities[1].end_ns, 5'000);
  EXPECT_EQ(trace.losses.unbalanced_ends, 1);
  EXPECT_EQ(trace.losses.unclosed_ranges, 1);
}

// As SGLang merges the traces of its ranks: processes are "[TP00] 0", correlations start anew.
TEST_F(Kineto, KeepsTheRanksOfAMergedTraceApart) {
  const auto event = [](const char* category, const std::string& process, int device) {
    return R"({"ph": "X", "cat": ")" + std::string(category) + R"(", "name": "k", "pid": ")" +
           process + R"(", "tid": 7, "ts": 5, "dur": 1, "args": {"device": )" +
           std::to_string(device) + R"(, "correlation": 4}})";
  };
  const Trace trace = read_event(
      event("kernel", "[TP00] 0", 0) + "," + event("kernel", "[TP01] 0", 0) + "," +
      event("cuda_runtime", "[TP00] 99", 0) + "," + event("cuda_runtime", "[TP01] 99", 0));
  const auto& a = trace.list.activities;
  ASSERT_EQ(a.size(), 4u);
  EXPECT_EQ(a[0].device, 0);
  EXPECT_EQ(a[1].device, 1);
  EXPECT_EQ(a[0].correlation, a[2].correlation);
  EXPECT_EQ(a[1].correlation, a[3].correlation);
  EXPECT_NE(a[0].correlation, a[1].correlation);
  EXPECT_NE(a[2].lane, a[3].lane);
  EXPECT_EQ(trace.devices[2].rank, 1);
  EXPECT_EQ(trace.devices[2].name, "TP01 GPU 0");
}

TEST_F(Kineto, CountsWhatItCannotUse) {
  const std::string good = R"({"ph": "X", "cat": "kernel", "pid": 0, "tid": 7, "ts": 1, "dur": 2})";
  const Trace trace = read_event(
      good + R"(, 5, {"ph": "C", "ts": 1}, {"ph": "X", "cat": "kernel", "ts": 1}, {"ph": "X"},
                 {"ph": "X", "cat": "kernel", "ts": 1, "dur": -2},
                 {"ph": "X", "cat": "kernel", "ts": 0, "dur": 0},
                 {"ph": "X", "cat": "kernel", "ts": 0, "dur": 2}, {"ph": "X", "cat": "new"})");
  EXPECT_EQ(trace.list.activities.size(), 2u);
  EXPECT_EQ(skipped(trace, "array elements that are no events"), 1);
  EXPECT_EQ(skipped(trace, "counter events"), 1);
  EXPECT_EQ(skipped(trace, "events of category \"kernel\" without a duration"), 1);
  EXPECT_EQ(skipped(trace, "events without a category"), 1);
  EXPECT_EQ(skipped(trace, "events of category \"new\""), 1);
  EXPECT_EQ(trace.losses.negative_durations, 1);
  EXPECT_EQ(trace.losses.zero_timestamps, 1);
}

TEST_F(Kineto, RefusesTextThatIsNoTrace) {
  EXPECT_THAT(refusal_of(""), HasSubstr("found an empty file"));
  EXPECT_THAT(
      refusal_of(R"({"a": [{"traceEvents": []}]})"),
      HasSubstr("byte 27: expected a trace with traceEvents, found the end of a JSON object"));
  EXPECT_THAT(refusal_of(R"({"traceEvents": {}})"), HasSubstr("expected an array of traceEvents"));
  EXPECT_THAT(refusal_of(R"({"traceEvents": []})"), HasSubstr("found none that can be used"));
  EXPECT_THAT(refusal_of("hello"), HasSubstr("expected a trace (Kineto JSON"));
  EXPECT_THAT(refusal_of("{} {"), HasSubstr("expected a trace with traceEvents"));
}

TEST_F(Kineto, RefusesBadJsonWithItsPosition) {
  const std::string good = R"({"ph": "X", "cat": "kernel", "pid": 0, "tid": 7, "ts": 1, "dur": 2})";
  const std::string begin = R"({"traceEvents": [)";
  EXPECT_THAT(refusal_of(begin + good + " " + good + "]}"), HasSubstr("bad JSON"));
  EXPECT_THAT(refusal_of(begin + good + ",]}"), HasSubstr("bad JSON"));
  EXPECT_THAT(refusal_of(begin + good + "] nonsense"), HasSubstr("expected the rest of a trace"));
  EXPECT_THAT(refusal_of(begin + R"({"ph": "X", "cat": "kernel", "ts": "x", "dur": 1}]})"),
              HasSubstr("byte 17: expected a time in microseconds, found \"x\""));
  EXPECT_THAT(refusal_of(begin + R"(], "baseTimeNanoseconds": 17e308026})"),
              HasSubstr("number overflow"));
  EXPECT_THAT(refusal_of(begin + "{\"name\": \"\xff\"}]}"), HasSubstr("byte 27"));
}

TEST_F(Kineto, RefusesATraceThatWasCutOffAnywhere) {
  write_kineto_trace(path("whole"), {.steps = 2, .kernels_per_step = 3});
  const std::string whole = test::read_file(path("whole"));
  for (std::size_t size = 0; size < whole.find_last_of('}'); size += 13) {
    EXPECT_THAT(refusal_of(whole.substr(0, size)),
                ::testing::AnyOf(HasSubstr("cut off"), HasSubstr("empty"), HasSubstr("bad JSON")));
  }
  write_kineto_trace(path("gzip"), {.steps = 2, .kernels_per_step = 30}, true);
  const std::string gzip = test::read_file(path("gzip"));
  for (std::size_t size = 2; size < gzip.size(); size += 97) {
    EXPECT_THAT(refusal_of(gzip.substr(0, size)), HasSubstr("cut off"));
  }
  std::string damaged = gzip;
  damaged[gzip.size() / 2] = static_cast<char>(damaged[gzip.size() / 2] ^ 0x55);
  EXPECT_NE(refusal_of(damaged), "accepted");
}

TEST_F(Kineto, StopsWhenAsked) {
  write_kineto_trace(path("t"), {});
  std::atomic<bool> stop = true;
  try {
    (void)read_kineto(path("t"), {.stop = &stop});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
}

}  // namespace
}  // namespace dscope::importer
