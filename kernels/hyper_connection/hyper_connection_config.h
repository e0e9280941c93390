// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "workloads/formats.h"

#include <array>
#include <cstdint>

namespace dscope {

// How the transition between two sublayers is cut up: a block has `slice` channels of every stream
// and `tokens` tokens, for which it reads its part of fn once.
struct HcConfig {
  int slice = 32;
  int tokens = 1;
  // The last block of a token tile also finishes its tokens; else a second launch does.
  bool fused = true;
};

inline constexpr HcConfig kHcOne{.slice = 32, .tokens = 1, .fused = true};
inline constexpr HcConfig kHcFew{.slice = 32, .tokens = 2, .fused = true};
inline constexpr HcConfig kHcMany{.slice = 64, .tokens = 8, .fused = false};
[[nodiscard]] constexpr std::array<HcConfig, 3> hc_configs() {
  return {kHcOne, kHcFew, kHcMany};
}

inline constexpr int kHcThreads = 256;
inline constexpr std::int64_t kMaxHcStreams = 4;
inline constexpr std::int64_t kMaxHcHidden = 7168;  // a token's y lies in shared memory
// Most tokens that a fused launch takes: the finishing block does those of its tile one by one.
inline constexpr std::int64_t kMaxHcFusedTokens = 8;

struct HcProblem {
  std::int64_t tokens = 0;
  std::int64_t hidden = 0;
};

// For one or two tokens fn is the traffic and more blocks are better than fewer bytes from L2. For
// some more the launch saved by fusing still pays for the serial end; beyond, one block a token
// finishes in parallel.
[[nodiscard]] constexpr HcConfig pick_config(const HcProblem& problem, const DeviceLimits&) {
  if (problem.tokens <= 2) return kHcOne;
  return problem.tokens <= kMaxHcFusedTokens ? kHcFew : kHcMany;
}

[[nodiscard]] constexpr std::int64_t hc_slices(const HcConfig& config, std::int64_t hidden) {
  return ceil_div(hidden, config.slice);
}
[[nodiscard]] constexpr std::int64_t hc_tiles(const HcConfig& config, std::int64_t tokens) {
  return ceil_div(tokens, config.tokens);
}

}  // namespace dscope
