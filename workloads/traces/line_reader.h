// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::traces {

// Reads a text file line by line in bounded memory, ignoring blank lines (nothing but spaces and
// tabs). A byte order mark at the beginning and a carriage return at the end of a line are dropped.
// A last line without a line feed counts like any other.
class LineReader {
 public:
  static constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;

  // Throws Error{kInput} with path and reason when the file cannot be opened.
  explicit LineReader(const std::filesystem::path& path,
                      std::size_t max_line_bytes = kMaxLineBytes);

  // Moves to the next line that is not blank; false at the end. Throws Error{kInput} with path and
  // line when reading fails.
  bool next();
  // Makes the following next() stay at the current line, for looking ahead.
  void unread() { unread_ = true; }

  // Of the current line, valid until the next call of next().
  [[nodiscard]] std::string_view text() const { return line_; }
  [[nodiscard]] std::int64_t number() const { return number_; }  // 1-based, blank lines included
  // The line is longer than the limit, and text() holds only its beginning.
  [[nodiscard]] bool overlong() const { return overlong_; }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::size_t max_line_bytes() const { return max_line_bytes_; }

 private:
  bool read_line();
  bool fill();

  std::string path_;
  std::size_t max_line_bytes_;
  std::ifstream in_;
  std::vector<char> block_;
  std::size_t begin_ = 0;  // the unread part of block_
  std::size_t end_ = 0;
  std::string line_;
  std::int64_t number_ = 0;
  bool overlong_ = false;
  bool unread_ = false;
};

// What a message shows of file content: the first 40 bytes, in printable ASCII.
[[nodiscard]] std::string excerpt(std::string_view text);

}  // namespace dscope::traces
