// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_file.h"

#include "profiler/import/activity_file_format.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace dscope::importer {
namespace {

using collect::Activity;
using format::BlockType;
using format::Encoding;

template <class T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

std::uint32_t width_of(std::uint64_t span) {
  if (span <= UINT8_MAX) return 1;
  if (span <= UINT16_MAX) return 2;
  return span <= UINT32_MAX ? 4 : 8;
}

template <class T, class Get>
void put_values(std::string& out, const std::vector<Activity>& activities, std::uint64_t base,
                const Get& get) {
  const std::size_t begin = out.size();
  out.resize(begin + activities.size() * sizeof(T));
  char* to = out.data() + begin;
  for (const Activity& activity : activities) {
    const T value = static_cast<T>(static_cast<std::uint64_t>(get(activity)) - base);
    std::memcpy(to, &value, sizeof value);
    to += sizeof value;
  }
}

// `get` gives an integer that fits int64_t (is_signed) or uint64_t; the offsets from the smallest
// one are stored in the narrowest width that holds them.
template <class Get>
void put_column(std::string& out, const std::vector<Activity>& activities, std::uint32_t min_width,
                const Get& get) {
  auto low = get(activities.front());
  auto high = low;
  for (const Activity& activity : activities) {
    low = std::min(low, get(activity));
    high = std::max(high, get(activity));
  }
  format::ColumnHeader header;
  header.base = static_cast<std::uint64_t>(low);
  const std::uint64_t span = static_cast<std::uint64_t>(high) - header.base;
  if (span > 0 || min_width > 0) {
    header.encoding = Encoding::kOffset;
    header.width = std::max(width_of(span), min_width);
  }
  put(out, header);
  switch (header.width) {
    case 1:
      put_values<std::uint8_t>(out, activities, header.base, get);
      break;
    case 2:
      put_values<std::uint16_t>(out, activities, header.base, get);
      break;
    case 4:
      put_values<std::uint32_t>(out, activities, header.base, get);
      break;
    case 8:
      put_values<std::uint64_t>(out, activities, header.base, get);
      break;
    default:
      break;
  }
  out.resize(format::padded(out.size()));
}

}  // namespace

ActivityFileWriter::~ActivityFileWriter() {
  if (file_ < 0) return;
  flush();
  ::close(file_);
}

std::error_code ActivityFileWriter::open(const std::string& path) {
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file_ < 0) {
    error_ = {errno, std::generic_category()};
    return error_;
  }
  put(out_, format::FileHeader{});
  for (const StageInfo& stage : kStages) put_text(payload_, stage.id);
  append_block(static_cast<std::uint32_t>(BlockType::kStages), kStageCount);
  buffer_.reserve(kBlockActivities);
  write_out();
  return error_;
}

std::uint32_t ActivityFileWriter::intern(std::string_view name) {
  if (const auto found = index_.find(name); found != index_.end()) return found->second;
  const auto index = static_cast<std::uint32_t>(names_.size());
  index_.emplace(names_.emplace_back(name), index);
  return index;
}

void ActivityFileWriter::name_device(std::int32_t device, std::string_view name,
                                     std::optional<std::int64_t> rank) {
  put(tracks_, std::uint32_t{0});
  put(tracks_, device);
  put(tracks_, std::int32_t{0});
  put(tracks_, rank.value_or(format::kNoRank));
  put_text(tracks_, name);
  ++track_count_;
}

void ActivityFileWriter::name_lane(std::int32_t device, std::int32_t lane, std::string_view name) {
  put(tracks_, std::uint32_t{1});
  put(tracks_, device);
  put(tracks_, lane);
  put(tracks_, format::kNoRank);
  put_text(tracks_, name);
  ++track_count_;
}

void ActivityFileWriter::set(std::string_view key, std::string_view value) {
  put_text(facts_, key);
  put_text(facts_, value);
  ++fact_count_;
}

void ActivityFileWriter::add(const Activity& activity) {
  buffer_.push_back(activity);
  if (buffer_.size() >= kBlockActivities) flush();
}

std::error_code ActivityFileWriter::flush() {
  if (error_ || file_ < 0) {
    buffer_.clear();
    return error_;
  }
  append_names();
  append_tracks();
  append_facts();
  append_activities();
  write_out();
  return error_;
}

std::error_code ActivityFileWriter::finish() {
  if (file_ < 0) return error_;
  flush();
  if (!error_) {
    append_block(static_cast<std::uint32_t>(BlockType::kEnd), 0);
    write_out();
  }
  if (::close(file_) != 0 && !error_) error_ = {errno, std::generic_category()};
  file_ = -1;
  return error_;
}

void ActivityFileWriter::append_names() {
  const std::size_t begin = names_written_;
  for (; names_written_ < names_.size(); ++names_written_)
    put_text(payload_, names_[names_written_]);
  if (names_written_ == begin) return;
  append_block(static_cast<std::uint32_t>(BlockType::kNames),
               static_cast<std::uint32_t>(names_written_ - begin));
}

void ActivityFileWriter::append_tracks() {
  if (track_count_ == 0) return;
  payload_.swap(tracks_);
  append_block(static_cast<std::uint32_t>(BlockType::kTracks), track_count_);
  track_count_ = 0;
}

void ActivityFileWriter::append_facts() {
  if (fact_count_ == 0) return;
  payload_.swap(facts_);
  append_block(static_cast<std::uint32_t>(BlockType::kFacts), fact_count_);
  fact_count_ = 0;
}

void ActivityFileWriter::append_activities() {
  if (buffer_.empty()) return;
  // In the order of format::Column.
  put_column(payload_, buffer_, 4, [](const Activity& a) { return a.start_ns; });
  put_column(payload_, buffer_, 0, [](const Activity& a) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a.end_ns) -
                                     static_cast<std::uint64_t>(a.start_ns));
  });
  put_column(payload_, buffer_, 0, [](const Activity& a) { return a.name; });
  put_column(payload_, buffer_, 0, [](const Activity& a) { return a.correlation; });
  put_column(payload_, buffer_, 0, [](const Activity& a) { return a.graph_node; });
  put_column(payload_, buffer_, 0, [](const Activity& a) { return a.bytes; });
  put_column(payload_, buffer_, 0, [](const Activity& a) { return std::int64_t{a.device}; });
  put_column(payload_, buffer_, 0, [](const Activity& a) { return std::int64_t{a.lane}; });
  put_column(payload_, buffer_, 0, [](const Activity& a) { return static_cast<int>(a.kind); });
  put_column(payload_, buffer_, 0, [](const Activity& a) {
    return a.stage ? static_cast<int>(*a.stage) : int{format::kNoStage};
  });
  put_column(payload_, buffer_, 0, [](const Activity& a) { return a.range + 1; });
  put_column(payload_, buffer_, 0, [](const Activity& a) { return a.external; });
  append_block(static_cast<std::uint32_t>(BlockType::kActivities),
               static_cast<std::uint32_t>(buffer_.size()));
  written_ += buffer_.size();
  buffer_.clear();
}

void ActivityFileWriter::append_block(std::uint32_t type, std::uint32_t count) {
  format::BlockHeader header;
  header.type = type;
  header.payload_bytes = payload_.size();
  header.count = count;
  header.header_check = format::header_check(header);
  header.payload_check = format::checksum(payload_);
  put(out_, header);
  out_ += payload_;
  out_.resize(format::padded(out_.size()));
  payload_.clear();
}

void ActivityFileWriter::write_out() {
  std::size_t done = 0;
  while (done < out_.size() && !error_) {
    const ssize_t n = ::write(file_, out_.data() + done, out_.size() - done);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n == 0 || errno != EINTR) {
      error_ = {n == 0 ? EIO : errno, std::generic_category()};
    }
  }
  bytes_ += done;
  out_.clear();
}

}  // namespace dscope::importer
