// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::lint {

struct SourceFile {
  std::string path;  // from the root of the repository, with '/'
  std::string text;
};

using SourceTree = std::vector<SourceFile>;

// All text files that people write (by name: code, CMake, scripts, documents, JSON), sorted by
// path. Build and tool folders are left out: build*, out, __pycache__, and hidden ones but .ci.
// tests/data is left out too: it is input, not source.
[[nodiscard]] SourceTree read_source_tree(const std::filesystem::path& root);

[[nodiscard]] bool is_header(std::string_view path);  // .h .cuh
[[nodiscard]] bool is_cpp(std::string_view path);     // headers, .cpp, .cu
[[nodiscard]] bool is_cuda(std::string_view path);    // .cuh .cu
// C++, CMake, Python, shell and the Makefile: what carries licence lines.
[[nodiscard]] bool is_code(std::string_view path);
[[nodiscard]] bool is_markdown(std::string_view path);

[[nodiscard]] std::string folder_of(std::string_view path);
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

// Shell pattern; '*' also matches '/'.
[[nodiscard]] bool matches(const std::string& pattern, const std::string& path);

}  // namespace dscope::lint
