// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/lint/file_rules.h"

#include <fmt/format.h>

#include <regex>

namespace dscope::lint {
namespace {

constexpr std::size_t kMostLines = 700;
constexpr std::size_t kMostReadmeLines = 150;

// One finding for each line in which the pattern occurs.
Findings find_lines(const SourceFile& file, const std::regex& pattern, std::string_view what) {
  Findings findings;
  const std::vector<std::string> lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (std::regex_search(lines[i], pattern)) {
      findings.push_back(fmt::format("{}:{}: {}", file.path, i + 1, what));
    }
  }
  return findings;
}

}  // namespace

Findings check_licence_lines(const SourceFile& file) {
  if (!is_code(file.path)) return {};
  const std::vector<std::string> lines = lines_of(file.text);
  const std::size_t first = !lines.empty() && lines[0].starts_with("#!") ? 1 : 0;
  const std::string mark = is_cpp(file.path) ? "// " : "# ";
  if (lines.size() >= first + 2 &&
      lines[first] == mark + "SPDX-FileCopyrightText: 2026 The DecodeScope Authors" &&
      lines[first + 1] == mark + "SPDX-License-Identifier: Apache-2.0") {
    return {};
  }
  return {fmt::format("{}:{}: expected the two SPDX lines", file.path, first + 1)};
}

Findings check_length(const SourceFile& file) {
  const std::size_t limit = file.path == "README.md" ? kMostReadmeLines
                            : is_code(file.path)     ? kMostLines
                                                     : SIZE_MAX;
  const std::size_t lines = lines_of(file.text).size();
  if (lines <= limit) return {};
  return {fmt::format("{}: {} lines, the limit is {}", file.path, lines, limit)};
}

Findings check_header_form(const SourceFile& file) {
  if (!is_header(file.path)) return {};
  static const std::regex kUsing(R"(^\s*using\s+namespace\b)");
  Findings findings = find_lines(file, kUsing, "a header never says 'using namespace'");
  if (file.text.find("\n#pragma once\n") == std::string::npos) {
    findings.push_back(file.path + ": expected '#pragma once'");
  }
  return findings;
}

Findings check_environment(const SourceFile& file) {
  if (!is_cpp(file.path) || file.path == "profiler/cli/main.cpp" ||
      file.path == "viewer/app/main.cpp" || file.path == "profiler/inject/entry.cpp") {
    return {};
  }
  static const std::regex kGetenv(R"(\bgetenv\s*\()");
  return find_lines(file, kGetenv, "only the main.cpp of a program looks at the environment");
}

Findings check_no_reminders(const SourceFile& file) {
  static const std::regex kReminder(R"(\b(TO)"
                                    R"(DO|FIX)"
                                    R"(ME)\b)");
  return find_lines(file, kReminder, "finish it, or leave it out");
}

Findings check_no_machine_paths(const SourceFile& file) {
  static const std::regex kPath(R"((^|[^\w.}])/(ho)"
                                R"(me|ro)"
                                R"(ot|wo)"
                                R"(rk)/)");
  return find_lines(file, kPath, "an absolute path of somebody's machine");
}

}  // namespace dscope::lint
