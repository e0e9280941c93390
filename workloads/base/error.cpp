// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/base/error.h"

namespace dscope {

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kUnavailable:
      return 3;
    case ErrorKind::kInterrupted:
      return 130;  // 128 + SIGINT, as shells report it
    case ErrorKind::kInput:
    case ErrorKind::kInternal:
      return 1;
  }
  return 1;
}

namespace detail {

void fail_requirement(const char* condition, const char* file, int line,
                      const std::string& message) {
  // Only the part of the path that is ours: builds put different prefixes before it.
  std::string_view path(file);
  for (std::string_view root : {"workloads/", "kernels/", "profiler/", "model/", "viewer/"}) {
    if (const auto at = path.rfind(root); at != std::string_view::npos) {
      path.remove_prefix(at);
      break;
    }
  }
  throw Error(ErrorKind::kInternal,
              fmt::format("{} [{} at {}:{}]", message, condition, path, line));
}

}  // namespace detail
}  // namespace dscope
