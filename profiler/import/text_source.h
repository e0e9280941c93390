// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace dscope::importer {

// The text of a file, in pieces; of a gzip file what is compressed in it, all members one after the
// other. Neither file nor text is ever held as a whole. Throws Error{kInput} with path and byte
// offset in the file: for what cannot be read, and for gzip data that is damaged, cut off, or
// compressed further than any trace can be (kMaxRatio).
class TextSource {
 public:
  explicit TextSource(std::filesystem::path path);
  ~TextSource();
  TextSource(const TextSource&) = delete;
  TextSource& operator=(const TextSource&) = delete;

  // Up to `size` bytes to `to`; 0 at the end only.
  std::size_t read(char* to, std::size_t size);

  [[nodiscard]] double progress() const;  // 0 .. 1 of the file
  [[nodiscard]] bool compressed() const { return inflate_ != nullptr; }

  // Events differ in time and correlation, so that real traces compress by 10 to 60. Beyond this
  // ratio, a small file would stand for more events than any memory holds.
  static constexpr std::uint64_t kMaxRatio = 400;

 private:
  struct Inflate;

  std::size_t read_file(char* to, std::size_t size);
  std::size_t read_inflated(char* to, std::size_t size);
  bool begin_member();
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const;

  std::filesystem::path path_;
  int file_ = -1;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t read_bytes_ = 0;  // of the file
  std::uint64_t text_bytes_ = 0;
  std::unique_ptr<Inflate> inflate_;
};

}  // namespace dscope::importer
