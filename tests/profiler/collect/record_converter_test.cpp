// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/record_converter.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace dscope::collect {
namespace {

using Kind = RawRecord::Kind;

class RecordConverterTest : public ::testing::Test {
 protected:
  static RawRecord kernel(const char* name, std::uint64_t start = 1000, std::uint64_t end = 3000) {
    RawRecord record;
    record.start_ns = start;
    record.end_ns = end;
    record.device = 1;
    record.lane = 7;
    record.correlation = 42;
    record.name = name;
    return record;
  }

  GraphLabels labels_;
  RecordConverter converter_{labels_};
  ActivityList list_;
};

TEST_F(RecordConverterTest, KeepsEveryField) {
  RawRecord record = kernel("plain");
  record.kind = Kind::kMemcpy;
  record.bytes = 4096;
  converter_.add(record, list_);
  ASSERT_EQ(list_.activities.size(), 1u);
  const Activity& a = list_.activities[0];
  EXPECT_EQ(a.kind, ActivityKind::kMemcpy);
  EXPECT_EQ(list_.name_of(a), "plain");
  EXPECT_EQ(a.device, 1);
  EXPECT_EQ(a.lane, 7);
  EXPECT_EQ(a.start_ns, 1000);
  EXPECT_EQ(a.end_ns, 3000);
  EXPECT_EQ(a.correlation, 42u);
  EXPECT_EQ(a.bytes, 4096u);
  EXPECT_EQ(a.graph_node, 0u);
  EXPECT_EQ(a.range, kNoName);
  EXPECT_FALSE(a.stage.has_value());
  EXPECT_EQ(converter_.records(), 1);
}

TEST_F(RecordConverterTest, NamesArePutAsPeopleWriteThem) {
  converter_.add(kernel("_Z1fIiEvPT_"), list_);
  RawRecord call = kernel("cudaGraphLaunch_v10000");
  call.kind = Kind::kRuntimeCall;
  converter_.add(call, list_);
  call.name = "cuLaunchKernelEx_ptsz";
  converter_.add(call, list_);
  RawRecord fill = kernel(nullptr);
  fill.kind = Kind::kMemset;
  converter_.add(fill, list_);
  std::vector<std::string> names;
  for (const Activity& a : list_.activities) names.push_back(list_.name_of(a));
  EXPECT_EQ(names, (std::vector<std::string>{"void f<int>(int*)", "cudaGraphLaunch",
                                             "cuLaunchKernelEx", "Memset"}));
  EXPECT_EQ(list_.activities[1].device, -1) << "calls happen on the host";
}

TEST_F(RecordConverterTest, NamesHaveOtherPlacesInTheNextList) {
  converter_.add(kernel("first"), list_);
  const char* again = "again";
  converter_.add(kernel(again), list_);
  converter_.start_list();
  ActivityList next;
  converter_.add(kernel(again), next);
  EXPECT_EQ(next.names, std::vector<std::string>{"again"});
  EXPECT_EQ(next.name_of(next.activities[0]), "again");
}

TEST_F(RecordConverterTest, CallsThatExplainNothingAreLeftOut) {
  RawRecord call = kernel("cudaGetDevice_v3020");
  call.kind = Kind::kRuntimeCall;
  converter_.add(call, list_);
  EXPECT_TRUE(list_.activities.empty());
  for (const char* name : {"cudaMemcpyAsync_v3020", "cudaStreamSynchronize_v3020"}) {
    call.name = name;
    converter_.add(call, list_);
  }
  EXPECT_EQ(list_.activities.size(), 2u);
}

// The address of a name is a cache key, and an unloaded module's address may be used again.
TEST_F(RecordConverterTest, AnAddressMayGetAnotherName) {
  char name[8] = "first";
  converter_.add(kernel(name), list_);
  std::strcpy(name, "second");
  converter_.add(kernel(name), list_);
  EXPECT_EQ(list_.name_of(list_.activities[0]), "first");
  EXPECT_EQ(list_.name_of(list_.activities[1]), "second");
}

TEST_F(RecordConverterTest, GraphNodesGetTheirLabel) {
  RangeStack open;
  open.push({.name = "decode"});
  open.push({.name = "router", .stage = Stage::kRouter});
  labels_.created(5, open);
  RawRecord record = kernel("k");
  record.graph_node = 5;
  converter_.add(record, list_);
  ASSERT_EQ(list_.activities.size(), 1u);
  EXPECT_EQ(list_.activities[0].stage, Stage::kRouter);
  EXPECT_EQ(list_.names[list_.activities[0].range], "decode/router");
  EXPECT_EQ(list_.activities[0].graph_node, 5u);
  EXPECT_EQ(converter_.unlabelled_nodes(), 0);
}

TEST_F(RecordConverterTest, GraphNodesOfBeforeAreCounted) {
  RawRecord record = kernel("k");
  record.graph_node = 6;
  converter_.add(record, list_);
  EXPECT_EQ(converter_.unlabelled_nodes(), 1);
  EXPECT_FALSE(list_.activities[0].stage.has_value());
}

TEST_F(RecordConverterTest, CountsWhatItCannotUse) {
  converter_.add(kernel("k", 0, 0), list_);
  converter_.add(kernel("k", 100, 0), list_);
  converter_.add(kernel("k", 200, 100), list_);
  EXPECT_TRUE(list_.activities.empty());
  EXPECT_EQ(converter_.losses().zero_timestamps, 2);
  EXPECT_EQ(converter_.losses().negative_durations, 1);
  EXPECT_EQ(converter_.records(), 3);
}

TEST_F(RecordConverterTest, OverheadIsSummedAndIsNotWork) {
  RawRecord record = kernel(nullptr);
  record.kind = Kind::kOverhead;
  converter_.add(record, list_);
  converter_.add(record, list_);
  EXPECT_TRUE(list_.activities.empty());
  EXPECT_EQ(converter_.overhead_ns(), 4000);
  EXPECT_EQ(converter_.records(), 0);
}

TEST_F(RecordConverterTest, OperationsOfTheProgramAreOnCallsAndTheirWork) {
  const auto external = [](std::uint32_t correlation, std::uint64_t id) {
    RawRecord record;
    record.kind = Kind::kExternal;
    record.correlation = correlation;
    record.external = id;
    return record;
  };
  RawRecord launch = kernel("cudaLaunchKernel_v7000");
  launch.kind = Kind::kRuntimeCall;
  launch.correlation = 7;
  RawRecord work = kernel("k");
  work.correlation = 7;
  RawRecord other = kernel("k");
  other.correlation = 8;
  converter_.add(external(7, 41), list_);
  converter_.add(external(7, 42), list_);
  for (const RawRecord& record : {launch, work, other}) converter_.add(record, list_);
  ASSERT_EQ(list_.activities.size(), 3u) << "the relation itself is no activity";
  EXPECT_EQ(list_.activities[0].external, 42u) << "of the innermost operation";
  EXPECT_EQ(list_.activities[1].external, 42u);
  EXPECT_EQ(list_.activities[2].external, 0u);
  EXPECT_EQ(converter_.external_ids(), 2);
}

TEST_F(RecordConverterTest, RelationsThatAreNeverUsedDoNotPileUp) {
  for (std::uint32_t id = 1; id < 200'000; ++id) {
    RawRecord record;
    record.kind = Kind::kExternal;
    record.correlation = id;
    record.external = id;
    converter_.add(record, list_);
  }
  RawRecord last = kernel("k");
  last.correlation = 199'999;
  converter_.add(last, list_);
  RawRecord first = kernel("k");
  first.correlation = 1;
  converter_.add(first, list_);
  EXPECT_EQ(list_.activities[0].external, 199'999u);
  EXPECT_EQ(list_.activities[1].external, 0u) << "forgotten: its work did not come in time";
}

TEST_F(RecordConverterTest, TheNameTableDoesNotGrowWithRecords) {
  for (int i = 0; i < 1000; ++i) converter_.add(kernel("_Z1gv"), list_);
  EXPECT_EQ(list_.names.size(), 1u);
}

}  // namespace
}  // namespace dscope::collect
