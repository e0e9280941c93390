// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_file_reader.h"

#include "profiler/import/activity_columns.h"
#include "profiler/import/activity_file.h"
#include "profiler/import/activity_file_format.h"
#include "profiler/import/tracks.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"
#include "workloads/checkpoint/mapped_file.h"

#include <nlohmann/json.hpp>

#include <map>

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

class FileParser {
 public:
  FileParser(std::span<const std::byte> file, const std::string& source, const ReadOptions& options)
      : file_(file), source_(source), options_(options) {}

  Trace parse() {
    check_file_header();
    reserve();
    bool ended = false;
    while (offset_ < file_.size()) {
      if (ended) fail("nothing after the end mark", "more bytes");
      if (options_.stop != nullptr && options_.stop->load()) {
        throw Error(ErrorKind::kInterrupted, source_ + ": reading was interrupted");
      }
      BlockHeader header;
      if (!next_header(header)) break;
      if (!has_payload(header)) break;
      ended = header.type == static_cast<std::uint32_t>(BlockType::kEnd);
      read_block(header);
      offset_ += sizeof header + format::padded(header.payload_bytes);
      if (options_.on_progress) {
        options_.on_progress(static_cast<double>(offset_) / static_cast<double>(file_.size()));
      }
    }
    if (!ended) add_skipped(trace_, "end mark missing: the recording process was cut short");
    apply_facts();
    complete_tracks(trace_);
    return std::move(trace_);
  }

 private:
  [[noreturn]] void fail(std::string_view expected, std::string_view found) const {
    throw input_error("{}: byte {}: expected {}, found {}", source_, offset_, expected, found);
  }

  void check_file_header() {
    format::FileHeader header;
    if (file_.size() < sizeof header) fail("a .dscope trace", "the end of the file");
    std::memcpy(&header, file_.data(), sizeof header);
    if (header.magic != format::kMagic) fail("a .dscope trace", "something else");
    if (header.version < 1 || header.version > format::kVersion) {
      throw input_error("{}: file is v{}, this build reads v1 to v{}", source_, header.version,
                        format::kVersion);
    }
    context_.columns = format::columns_of(header.version);
    offset_ = sizeof header;
  }

  // Room for all records: growing would need it twice.
  void reserve() {
    std::uint64_t records = 0;
    BlockHeader header;
    for (std::uint64_t at = offset_; file_.size() - at >= sizeof header;) {
      std::memcpy(&header, file_.data() + at, sizeof header);
      if (header.magic != format::kBlockMagic ||
          header.header_check != format::header_check(header))
        break;
      const std::uint64_t left = file_.size() - at - sizeof header;
      if (header.payload_bytes > left || format::padded(header.payload_bytes) > left) break;
      // Every record costs four bytes of payload at least.
      if (header.type == static_cast<std::uint32_t>(BlockType::kActivities)) {
        records += std::min<std::uint64_t>(header.count, header.payload_bytes / 4);
      }
      at += sizeof header + format::padded(header.payload_bytes);
    }
    trace_.list.activities.reserve(records);
  }

  // False: the file ends inside the header.
  bool next_header(BlockHeader& header) {
    if (file_.size() - offset_ < sizeof header) {
      add_skipped(trace_, "bytes of a block that was cut off",
                  static_cast<std::int64_t>(file_.size() - offset_));
      return false;
    }
    std::memcpy(&header, file_.data() + offset_, sizeof header);
    if (header.magic != format::kBlockMagic ||
        header.header_check != format::header_check(header)) {
      fail("a block", "other bytes");
    }
    return true;
  }

  // False: the file ends inside the payload.
  bool has_payload(const BlockHeader& header) {
    const std::uint64_t left = file_.size() - offset_ - sizeof header;
    if (header.payload_bytes <= left && format::padded(header.payload_bytes) <= left) return true;
    add_skipped(trace_, "bytes of a block that was cut off",
                static_cast<std::int64_t>(file_.size() - offset_));
    if (header.type == static_cast<std::uint32_t>(BlockType::kActivities)) {
      trace_.losses.dropped_records += header.count;
    }
    return false;
  }

  void read_block(const BlockHeader& header) {
    const std::span payload = file_.subspan(offset_ + sizeof header, header.payload_bytes);
    const std::uint64_t check = format::checksum(as_text(payload));
    if (check != header.payload_check) {
      fail(fmt::format("a block with checksum {:016x}", header.payload_check),
           fmt::format("{:016x}", check));
    }
    switch (static_cast<BlockType>(header.type)) {
      case BlockType::kStages:
        return read_stages(header.count, payload);
      case BlockType::kNames:
        return read_names(header.count, payload);
      case BlockType::kTracks:
        return read_tracks(header.count, payload);
      case BlockType::kFacts:
        return read_facts(header.count, payload);
      case BlockType::kActivities:
        return read_activities(header.count, payload);
      case BlockType::kEnd:
        return;
    }
    add_skipped(trace_, "blocks of a newer version");
  }

  // count entries of at least `bytes` each fit the payload: loops end.
  void check_count(std::uint32_t count, std::size_t bytes,
                   std::span<const std::byte> payload) const {
    if (count > payload.size() / bytes) {
      fail(fmt::format("{} entries", count), fmt::format("a block of {} bytes", payload.size()));
    }
  }

  void check_exact(const PayloadReader& reader) const {
    if (!reader.exact()) fail("entries that fill their block", "other lengths");
  }

  void read_stages(std::uint32_t count, std::span<const std::byte> payload) {
    check_count(count, sizeof(std::uint32_t), payload);
    PayloadReader reader(payload);
    context_.stages.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      context_.stages.push_back(stage_from_id(reader.text()));
    }
    check_exact(reader);
  }

  void read_names(std::uint32_t count, std::span<const std::byte> payload) {
    check_count(count, sizeof(std::uint32_t), payload);
    PayloadReader reader(payload);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t id = trace_.list.intern(reader.text());
      renamed_ |= id != name_ids_.size();
      name_ids_.push_back(id);
    }
    check_exact(reader);
    context_.names = name_ids_.size();
  }

  void read_tracks(std::uint32_t count, std::span<const std::byte> payload) {
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
    check_exact(reader);
  }

  void read_facts(std::uint32_t count, std::span<const std::byte> payload) {
    check_count(count, 8, payload);
    PayloadReader reader(payload);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string key(reader.text());
      facts_[key] = reader.text();
    }
    check_exact(reader);
  }

  void read_activities(std::uint32_t count, std::span<const std::byte> payload) {
    if (count > format::kMaxBlockActivities) {
      fail(fmt::format("at most {} records in a block", format::kMaxBlockActivities),
           fmt::format("{}", count));
    }
    auto& activities = trace_.list.activities;
    const std::size_t begin = activities.size();
    if (const auto problem = decode_activities(payload, count, context_, activities,
                                               trace_.losses.negative_durations)) {
      fail("a block of activities", *problem);
    }
    if (!renamed_) return;
    for (std::size_t i = begin; i < activities.size(); ++i) {
      activities[i].name = name_ids_[activities[i].name];
      if (activities[i].range != collect::kNoName) {
        activities[i].range = name_ids_[activities[i].range];
      }
    }
  }

  // Counters that are no numbers stay out: facts are remarks, not records.
  static std::int64_t counter(const std::string& value) {
    return std::max<std::int64_t>(parse_number<std::int64_t>(value).value_or(0), 0);
  }

  void apply_facts() {
    trace_.format = facts_.contains("format") ? facts_["format"] : "dscope";
    for (const auto& [key, value] : facts_) {
      if (key.starts_with("source")) trace_.sources.push_back(value);
      if (key.starts_with("skipped.")) add_skipped(trace_, key.substr(8), counter(value));
      for (const profile::LossInfo& loss : profile::kLosses) {
        if (key == std::string("loss.") + loss.key) trace_.losses.*loss.counter += counter(value);
      }
    }
    if (const auto device = facts_.find("device"); device != facts_.end()) {
      read_device(device->second);
    }
  }

  void read_device(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_discarded())
      throw input_error("{}: device: expected JSON, found other text", source_);
    trace_.device =
        profile::from_json(json, source_ + ": device").device.value_or(profile::Device{});
  }

  std::span<const std::byte> file_;
  const std::string& source_;
  const ReadOptions& options_;
  std::uint64_t offset_ = 0;
  Trace trace_;
  BlockContext context_;
  std::vector<std::uint32_t> name_ids_;  // stored name -> index in the list
  bool renamed_ = false;                 // a file with a name twice
  std::map<std::string, std::string> facts_;
};

}  // namespace

bool is_activity_file(std::span<const std::byte> begin) {
  std::uint64_t magic = 0;
  if (begin.size() < sizeof magic) return false;
  std::memcpy(&magic, begin.data(), sizeof magic);
  return magic == format::kMagic;
}

Trace parse_activity_file(std::span<const std::byte> file, const std::string& source,
                          const ReadOptions& options) {
  return FileParser(file, source, options).parse();
}

Trace read_activity_file(const std::filesystem::path& path, const ReadOptions& options) {
  const MappedFile file(path);
  return parse_activity_file(file.bytes(), path.string(), options);
}

void write_activity_file(const Trace& trace, const std::filesystem::path& path) {
  ActivityFileWriter writer;
  std::error_code error = writer.open(path.string());
  writer.set("format", trace.format);
  for (std::size_t i = 0; i < trace.sources.size(); ++i) {
    writer.set(fmt::format("source.{:06}", i), trace.sources[i]);
  }
  for (const profile::LossInfo& loss : profile::kLosses) {
    const std::int64_t count = trace.losses.*loss.counter;
    if (count != 0) writer.set(std::string("loss.") + loss.key, std::to_string(count));
  }
  for (const Skipped& skipped : trace.skipped) {
    writer.set("skipped." + skipped.reason, std::to_string(skipped.count));
  }
  profile::Profile document;
  document.device = trace.device;
  writer.set("device", profile::to_json(document).dump());
  for (const DeviceTrack& track : trace.devices) {
    writer.name_device(track.device, track.name, track.rank);
  }
  for (const LaneTrack& track : trace.lanes) {
    writer.name_lane(track.device, track.lane, track.name);
  }
  for (const std::string& name : trace.list.names) writer.intern(name);
  for (const collect::Activity& activity : trace.list.activities) writer.add(activity);
  if (!error) error = writer.finish();
  if (error) throw input_error("{}: cannot write: {}", path.string(), error.message());
}

}  // namespace dscope::importer
