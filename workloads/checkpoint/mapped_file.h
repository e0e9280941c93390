// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace dscope {

// A file mapped read-only: opening costs nothing per byte, pages come in when they are read.
// A file that somebody cuts off while it is mapped raises SIGBUS on reading, as any mapping does.
class MappedFile {
 public:
  // Throws Error{kInput} with the path for what cannot be opened, is not a regular file, or is
  // empty.
  explicit MappedFile(std::filesystem::path path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

}  // namespace dscope
