// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "workloads/formats.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace dscope {

// Warps work alone, each on a run of groups of 16 entries. They hold the queries of all heads in
// registers, which leaves room for two blocks an SM.
inline constexpr int kMqaWarps = 4;
inline constexpr int kMqaBlocksPerSm = 2;
inline constexpr std::int64_t kMqaGroup = 16;
inline constexpr std::int64_t kMaxMqaHeads = 64;
inline constexpr std::int64_t kMaxMqaTokens = 1024;

struct PagedMqaLogitsConfig {
  std::int64_t blocks = 1;
};

struct PagedMqaLogitsProblem {
  std::int64_t tokens = 0;
  std::int64_t capacity =
      0;  // entries a token may have: the live ones are known on the device only
};

// As many warps as the GPU holds, or as there can be groups.
[[nodiscard]] constexpr PagedMqaLogitsConfig pick_config(const PagedMqaLogitsProblem& problem,
                                                         const DeviceLimits& device) {
  const std::int64_t groups = problem.tokens * ceil_div(problem.capacity, kMqaGroup);
  const std::int64_t resident = std::int64_t{device.sms} * kMqaBlocksPerSm;
  return {.blocks = std::clamp<std::int64_t>(ceil_div(groups, kMqaWarps), 1,
                                             std::max<std::int64_t>(resident, 1))};
}

}  // namespace dscope
