// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/trace_writer.h"

#include "profiler/import/trace.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace dscope::inject {
namespace {

using collect::Activity;
using collect::ActivityKind;
using collect::kNoName;

// A kernel of a graph, captured in "decode/moe".
void add_kernel(collect::ActivityList& list, std::int64_t start_ns) {
  Activity kernel;
  kernel.name = list.intern("void gemm()");
  kernel.range = list.intern("decode/moe");
  kernel.device = 0;
  kernel.lane = 7;
  kernel.start_ns = start_ns;
  kernel.end_ns = start_ns + 10;
  kernel.graph_node = 99;
  list.activities.push_back(kernel);
}

TEST(TraceWriter, ImportsAsItWasRecorded) {
  const test::TemporaryDirectory dir;
  const std::string path = dir.file("trace.1.dscope");
  TraceWriter writer;
  ASSERT_FALSE(writer.open(path));
  collect::ActivityList list;
  add_kernel(list, 1000);
  writer.add(list, {{"step", 900, 2000, 42}});
  EXPECT_TRUE(list.activities.empty());
  add_kernel(list, 1100);
  writer.add(list, {});
  ASSERT_FALSE(writer.finish());

  const importer::Trace trace = importer::read_trace(path);
  ASSERT_EQ(trace.list.activities.size(), 3u);
  const auto is_range = [](const Activity& a) { return a.kind == ActivityKind::kRange; };
  const auto range =
      std::find_if(trace.list.activities.begin(), trace.list.activities.end(), is_range);
  ASSERT_NE(range, trace.list.activities.end());
  EXPECT_EQ(trace.list.name_of(*range), "step");
  EXPECT_EQ(range->device, -1);
  EXPECT_EQ(range->lane, 42);
  for (const Activity& a : trace.list.activities) {
    if (is_range(a)) continue;
    EXPECT_EQ(trace.list.name_of(a), "void gemm()");
    ASSERT_NE(a.range, kNoName);
    EXPECT_EQ(trace.list.names[a.range], "decode/moe");
    EXPECT_EQ(a.graph_node, 99u);
  }
}

// The process dies by a signal that nobody can handle, after its last flush and in the middle of
// the next batch.
TEST(TraceWriter, AKilledProcessLeavesAWholeFile) {
  const test::TemporaryDirectory dir;
  const std::string path = dir.file("trace.2.dscope");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    TraceWriter writer;
    if (writer.open(path)) _exit(1);
    collect::ActivityList list;
    for (int i = 0; i < 1000; ++i) add_kernel(list, 1000 + 20 * i);
    writer.add(list, {});
    (void)writer.flush();
    for (int i = 0; i < 10; ++i) add_kernel(list, 100'000 + 20 * i);
    writer.add(list, {});
    (void)kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(importer::read_trace(path).list.activities.size(), 1000u);
}

}  // namespace
}  // namespace dscope::inject
