// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace dscope {

// What went wrong, from the point of view of whoever has to act on it. The command line maps each
// kind to one exit code (exit_code below); nothing else in the project decides on exit codes.
enum class ErrorKind {
  kUsage,        // the command line asks for something that does not make sense
  kInput,        // a file or value that was read is wrong: path, position, expected, found
  kUnavailable,  // right request, but not in this build or on this machine: reason and way out
  kInternal,     // a promise inside the program was broken: a caller's mistake or a defect
  kInterrupted,  // the user asked to stop
};

// The only exception type the project throws. The message is complete and made for people; `kind`
// is for the program.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

// 1 failure, 2 usage, 3 not available here, 130 interrupted.
[[nodiscard]] int exit_code(ErrorKind kind) noexcept;

// Throw helpers: `throw input_error("{}: expected {}, found {}", path, want, got);`
template <class... Args>
[[nodiscard]] Error usage_error(fmt::format_string<Args...> format, Args&&... args) {
  return {ErrorKind::kUsage, fmt::format(format, std::forward<Args>(args)...)};
}
template <class... Args>
[[nodiscard]] Error input_error(fmt::format_string<Args...> format, Args&&... args) {
  return {ErrorKind::kInput, fmt::format(format, std::forward<Args>(args)...)};
}
template <class... Args>
[[nodiscard]] Error unavailable_error(fmt::format_string<Args...> format, Args&&... args) {
  return {ErrorKind::kUnavailable, fmt::format(format, std::forward<Args>(args)...)};
}

namespace detail {
[[noreturn]] void fail_requirement(const char* condition, const char* file, int line,
                                   const std::string& message);
}  // namespace detail

// A caller's promise, checked in every build. The message says what was expected and what came:
//   DSCOPE_REQUIRE(topk > 0, "topk must be positive, got {}", topk);
#define DSCOPE_REQUIRE(condition, ...)                                   \
  do {                                                                   \
    if (!(condition)) [[unlikely]] {                                     \
      ::dscope::detail::fail_requirement(#condition, __FILE__, __LINE__, \
                                         ::fmt::format(__VA_ARGS__));    \
    }                                                                    \
  } while (false)

}  // namespace dscope
