// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <vector>

// Our own saved form of a trace (".dscope"): written while a trace grows, even inside a foreign
// process, and read by mapping the file (activity_file_reader.h). The layout is in
// activity_file_format.h.
//
// The file is valid at any moment: it is a sequence of blocks, each with its length and a checksum,
// that are only ever appended. When the process is killed the file ends after the last whole block,
// or in the middle of one; the reader says so and counts what is missing.
namespace dscope::importer {

// Writes such a file. Needs the C++ library and nothing else, never throws (but std::bad_alloc) and
// never waits for anything but the file, so it can be called from callbacks of a collector. Not
// thread-safe: one caller at a time.
//
// After the first error nothing more is written, and every call returns that error.
class ActivityFileWriter {
 public:
  ActivityFileWriter() = default;
  ~ActivityFileWriter();  // flush(), without the end mark: the reader says "not finished"
  ActivityFileWriter(const ActivityFileWriter&) = delete;
  ActivityFileWriter& operator=(const ActivityFileWriter&) = delete;

  // Creates the file or empties the one that is there.
  std::error_code open(const std::string& path);

  // The index of a name in this file, for Activity::name. Stable for the life of the writer.
  std::uint32_t intern(std::string_view name);

  // What is known of a device or lane; may come at any time, the last word counts. Devices and
  // lanes without a name of their own are "GPU 0", "stream 7", "thread 12".
  void name_device(std::int32_t device, std::string_view name,
                   std::optional<std::int64_t> rank = std::nullopt);
  void name_lane(std::int32_t device, std::int32_t lane, std::string_view name);

  // Facts about the whole trace. The last value of a key counts. Keys that the reader knows:
  //   "format"        the tool that recorded it ("cupti", "kineto", ...)
  //   "source"        the file it was made from; with ".0", ".1", ... appended where several
  //   "clock"         what the timestamps come from
  //   "loss.KEY"      a decimal counter; KEY as in profile::kLosses ("loss.dropped_records")
  //   "skipped.WHY"   a decimal counter of records that were left out, and why
  //   "device"        a profile document with the device section alone, JSON
  //   "measurement"   likewise: what attribution said of the activities, which have its stages
  //   "order"         "lanes": each block holds activities of one lane (lane_order.h), by start; of
  //                   equal starts the longer one first
  // Other keys are kept for people and programs to come.
  void set(std::string_view key, std::string_view value);

  // Activity::name is an index of intern(). Buffers; a block is written for every kBlockActivities.
  void add(const collect::Activity& activity);

  // Writes what is buffered, so that it survives the process. One system call.
  std::error_code flush();

  // Flushes, writes the end mark and closes. Nothing may be added after.
  std::error_code finish();

  [[nodiscard]] std::error_code error() const { return error_; }
  [[nodiscard]] std::uint64_t activities() const { return written_ + buffer_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  static constexpr std::size_t kBlockActivities = 16384;

 private:
  void append_block(std::uint32_t type, std::uint32_t count);  // takes payload_
  void append_names();
  void append_tracks();
  void append_facts();
  void append_activities();
  void write_out();

  int file_ = -1;
  std::error_code error_;
  std::uint64_t bytes_ = 0;
  std::uint64_t written_ = 0;  // activities in blocks
  std::vector<collect::Activity> buffer_;
  std::deque<std::string> names_;  // stable addresses: the keys of index_
  std::unordered_map<std::string_view, std::uint32_t> index_;
  std::size_t names_written_ = 0;
  std::string tracks_;
  std::uint32_t track_count_ = 0;
  std::string facts_;
  std::uint32_t fact_count_ = 0;
  std::string payload_;  // of the block being made
  std::string out_;      // whole blocks, to be written at once
};

}  // namespace dscope::importer
