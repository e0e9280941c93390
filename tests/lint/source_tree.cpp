// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/lint/source_tree.h"

#include <fnmatch.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace dscope::lint {
namespace {

bool is_skipped_folder(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return (name.front() == '.' && name != ".ci") || name.starts_with("build") || name == "out" ||
         name == "__pycache__" || path == "tests/data";
}

bool is_text(std::string_view path) {
  return is_code(path) || is_markdown(path) || path.ends_with(".json");
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

SourceTree read_source_tree(const std::filesystem::path& root) {
  SourceTree tree;
  for (auto it = std::filesystem::recursive_directory_iterator(root); it != end(it); ++it) {
    const std::string path = it->path().lexically_relative(root).generic_string();
    if (it->is_directory()) {
      if (is_skipped_folder(path)) it.disable_recursion_pending();
    } else if (it->is_regular_file() && is_text(path)) {
      tree.push_back({path, read_text(it->path())});
    }
  }
  std::sort(tree.begin(), tree.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return tree;
}

bool is_header(std::string_view path) {
  return path.ends_with(".h") || path.ends_with(".cuh");
}

bool is_cuda(std::string_view path) {
  return path.ends_with(".cu") || path.ends_with(".cuh");
}

bool is_cpp(std::string_view path) {
  return is_header(path) || is_cuda(path) || path.ends_with(".cpp");
}

bool is_code(std::string_view path) {
  static constexpr std::string_view kEndings[] = {"CMakeLists.txt", ".cmake",  ".py", ".sh",
                                                  ".ci/run",        "Makefile"};
  return is_cpp(path) || std::any_of(std::begin(kEndings), std::end(kEndings),
                                     [&](std::string_view end) { return path.ends_with(end); });
}

bool is_markdown(std::string_view path) {
  return path.ends_with(".md");
}

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool matches(const std::string& pattern, const std::string& path) {
  return fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
}

}  // namespace dscope::lint
