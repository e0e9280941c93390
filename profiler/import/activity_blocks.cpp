// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_blocks.h"

#include "profiler/import/tracks.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace dscope::importer {
namespace {

using format::BlockHeader;
using format::BlockType;

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads the parts of one payload; remembers when it ended too early.
class PayloadReader {
 public:
  explicit PayloadReader(std::span<const std::byte> payload) : left_(as_text(payload)) {}

  template <class T>
  T number() {
    T value{};
    if (left_.size() < sizeof value) return fail<T>();
    std::memcpy(&value, left_.data(), sizeof value);
    left_.remove_prefix(sizeof value);
    return value;
  }

  std::string_view text() {
    const auto size = number<std::uint32_t>();
    if (left_.size() < size) return fail<std::string_view>();
    const std::string_view result = left_.substr(0, size);
    left_.remove_prefix(size);
    return result;
  }

  [[nodiscard]] bool exact() const { return !failed_ && left_.empty(); }

 private:
  template <class T>
  T fail() {
    failed_ = true;
    left_ = {};
    return T{};
  }

  std::string_view left_;
  bool failed_ = false;
};

// Counters that are no numbers stay out: facts are remarks, not records.
std::int64_t counter(const std::string& value) {
  return std::max<std::int64_t>(parse_number<std::int64_t>(value).value_or(0), 0);
}

}  // namespace

ActivityBlocks::ActivityBlocks(std::span<const std::byte> file, std::string source)
    : file_(file), source_(std::move(source)) {
  check_file_header();
  scan();
  apply_facts();
}

void ActivityBlocks::fail(std::uint64_t offset, std::string_view expected,
                          std::string_view found) const {
  throw input_error("{}: byte {}: expected {}, found {}", source_, offset, expected, found);
}

void ActivityBlocks::check_file_header() {
  format::FileHeader header;
  if (file_.size() < sizeof header) fail(0, "a .dscope trace", "the end of the file");
  std::memcpy(&header, file_.data(), sizeof header);
  if (header.magic != format::kMagic) fail(0, "a .dscope trace", "something else");
  if (header.version < 1 || header.version > format::kVersion) {
    throw input_error("{}: file is v{}, this build reads v1 to v{}", source_, header.version,
                      format::kVersion);
  }
  columns_ = format::columns_of(header.version);
  offset_ = sizeof header;
  stages_.emplace_back();
}

void ActivityBlocks::scan() {
  bool ended = false;
  while (offset_ < file_.size()) {
    if (ended) fail(offset_, "nothing after the end mark", "more bytes");
    BlockHeader header;
    if (!next_header(header)) break;
    if (!has_payload(header)) break;
    ended = header.type == static_cast<std::uint32_t>(BlockType::kEnd);
    read_block(header);
    offset_ += sizeof header + format::padded(header.payload_bytes);
  }
  if (!ended) add_skipped(trace_, "end mark missing: the recording process was cut short");
}

// False: the file ends inside the header.
bool ActivityBlocks::next_header(BlockHeader& header) {
  if (file_.size() - offset_ < sizeof header) {
    add_skipped(trace_, "bytes of a block that was cut off",
                static_cast<std::int64_t>(file_.size() - offset_));
    return false;
  }
  std::memcpy(&header, file_.data() + offset_, sizeof header);
  if (header.magic != format::kBlockMagic || header.header_check != format::header_check(header)) {
    fail(offset_, "a block", "other bytes");
  }
  return true;
}

// False: the file ends inside the payload.
bool ActivityBlocks::has_payload(const BlockHeader& header) {
  const std::uint64_t left = file_.size() - offset_ - sizeof header;
  if (header.payload_bytes <= left && format::padded(header.payload_bytes) <= left) return true;
  add_skipped(trace_, "bytes of a block that was cut off",
              static_cast<std::int64_t>(file_.size() - offset_));
  if (header.type == static_cast<std::uint32_t>(BlockType::kActivities)) {
    trace_.losses.dropped_records += header.count;
  }
  return false;
}

BlockHeader ActivityBlocks::header_at(std::uint64_t offset) const {
  BlockHeader header;
  std::memcpy(&header, file_.data() + offset, sizeof header);
  return header;
}

std::span<const std::byte> ActivityBlocks::payload_at(std::uint64_t offset) const {
  return file_.subspan(offset + sizeof(BlockHeader), header_at(offset).payload_bytes);
}

std::span<const std::byte> ActivityBlocks::checked_payload(std::uint64_t offset) const {
  const std::span payload = payload_at(offset);
  const std::uint64_t written = header_at(offset).payload_check;
  const std::uint64_t check = format::checksum(as_text(payload));
  if (check != written) {
    fail(offset, fmt::format("a block with checksum {:016x}", written),
         fmt::format("{:016x}", check));
  }
  return payload;
}

void ActivityBlocks::read_block(const BlockHeader& header) {
  const auto type = static_cast<BlockType>(header.type);
  // The only blocks that are looked at later, when somebody wants them.
  if (type == BlockType::kActivities) return add_activities(header.count, header.payload_bytes);
  const std::span payload = checked_payload(offset_);
  switch (type) {
    case BlockType::kStages:
      return read_stages(header.count, payload);
    case BlockType::kNames:
      return read_names(header.count, payload);
    case BlockType::kTracks:
      return read_tracks(header.count, payload);
    case BlockType::kFacts:
      return read_facts(header.count, payload);
    case BlockType::kActivities:
    case BlockType::kEnd:
      return;
  }
  add_skipped(trace_, "blocks of a newer version");
}

void ActivityBlocks::add_activities(std::uint32_t count, std::uint64_t payload_bytes) {
  if (count > format::kMaxBlockActivities) {
    fail(offset_, fmt::format("at most {} records in a block", format::kMaxBlockActivities),
         fmt::format("{}", count));
  }
  // What is not there takes no memory: every record costs four bytes at least.
  if (payload_bytes / sizeof(std::uint32_t) < count) {
    fail(offset_, fmt::format("a block of {} activities", count),
         fmt::format("{} bytes", payload_bytes));
  }
  blocks_.push_back({offset_, count, name_ids_.size(), stages_.size() - 1});
}

void ActivityBlocks::check(std::size_t block) const {
  (void)checked_payload(blocks_[block].offset);
}

ActivityBlocks::Read ActivityBlocks::read(std::size_t block,
                                          std::span<collect::Activity> out) const {
  const Block& place = blocks_[block];
  const BlockContext context{stages_[place.stages], place.names, columns_};
  const DecodedBlock decoded =
      decode_activities(payload_at(place.offset), place.records, context, out);
  if (decoded.problem) fail(place.offset, "a block of activities", *decoded.problem);
  if (renamed_) {
    for (collect::Activity& activity : out.first(decoded.written)) {
      activity.name = name_ids_[activity.name];
      if (activity.range != collect::kNoName) activity.range = name_ids_[activity.range];
    }
  }
  return {decoded.written, decoded.negative_durations};
}

void ActivityBlocks::read_times(std::size_t block, std::span<ActivityTimes> out) const {
  const Block& place = blocks_[block];
  const BlockContext context{{}, place.names, columns_};
  const auto problem = decode_times(payload_at(place.offset), place.records, context, out);
  if (problem) fail(place.offset, "a block of activities", *problem);
}

// count entries of at least `bytes` each fit the payload: loops end.
void ActivityBlocks::check_count(std::uint32_t count, std::size_t bytes,
                                 std::span<const std::byte> payload) const {
  if (count > payload.size() / bytes) {
    fail(offset_, fmt::format("{} entries", count),
         fmt::format("a block of {} bytes", payload.size()));
  }
}

void ActivityBlocks::check_exact(bool exact) const {
  if (!exact) fail(offset_, "entries that fill their block", "other lengths");
}

void ActivityBlocks::read_stages(std::uint32_t count, std::span<const std::byte> payload) {
  check_count(count, sizeof(std::uint32_t), payload);
  PayloadReader reader(payload);
  std::vector<std::optional<Stage>>& stages = stages_.emplace_back();
  for (std::uint32_t i = 0; i < count; ++i) {
    stages.push_back(stage_from_id(reader.text()));
  }
  check_exact(reader.exact());
}

void ActivityBlocks::read_names(std::uint32_t count, std::span<const std::byte> payload) {
  check_count(count, sizeof(std::uint32_t), payload);
  PayloadReader reader(payload);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t id = trace_.list.intern(reader.text());
    renamed_ |= id != name_ids_.size();
    name_ids_.push_back(id);
  }
  check_exact(reader.exact());
}

void ActivityBlocks::read_tracks(std::uint32_t count, std::span<const std::byte> payload) {
  check_count(count, 24, payload);
  PayloadReader reader(payload);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto kind = reader.number<std::uint32_t>();
    const auto device = reader.number<std::int32_t>();
    const auto lane = reader.number<std::int32_t>();
    const auto rank = reader.number<std::int64_t>();
    const std::string name(reader.text());
    if (kind == 0) {
      std::optional<std::int64_t> known;
      if (rank != format::kNoRank) known = rank;
      trace_.devices.push_back({device, name, known});
    } else {
      trace_.lanes.push_back({device, lane, name});
    }
  }
  check_exact(reader.exact());
}

void ActivityBlocks::read_facts(std::uint32_t count, std::span<const std::byte> payload) {
  check_count(count, 8, payload);
  PayloadReader reader(payload);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string key(reader.text());
    facts_[key] = reader.text();
  }
  check_exact(reader.exact());
}

void ActivityBlocks::apply_facts() {
  trace_.format = facts_.contains("format") ? facts_["format"] : "dscope";
  for (const auto& [key, value] : facts_) {
    if (key.starts_with("source")) trace_.sources.push_back(value);
    if (key.starts_with("skipped.")) add_skipped(trace_, key.substr(8), counter(value));
    for (const profile::LossInfo& loss : profile::kLosses) {
      if (key == std::string("loss.") + loss.key) trace_.losses.*loss.counter += counter(value);
    }
  }
  trace_.device = document_in("device").device.value_or(profile::Device{});
  trace_.measurement = document_in("measurement").measurement;
  in_lanes_ = facts_.contains("order") && facts_["order"] == "lanes";
  facts_.clear();
}

// The profile document that a fact holds; empty when the file does not have it.
profile::Profile ActivityBlocks::document_in(const std::string& key) const {
  const auto fact = facts_.find(key);
  if (fact == facts_.end()) return {};
  const auto json = nlohmann::json::parse(fact->second, nullptr, false);
  if (json.is_discarded()) {
    throw input_error("{}: {}: expected JSON, found other text", source_, key);
  }
  return profile::from_json(json, fmt::format("{}: {}", source_, key));
}

}  // namespace dscope::importer
