// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/line_reader.h"

#include "workloads/base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace dscope::traces {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

LineReader::LineReader(const std::filesystem::path& path, std::size_t max_line_bytes)
    : path_(path.string()),
      max_line_bytes_(max_line_bytes),
      in_(path, std::ios::binary),
      block_(kBlockBytes) {
  if (!in_) throw input_error("{}: cannot open: {}", path_, std::strerror(errno));
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw input_error("{}: expected a request trace, found a directory", path_);
  }
}

bool LineReader::next() {
  if (unread_) {
    unread_ = false;
    return true;
  }
  while (read_line()) {
    ++number_;
    if (number_ == 1 && line_.starts_with(kByteOrderMark)) line_.erase(0, kByteOrderMark.size());
    if (line_.ends_with('\r')) line_.pop_back();
    if (overlong_ || line_.find_first_not_of(" \t") != std::string::npos) return true;
  }
  return false;
}

// Leaves the next line in line_, without its line feed. False when nothing is left.
bool LineReader::read_line() {
  line_.clear();
  overlong_ = false;
  bool any = false;
  while (begin_ < end_ || fill()) {
    any = true;
    const char* start = block_.data() + begin_;
    const auto* feed = static_cast<const char*>(std::memchr(start, '\n', end_ - begin_));
    const std::size_t length =
        feed != nullptr ? static_cast<std::size_t>(feed - start) : end_ - begin_;
    const std::size_t room = max_line_bytes_ - line_.size();
    line_.append(start, std::min(length, room));
    overlong_ = overlong_ || length > room;
    begin_ += length;
    if (feed != nullptr) {
      ++begin_;
      return true;
    }
  }
  return any;
}

bool LineReader::fill() {
  in_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
  if (in_.bad()) throw input_error("{}: line {}: reading failed", path_, number_ + 1);
  begin_ = 0;
  end_ = static_cast<std::size_t>(in_.gcount());
  return end_ > 0;
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t kShown = 40;
  std::string shown(text.substr(0, kShown));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  if (text.size() > kShown) shown += "...";
  return shown;
}

}  // namespace dscope::traces
