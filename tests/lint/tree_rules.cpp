// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/lint/tree_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

namespace dscope::lint {
namespace {

bool any_file(const SourceTree& tree, const std::string& pattern) {
  return std::any_of(tree.begin(), tree.end(),
                     [&](const SourceFile& file) { return matches(pattern, file.path); });
}

// The given group of every occurrence.
std::vector<std::string> find_all(const std::string& text, const std::regex& pattern,
                                  std::size_t group) {
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    found.push_back((*it)[group]);
  }
  return found;
}

// What a document shows as code: spans between backticks and fenced blocks.
std::string code_of(const std::string& markdown) {
  static const std::regex kSpan("`([^`]+)`");
  std::string code;
  bool fenced = false;
  for (const std::string& line : lines_of(markdown)) {
    if (line.starts_with("```")) {
      fenced = !fenced;
    } else if (fenced) {
      code += line + '\n';
    } else {
      for (const std::string& span : find_all(line, kSpan, 1)) code += span + '\n';
    }
  }
  return code;
}

std::set<std::string> names_in(const SourceTree& tree, const std::string& path,
                               const std::regex& pattern) {
  const auto file =
      std::find_if(tree.begin(), tree.end(), [&](const SourceFile& f) { return f.path == path; });
  if (file == tree.end()) return {};
  const std::vector<std::string> names = find_all(file->text, pattern, 1);
  return {names.begin(), names.end()};
}

}  // namespace

Findings check_op_folders(const SourceTree& tree) {
  static const std::set<std::string> kShared = {"comm",        "common", "cuda",
                                                "decode_step", "device", "results"};
  static const std::regex kFolder("^kernels/([^/]+)/.*");
  std::set<std::string> ops;
  for (const SourceFile& file : tree) {
    std::smatch match;
    if (std::regex_match(file.path, match, kFolder) && !kShared.contains(match[1])) {
      ops.insert(match[1]);
    }
  }
  Findings findings;
  for (const std::string& op : ops) {
    for (const std::string& needed :
         {fmt::format("kernels/{0}/{0}.h", op), fmt::format("kernels/{}/*_ref.cpp", op)}) {
      if (!any_file(tree, needed)) findings.push_back("expected " + needed);
    }
  }
  return findings;
}

Findings check_document_paths(const SourceTree& tree,
                              const std::function<bool(const std::string&)>& exists) {
  static const std::regex kLink(R"(\]\(([^)#\s]+)[^)]*\))");
  static const std::regex kPath(
      R"((^|[\s"'=(])((workloads|kernels|profiler|model|viewer|tests|\.ci)/[\w./*<>-]*))");
  static const std::regex kPlaceholder("<[^>]*>");
  Findings findings;
  for (const SourceFile& file : tree) {
    if (!is_markdown(file.path)) continue;
    for (const std::string& link : find_all(file.text, kLink, 1)) {
      const std::filesystem::path target = std::filesystem::path(folder_of(file.path)) / link;
      if (link.find("://") == std::string::npos && !exists(target.lexically_normal().string())) {
        findings.push_back(fmt::format("{}: the link to {} leads nowhere", file.path, link));
      }
    }
    for (const std::string& path : find_all(code_of(file.text), kPath, 2)) {
      std::string pattern = std::regex_replace(path, kPlaceholder, "*");
      const bool wildcard = pattern.find('*') != std::string::npos;
      if (wildcard && pattern.ends_with('/')) pattern += '*';
      if (!(wildcard ? any_file(tree, pattern) : exists(pattern))) {
        findings.push_back(fmt::format("{}: there is no {}", file.path, path));
      }
    }
  }
  return findings;
}

Findings check_document_commands(const SourceTree& tree) {
  static const std::regex kTableRow(R"re(\n\s*\{"([a-z-]+)",\s*")re");
  static const std::regex kTarget(R"((?:^|\n)([a-z-]+):(?!=))");
  struct Words {
    std::set<std::string> known;
    std::regex use;
    std::string program;
  };
  const Words programs[] = {
      {names_in(tree, "profiler/cli/main.cpp", kTableRow), std::regex(R"(\bdscope ([a-z-]{2,}))"),
       "dscope"},
      {names_in(tree, "Makefile", kTarget), std::regex(R"(\bmake ([a-z-]{2,}))"), "make"},
  };
  Findings findings;
  for (const SourceFile& file : tree) {
    if (!is_markdown(file.path)) continue;
    const std::string code = code_of(file.text);
    for (const Words& program : programs) {
      for (const std::string& word : find_all(code, program.use, 1)) {
        if (!word.starts_with('-') && !program.known.contains(word)) {
          findings.push_back(
              fmt::format("{}: there is no '{} {}'", file.path, program.program, word));
        }
      }
    }
  }
  return findings;
}

}  // namespace dscope::lint
