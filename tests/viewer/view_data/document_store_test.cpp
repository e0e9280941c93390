// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/document_store.h"

#include "profiler/export/chrome_trace.h"
#include "profiler/profile/profile_json.h"
#include "tests/profiler/support/sample_profile.h"
#include "tests/support/temporary_directory.h"
#include "viewer/view_data/document_text.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <new>
#include <thread>

namespace dscope::view_data {
namespace {

using testing::HasSubstr;

profile::Profile readable_profile() {
  profile::Profile profile = profile::testing::sample_profile();
  profile.workload->model = preset("dsv4-tiny");  // reading checks it
  return profile;
}

std::vector<DocumentStore::Finished> wait_for(DocumentStore& store, std::size_t count) {
  std::vector<DocumentStore::Finished> all;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (all.size() < count && std::chrono::steady_clock::now() < end) {
    for (auto& finished : store.take_finished()) all.push_back(std::move(finished));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return all;
}

TEST(LoadDocument, ReadsAProfileDocumentAndItsStageTable) {
  const test::TemporaryDirectory folder;
  profile::write_profile(folder.file("a.json"), readable_profile());
  const DocumentPtr document = load_document({folder.file("a.json")});
  EXPECT_EQ(document->name, "a");
  ASSERT_TRUE(document->report);
  EXPECT_EQ(document->report->wall_ns, 3300);
  EXPECT_EQ(document->timeline->steps.size(), 3U);
  EXPECT_THAT(status_line(*document), HasSubstr("nothing lost"));
  EXPECT_THAT(to_csv(steps_table(*document)), HasSubstr("\n2,1200"));
}

TEST(LoadDocument, ReadsTracesByTheirContent) {
  const DocumentPtr document =
      load_document({DSCOPE_SOURCE_DIR "/tests/data/kineto/graph_l4_b2-TP-0.trace.json.gz"});
  EXPECT_EQ(document->kind(), profile::Kind::kImported);
  EXPECT_TRUE(document->timeline->has_events);
  EXPECT_GT(document->timeline->slice_count, 700U);
  EXPECT_EQ(document->timeline->steps.size(), 3U);
  EXPECT_TRUE(document->timeline->has_waits);
}

TEST(DocumentNames, LeaveOffEndingsThatSayNothing) {
  EXPECT_EQ(name_of_files({"a/TP-0.trace.json.gz"}), "TP-0");
  EXPECT_EQ(name_of_files({"trace.101.dscope"}), "trace.101");
  EXPECT_EQ(name_of_files({"b.profile.json"}), "b");
}

TEST(LoadDocument, TheRanksOfARunAreOneDocument) {
  const test::TemporaryDirectory folder;
  const DocumentFiles ranks{folder.file("run-TP-0.json"), folder.file("run-TP-1.json")};
  for (const auto& rank : ranks) {
    test::write_file(rank.string(), R"({"traceEvents": [
      {"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 9, "tid": 5, "ts": 100,
       "dur": 5, "args": {"correlation": 3}},
      {"ph": "X", "cat": "kernel", "name": "fused_moe_kernel", "pid": 0, "tid": 7, "ts": 110,
       "dur": 20, "args": {"device": 0, "stream": 7, "correlation": 3}}]})");
  }
  const auto documents =
      documents_of({ranks[1], folder.file("profile.json"), ranks[0]});  // as they were dropped
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0], ranks);
  const DocumentPtr one = load_document({ranks[0]});
  const DocumentPtr both = load_document(documents[0]);
  EXPECT_EQ(both->name, "run-TP, 2 ranks");
  EXPECT_EQ(both->files, ranks);
  EXPECT_EQ(both->file_bytes, 2 * one->file_bytes);
  EXPECT_EQ(one->timeline->slice_count, 2U);
  EXPECT_EQ(both->timeline->slice_count, 4U);
  std::vector<std::string> groups;
  for (const Group& group : both->timeline->groups) groups.push_back(group.name);
  EXPECT_THAT(groups, testing::ElementsAre(testing::StartsWith("rank 0 GPU 0"),
                                           testing::StartsWith("rank 1 GPU 0"), "host"));
  std::vector<std::string> threads;
  for (const Lane& lane : both->timeline->groups.back().lanes) threads.push_back(lane.name);
  EXPECT_THAT(threads, testing::ElementsAre(testing::StartsWith("rank 0 thread"),
                                            testing::StartsWith("rank 1 thread")));
}

TEST(LoadDocument, ADocumentIsNoRank) {
  const test::TemporaryDirectory folder;
  profile::write_profile(folder.file("run-TP-0.json"), readable_profile());
  profile::write_profile(folder.file("run-TP-1.json"), readable_profile());
  EXPECT_THROW((void)load_document({folder.file("run-TP-0.json"), folder.file("run-TP-1.json")}),
               Error);
}

// What `dscope run --profile --trace` writes beside a document.
TEST(LoadDocument, ReadsTheTraceBesideADocument) {
  const test::TemporaryDirectory folder;
  collect::ActivityList list;
  const auto add = [&](collect::ActivityKind kind, std::optional<Stage> stage, std::int64_t start,
                       std::int64_t end) {
    collect::Activity a;
    a.kind = kind;
    a.stage = stage;
    a.name = list.intern(stage ? std::string(info(*stage).id) + ".op" : "step");
    a.start_ns = start;
    a.end_ns = end;
    list.activities.push_back(a);
  };
  add(collect::ActivityKind::kStep, std::nullopt, 1000, 2000);
  add(collect::ActivityKind::kKernel, Stage::kMoe, 1100, 1700);
  add(collect::ActivityKind::kKernel, Stage::kNccl, 1700, 1800);
  exporter::ChromeTraceWriter writer(folder.file("trace.json"));
  writer.add(list);
  writer.finish();
  profile::Profile profile = readable_profile();
  profile.measurement->trace_file = "/moved/since/trace.json";
  profile::write_profile(folder.file("a.json"), profile);
  const DocumentPtr document = load_document({folder.file("a.json")});
  EXPECT_TRUE(document->notes.empty());
  ASSERT_TRUE(document->timeline->has_events);
  EXPECT_EQ(document->timeline->steps, (std::vector<TimeRange>{{1000, 2000}}));
  ASSERT_EQ(document->timeline->groups.size(), 1U);
  const Lane& work = document->timeline->groups[0].lanes.back();
  ASSERT_EQ(work.slices(), 2U);
  EXPECT_EQ(work.rows[0].slices()[0].stage, Stage::kMoe);
  EXPECT_EQ(work.rows[0].slices()[1].length_ns(), 100);
  // The measurement is that of the document, not of the trace.
  EXPECT_EQ(document->report->wall_ns, 3300);
}

TEST(LoadDocument, BrokenFilesSayWhere) {
  const test::TemporaryDirectory folder;
  const auto message = [&](const std::string& name, const std::string& content) {
    test::write_file(folder.file(name), content);
    try {
      (void)load_document({folder.file(name)});
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message("cut.json", R"({"schema": "dscope.profile", "schema_ver)"),
              testing::AllOf(HasSubstr("cut.json"), HasSubstr("byte")));
  EXPECT_THAT(message("other.json", R"({"hello": 1})"), HasSubstr("other.json"));
  EXPECT_THAT(message("empty.json", ""), HasSubstr("empty.json"));
  EXPECT_THAT(message("noise.bin", "\x01\x02\x03\xff"), HasSubstr("noise.bin"));
  EXPECT_THAT(message("v9.json", R"({"schema": "dscope.profile", "schema_version": 9})"),
              HasSubstr("v9"));
  EXPECT_THROW((void)load_document({folder.file("missing.json")}), Error);
  EXPECT_THROW((void)load_document({folder.path()}), Error);
}

TEST(DocumentStore, LoadsInTheBackgroundAndReportsErrors) {
  const test::TemporaryDirectory folder;
  profile::write_profile(folder.file("a.json"), readable_profile());
  DocumentStore store;
  const std::uint64_t good = store.open({folder.file("a.json")});
  const std::uint64_t bad = store.open({folder.file("missing.json")});
  const auto finished = wait_for(store, 2);
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_EQ(finished[0].ticket, good);
  EXPECT_TRUE(finished[0].document);
  EXPECT_EQ(finished[1].ticket, bad);
  EXPECT_FALSE(finished[1].document);
  EXPECT_THAT(finished[1].error, HasSubstr("missing.json"));
  EXPECT_TRUE(store.idle());
}

TEST(DocumentStore, CancelStopsARunningLoadAndOneThatWaits) {
  std::atomic<bool> running{false};
  DocumentStore store([&](const DocumentFiles&, const LoadOptions& options) -> DocumentPtr {
    running = true;
    while (!*options.stop) {
      options.on_progress(0.5, "reading");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    throw Error(ErrorKind::kInterrupted, "interrupted");
  });
  const std::uint64_t first = store.open({"first"});
  const std::uint64_t second = store.open({"second"});
  while (!running) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(store.pending().size(), 2U);
  store.cancel(second);
  store.cancel(first);
  const auto finished = wait_for(store, 2);
  ASSERT_EQ(finished.size(), 2U);
  for (const auto& f : finished) {
    EXPECT_TRUE(f.cancelled);
    EXPECT_TRUE(f.error.empty());
  }
}

TEST(DocumentStore, APreviewComesBeforeWhatItIsOf) {
  std::atomic<bool> seen{false};
  std::atomic<int> woken{0};
  DocumentStore store([&](const DocumentFiles&, const LoadOptions& options) {
    auto document = std::make_shared<Document>();
    document->complete = false;
    options.on_preview(std::make_shared<Document>(*document));
    while (!seen) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    document->complete = true;
    return document;
  });
  store.on_finished([&] { ++woken; });
  const std::uint64_t ticket = store.open({"trace"});
  const auto preview = wait_for(store, 1);
  ASSERT_EQ(preview.size(), 1U);
  EXPECT_EQ(preview[0].ticket, ticket);
  EXPECT_FALSE(preview[0].document->complete);
  EXPECT_EQ(store.pending().size(), 1U);
  EXPECT_FALSE(store.idle());
  seen = true;
  const auto complete = wait_for(store, 1);
  ASSERT_EQ(complete.size(), 1U);
  EXPECT_EQ(complete[0].ticket, ticket);
  EXPECT_TRUE(complete[0].document->complete);
  EXPECT_EQ(woken, 2);
  EXPECT_TRUE(store.idle());
}

TEST(DocumentStore, EndsWhileALoadIsRunning) {
  std::atomic<bool> running{false};
  {
    DocumentStore store([&](const DocumentFiles&, const LoadOptions& options) {
      running = true;
      while (!*options.stop) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return DocumentPtr();
    });
    (void)store.open({"one"});
    (void)store.open({"two"});
    while (!running) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  SUCCEED();
}

TEST(DocumentStore, WhateverALoaderThrowsBecomesAMessage) {
  DocumentStore store([](const DocumentFiles& files, const LoadOptions&) -> DocumentPtr {
    if (files.front() == "memory") throw std::bad_alloc();
    throw std::runtime_error("odd");
  });
  (void)store.open({"memory"});
  (void)store.open({"other"});
  const auto finished = wait_for(store, 2);
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_THAT(finished[0].error, HasSubstr("does not fit"));
  EXPECT_THAT(finished[1].error, HasSubstr("odd"));
}

}  // namespace
}  // namespace dscope::view_data
