// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_file.h"

#include "profiler/import/activity_file_format.h"
#include "profiler/import/activity_file_reader.h"
#include "tests/support/temporary_directory.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

namespace dscope::importer {
namespace {

using collect::Activity;
using collect::ActivityKind;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Trace parse(const std::string& bytes) {
  return parse_activity_file(std::as_bytes(std::span(bytes)), "input");
}

std::string refusal(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    return error.what();
  }
  return "accepted";
}

bool equal(const Activity& a, const Activity& b) {
  return a.kind == b.kind && a.stage == b.stage && a.name == b.name && a.device == b.device &&
         a.lane == b.lane && a.start_ns == b.start_ns && a.end_ns == b.end_ns &&
         a.correlation == b.correlation && a.range == b.range && a.graph_node == b.graph_node &&
         a.bytes == b.bytes && a.external == b.external;
}

// Values of every width, and the extremes.
std::vector<Activity> some_activities(std::size_t count, std::uint32_t names) {
  std::mt19937_64 random(7);
  std::vector<Activity> result(count);
  for (std::size_t i = 0; i < count; ++i) {
    Activity& a = result[i];
    a.kind = static_cast<ActivityKind>(random() % 6);
    if (random() % 2 == 0) a.stage = static_cast<Stage>(random() % kStageCount);
    a.name = static_cast<std::uint32_t>(random() % names);
    if (i % 3 == 0) a.range = static_cast<std::uint32_t>(i % names);
    a.device = static_cast<std::int32_t>(random() % 3) - 1;
    a.lane = static_cast<std::int32_t>(random());
    a.start_ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(i * 1000);
    a.end_ns = a.start_ns + static_cast<std::int64_t>(random() >> (random() % 40 + 24));
    a.correlation = i % 7 == 0 ? random() : i;
    a.graph_node = i > count / 2 ? random() : 0;
    a.bytes = a.kind == ActivityKind::kMemcpy ? UINT64_MAX - i : 0;
    a.external = i % 5 == 0 ? random() : 0;
  }
  return result;
}

class ActivityFile : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "trace.dscope"; }

  // A finished file of two names, a device, a lane and three kernels.
  std::string small_file() {
    ActivityFileWriter writer;
    EXPECT_FALSE(writer.open(path().string()));
    writer.name_device(0, "NVIDIA H200", 3);
    writer.name_lane(0, 7, "stream 7");
    writer.set("loss.dropped_records", "5");
    Activity a;
    for (const char* name : {"gemm", "softmax", "gemm"}) {
      a.name = writer.intern(name);
      a.device = 0;
      a.lane = 7;
      a.start_ns += 100;
      a.end_ns = a.start_ns + 10;
      writer.add(a);
    }
    EXPECT_FALSE(writer.finish());
    return bytes_of(path());
  }

  test::TemporaryDirectory folder_;
};

TEST_F(ActivityFile, KeepsEveryField) {
  const std::size_t count = ActivityFileWriter::kBlockActivities * 2 + 77;
  const std::vector<Activity> activities = some_activities(count, 40);
  ActivityFileWriter writer;
  ASSERT_FALSE(writer.open(path().string()));
  for (int i = 0; i < 40; ++i) writer.intern("name " + std::to_string(i));
  for (const Activity& activity : activities) writer.add(activity);
  EXPECT_EQ(writer.activities(), count);
  ASSERT_FALSE(writer.finish());
  EXPECT_EQ(writer.bytes(), std::filesystem::file_size(path()));

  const Trace trace = read_activity_file(path());
  ASSERT_EQ(trace.list.activities.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(equal(trace.list.activities[i], activities[i])) << i;
  }
  EXPECT_EQ(trace.list.names.at(39), "name 39");
  EXPECT_THAT(trace.skipped, SizeIs(0));
}

TEST_F(ActivityFile, LeavesOutWhatEndsBeforeItStartsAndKeepsTheOrder) {
  const std::size_t count = ActivityFileWriter::kBlockActivities * 3;
  const std::vector<Activity> activities = some_activities(count, 4);
  ActivityFileWriter writer;
  ASSERT_FALSE(writer.open(path().string()));
  for (int i = 0; i < 4; ++i) writer.intern("name " + std::to_string(i));
  std::vector<Activity> kept;
  for (std::size_t i = 0; i < count; ++i) {
    Activity activity = activities[i];
    if (i < 7 || i % 20'000 == 0) {
      activity.end_ns = activity.start_ns - 1;
    } else {
      kept.push_back(activity);
    }
    writer.add(activity);
  }
  ASSERT_FALSE(writer.finish());
  const Trace trace = read_activity_file(path());
  EXPECT_EQ(trace.losses.negative_durations, 9);
  ASSERT_EQ(trace.list.activities.size(), kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    ASSERT_TRUE(equal(trace.list.activities[i], kept[i])) << i;
  }
}

TEST_F(ActivityFile, KeepsTracksAndFacts) {
  const Trace trace = parse(small_file());
  ASSERT_THAT(trace.devices, SizeIs(1));
  EXPECT_EQ(trace.devices[0].name, "NVIDIA H200");
  EXPECT_EQ(trace.devices[0].rank, 3);
  ASSERT_THAT(trace.lanes, SizeIs(1));
  EXPECT_EQ(trace.lanes[0].name, "stream 7");
  EXPECT_EQ(trace.losses.dropped_records, 5);
}

TEST_F(ActivityFile, SavesAndReadsAWholeTrace) {
  Trace trace;
  trace.format = "kineto";
  trace.sources = {"a.json", "b.json"};
  trace.skipped = {{"flow events", 12}};
  trace.losses.zero_timestamps = 2;
  trace.device.gpus.resize(1);
  trace.device.gpus[0].name = "NVIDIA H200";
  const std::vector<Activity> some = some_activities(1000, 3);
  trace.list.activities.assign(some.begin(), some.end());
  for (const char* name : {"a", "b", "c"}) trace.list.intern(name);
  write_activity_file(trace, path());
  const Trace back = read_activity_file(path());
  EXPECT_EQ(back.format, "kineto");
  EXPECT_EQ(back.sources, trace.sources);
  ASSERT_THAT(back.skipped, SizeIs(1));
  EXPECT_EQ(back.skipped[0].count, 12);
  EXPECT_EQ(back.losses.zero_timestamps, 2);
  ASSERT_THAT(back.device.gpus, SizeIs(1));
  EXPECT_EQ(back.device.gpus[0].name, "NVIDIA H200");
  EXPECT_THAT(back.list.activities, SizeIs(1000));
}

TEST_F(ActivityFile, IsValidBeforeItIsFinished) {
  ActivityFileWriter writer;
  ASSERT_FALSE(writer.open(path().string()));
  Activity a;
  a.name = writer.intern("gemm");
  writer.add(a);
  EXPECT_THAT(parse(bytes_of(path())).list.activities, SizeIs(0));
  ASSERT_FALSE(writer.flush());
  const Trace trace = parse(bytes_of(path()));
  EXPECT_THAT(trace.list.activities, SizeIs(1));
  ASSERT_THAT(trace.skipped, SizeIs(1));
  EXPECT_THAT(trace.skipped[0].reason, HasSubstr("end mark missing"));
}

TEST_F(ActivityFile, AKilledWriterLosesTheTailAndItIsCounted) {
  const std::string whole = small_file();
  std::size_t with_records = 0;
  for (std::size_t size = sizeof(format::FileHeader); size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const Trace trace = parse(whole.substr(0, size));
    EXPECT_FALSE(trace.skipped.empty());
    const auto read = static_cast<std::int64_t>(trace.list.activities.size());
    EXPECT_TRUE(read == 0 || read == 3);
    with_records += read == 3;
  }
  EXPECT_GT(with_records, 0u);
  // Inside the block of activities, which is the last but the end mark.
  const Trace cut = parse(whole.substr(0, whole.size() - sizeof(format::BlockHeader) - 8));
  EXPECT_EQ(cut.losses.dropped_records, 5 + 3);
}

TEST_F(ActivityFile, NoticesEveryAlteredByte) {
  const std::string whole = small_file();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string altered = whole;
    altered[i] = static_cast<char>(altered[i] ^ 0x10);
    const std::string message = refusal(altered);
    if (message != "accepted") {
      EXPECT_THAT(message, HasSubstr("input: "));
      continue;
    }
    // What no checksum covers: the reserved field and the padding. Nothing of it is used.
    EXPECT_TRUE((i >= 12 && i < 16) || whole[i] == 0) << i;
    EXPECT_THAT(parse(altered).list.activities, SizeIs(3));
  }
}

// Version 1 had no column of external ids, which is constant here: a header without values, the
// last of its block.
std::string as_version_1(std::string file) {
  file[8] = 1;
  std::string old = file.substr(0, sizeof(format::FileHeader));
  for (std::size_t at = old.size(); at < file.size();) {
    format::BlockHeader header;
    std::memcpy(&header, file.data() + at, sizeof header);
    std::string payload = file.substr(at + sizeof header, header.payload_bytes);
    at += sizeof header + format::padded(header.payload_bytes);
    if (header.type == static_cast<std::uint32_t>(format::BlockType::kActivities)) {
      payload.resize(payload.size() - sizeof(format::ColumnHeader));
    }
    header.payload_bytes = payload.size();
    header.header_check = format::header_check(header);
    header.payload_check = format::checksum(payload);
    old.append(reinterpret_cast<const char*>(&header), sizeof header);
    old += payload;
    old.resize(format::padded(old.size()));
  }
  return old;
}

TEST_F(ActivityFile, FilesOfVersion1AreReadAsBefore) {
  const Trace now = parse(small_file());
  const Trace before = parse(as_version_1(small_file()));
  ASSERT_THAT(before.list.activities, SizeIs(now.list.activities.size()));
  for (std::size_t i = 0; i < now.list.activities.size(); ++i) {
    EXPECT_TRUE(equal(before.list.activities[i], now.list.activities[i])) << i;
  }
}

TEST_F(ActivityFile, RefusesWhatIsNone) {
  EXPECT_THAT(refusal(""), HasSubstr("expected a .dscope trace"));
  EXPECT_THAT(refusal("{\"traceEvents\": []}"), HasSubstr("expected a .dscope trace"));
  std::string newer = small_file();
  newer[8] = 9;
  EXPECT_THAT(refusal(newer), HasSubstr("file is v9, this build reads v1 to v2"));
  EXPECT_THAT(refusal(small_file() + "x"), HasSubstr("nothing after the end mark"));
}

TEST_F(ActivityFile, SaysWhyItCannotWrite) {
  ActivityFileWriter writer;
  EXPECT_EQ(writer.open("/nonexistent/x.dscope"), std::errc::no_such_file_or_directory);
  writer.add({});
  EXPECT_EQ(writer.finish(), std::errc::no_such_file_or_directory);
  EXPECT_THROW(write_activity_file(Trace{}, "/nonexistent/x.dscope"), Error);
}

}  // namespace
}  // namespace dscope::importer
