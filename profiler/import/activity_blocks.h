// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/activity_columns.h"
#include "profiler/import/activity_file_format.h"
#include "profiler/import/trace.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::importer {

// A ".dscope" file taken apart: everything but its activities is read, those lie in blocks that can
// be read in any order and by several threads at once.
class ActivityBlocks {
 public:
  // Keeps `file`; `source` stands in messages where the path would. Throws Error{kInput} with the
  // byte offset, expected and found.
  ActivityBlocks(std::span<const std::byte> file, std::string source);

  // Without activities, and with tracks only as far as the file names them.
  [[nodiscard]] const Trace& trace() const { return trace_; }

  [[nodiscard]] std::size_t count() const { return blocks_.size(); }
  [[nodiscard]] std::uint32_t records(std::size_t block) const { return blocks_[block].records; }

  // Whether each block holds activities of one lane, by start (lane_order.h), as the file says.
  [[nodiscard]] bool in_lanes() const { return in_lanes_; }

  // Throws Error{kInput} when the bytes of a block are not those that were written.
  void check(std::size_t block) const;

  struct Read {
    std::size_t written = 0;
    std::int64_t negative_durations = 0;
  };
  // Writes the first activities of a block, one for each element of `out` at most, which may be
  // unwritten and has no more elements than the block. Throws Error{kInput} for what no writer
  // makes.
  [[nodiscard]] Read read(std::size_t block, std::span<collect::Activity> out) const;
  // Writes the times of all records of a block; throws likewise.
  void read_times(std::size_t block, std::span<ActivityTimes> out) const;

 private:
  struct Block {
    std::uint64_t offset = 0;  // of its header in the file
    std::uint32_t records = 0;
    std::size_t names = 0;   // that came before it
    std::size_t stages = 0;  // index into stages_
  };

  [[noreturn]] void fail(std::uint64_t offset, std::string_view expected,
                         std::string_view found) const;
  void check_file_header();
  void scan();
  bool next_header(format::BlockHeader& header);
  bool has_payload(const format::BlockHeader& header);
  [[nodiscard]] format::BlockHeader header_at(std::uint64_t offset) const;
  [[nodiscard]] std::span<const std::byte> payload_at(std::uint64_t offset) const;
  [[nodiscard]] std::span<const std::byte> checked_payload(std::uint64_t offset) const;
  void read_block(const format::BlockHeader& header);
  void check_count(std::uint32_t count, std::size_t bytes,
                   std::span<const std::byte> payload) const;
  void check_exact(bool exact) const;
  void add_activities(std::uint32_t count, std::uint64_t payload_bytes);
  void read_stages(std::uint32_t count, std::span<const std::byte> payload);
  void read_names(std::uint32_t count, std::span<const std::byte> payload);
  void read_tracks(std::uint32_t count, std::span<const std::byte> payload);
  void read_facts(std::uint32_t count, std::span<const std::byte> payload);
  void apply_facts();
  [[nodiscard]] profile::Profile document_in(const std::string& key) const;

  std::span<const std::byte> file_;
  std::string source_;
  std::uint64_t offset_ = 0;
  std::size_t columns_ = 0;
  Trace trace_;
  std::vector<Block> blocks_;
  std::vector<std::vector<std::optional<Stage>>> stages_;
  std::vector<std::uint32_t> name_ids_;  // stored name -> index in the list
  bool renamed_ = false;                 // a file with a name twice
  bool in_lanes_ = false;
  std::map<std::string, std::string> facts_;
};

}  // namespace dscope::importer
