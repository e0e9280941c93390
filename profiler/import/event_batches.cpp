// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/event_batches.h"

#include "workloads/base/error.h"

#include <utility>

namespace dscope::importer {
namespace {

constexpr std::size_t kNone = JsonScanner::kNone;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f ? fmt::format("'{}'", c) : fmt::format("byte 0x{:02x}", byte);
}

}  // namespace

EventBatches::EventBatches(const std::filesystem::path& path)
    : path_(path.string()), source_(path) {}

std::string EventBatches::position(std::uint64_t byte) const {
  return fmt::format("byte {}{}", byte, source_.compressed() ? " of the decompressed text" : "");
}

std::string EventBatches::header_position(std::uint64_t byte) const {
  return position(byte <= prologue_bytes_ ? byte : byte + position_ - header_.size());
}

void EventBatches::fail(std::uint64_t byte, std::string_view expected,
                        std::string_view found) const {
  throw input_error("{}: {}: expected {}, found {}", path_, position(byte), expected, found);
}

bool EventBatches::read_more(std::string& text) {
  const std::size_t begin = text.size();
  text.resize(begin + kReadBytes);
  const std::size_t count = source_.read(text.data() + begin, kReadBytes);
  text.resize(begin + count);
  position_ += count;
  return count > 0;
}

// Looks for the opening bracket of the events in header_, from `begin`; kNone when it is not there
// yet. Byte by byte: what comes before the events is short.
std::size_t EventBatches::find_events(std::size_t begin) {
  for (std::size_t i = begin; i < header_.size(); ++i) {
    const char c = header_[i];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      } else if (depth_ == 1 && key_.size() < 32) {
        key_ += c;
      }
      continue;
    }
    if (is_space(c)) continue;
    if (depth_ == 0) {
      if (c == '[') return i;
      if (c != '{' || is_key_) fail(i, "a JSON object or array", shown(c));
      depth_ = 1;
      is_key_ = true;
      continue;
    }
    switch (c) {
      case '"':
        in_string_ = true;
        if (depth_ == 1 && is_key_) key_.clear();
        break;
      case ':':
        if (depth_ == 1) {
          key_matches_ = is_key_ && key_ == "traceEvents";
          is_key_ = false;
        }
        break;
      case ',':
        if (depth_ == 1) is_key_ = true;
        break;
      case '{':
      case '[':
        if (depth_ == 1 && key_matches_ && c == '[') return i;
        if (depth_ == 1 && key_matches_) fail(i, "an array of traceEvents", shown(c));
        ++depth_;
        break;
      case '}':
      case ']':
        if (--depth_ == 0) {
          fail(i, "a trace with traceEvents", "the end of a JSON object without it");
        }
        break;
      default:
        break;
    }
  }
  return kNone;
}

void EventBatches::read_prologue() {
  std::size_t seen = 0;
  if (!read_more(header_)) fail(0, "a trace", "an empty file");
  if (header_.starts_with("\xEF\xBB\xBF")) seen = 3;
  for (;;) {
    const std::size_t bracket = find_events(seen);
    if (bracket != kNone) {
      pending_ = header_.substr(bracket + 1);
      header_.resize(bracket + 1);
      prologue_bytes_ = header_.size();
      return;
    }
    seen = header_.size();
    if (seen > kMaxHeaderBytes) {
      fail(seen, fmt::format("traceEvents within the first {} bytes", kMaxHeaderBytes), "none");
    }
    if (!read_more(header_)) {
      fail(seen, "a trace with traceEvents", "the end of the file: it is cut off, or no trace");
    }
  }
}

void EventBatches::read_epilogue() {
  header_ += pending_;
  pending_.clear();
  const std::size_t begin = header_.size();
  while (read_more(header_)) {
    if (header_.size() - begin > kMaxHeaderBytes) {
      fail(position_, fmt::format("at most {} bytes after the events", kMaxHeaderBytes), "more");
    }
  }
}

// Moves pending_[0, end) into the batch.
void EventBatches::wrap(EventBatch& batch, std::size_t end) {
  batch.first_byte = position_ - pending_.size();
  std::size_t begin = 0;
  if (!first_batch_) {
    while (begin < end && is_space(pending_[begin])) ++begin;
    if (begin < end && pending_[begin] != ',') {
      fail(batch.first_byte + begin, "a comma between events", shown(pending_[begin]));
    }
    const bool comma = begin < end;
    begin += comma;
    std::size_t event = begin;
    while (event < end && is_space(pending_[event])) ++event;
    if (comma && event == end) fail(batch.first_byte + end, "an event after the comma", "']'");
  }
  batch.first_byte += begin;
  batch.text.assign(1, '[');
  batch.text.append(pending_, begin, end - begin);
  batch.text += ']';
  batch.json_bytes = batch.text.size();
  batch.text.append(EventBatch::kPadding, ' ');
  batch.progress = source_.progress();
  pending_.erase(0, end);
  first_batch_ = false;
}

bool EventBatches::next(EventBatch& batch) {
  if (!std::exchange(started_, true)) read_prologue();
  while (!array_ended_) {
    if (scanned_ == pending_.size() && !read_more(pending_)) {
      fail(position_, "the end of the array of events", "the end of the file: it is cut off");
    }
    const JsonScanner::Found found = scanner_.scan(std::string_view(pending_).substr(scanned_));
    const std::size_t from = scanned_;
    scanned_ = pending_.size();
    std::size_t end = found.last_end == kNone ? kNone : from + found.last_end;
    if (found.array_end != kNone) {
      // Whatever stands between the last object and the bracket goes along, to be judged.
      end = from + found.array_end;
      array_ended_ = true;
    }
    if (end != kNone) {
      wrap(batch, end);
      scanned_ = pending_.size();
      if (array_ended_) read_epilogue();
      return true;
    }
    if (pending_.size() > kMaxEventBytes) {
      fail(position_ - pending_.size(), fmt::format("events of up to {} bytes", kMaxEventBytes),
           "a longer one");
    }
  }
  return false;
}

}  // namespace dscope::importer
