// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/base/error.h"

#include <string>
#include <utility>

namespace dscope {

// Whether a CUDA kernel can run a problem. "No" is an answer, not an error: callers show the
// reason.
struct Support {
  std::string reason;  // empty: supported

  [[nodiscard]] bool ok() const { return reason.empty(); }
};

template <class... Args>
[[nodiscard]] Support unsupported(fmt::format_string<Args...> format, Args&&... args) {
  return {fmt::format(format, std::forward<Args>(args)...)};
}

// What every launcher begins with: asking for what supports() refuses is the caller's mistake.
inline void require_supported(const char* launcher, const Support& support) {
  DSCOPE_REQUIRE(support.ok(), "{}: {}", launcher, support.reason);
}

}  // namespace dscope
