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
  // The last blocks of a token tile also finish its tokens, one each; else a second launch does.
  bool fused = true;
};

inline constexpr HcConfig kHcOne{.slice = 32, .tokens = 1, .fused = true};
inline constexpr HcConfig kHcFew{.slice = 32, .tokens = 8, .fused = true};
inline constexpr HcConfig kHcMany{.slice = 64, .tokens = 8, .fused = false};
[[nodiscard]] constexpr std::array<HcConfig, 3> hc_configs() {
  return {kHcOne, kHcFew, kHcMany};
}

inline constexpr int kHcThreads = 256;
inline constexpr std::int64_t kMaxHcStreams = 4;
inline constexpr std::int64_t kMaxHcHidden = 7168;  // a token's y lies in one block's registers
// Most tokens that a fused launch takes: so many blocks may be waiting for the others.
inline constexpr std::int64_t kMaxHcFusedTokens = 8;

struct HcProblem {
  std::int64_t tokens = 0;
  std::int64_t hidden = 0;
};

// Floor for few tokens: 1.6 MB of fn (Flash) are 0.4 us of an H200's bandwidth, so what counts is
// the chain of dependent latencies, expected at 4 to 6 us: read the streams, write sums, count in,
// read sums, normalise; Sinkhorn (1 us of dependent reciprocals) beside the latter. Hence narrow
// slices (as many SMs as possible, fn in flight before the previous kernel ends), one wave of
// blocks, all that does not depend on the mixes asked for early, and a finishing block for each
// token. For many tokens a second launch has all the blocks it wants for finishing.
[[nodiscard]] constexpr std::int64_t hc_slices(const HcConfig& config, std::int64_t hidden) {
  return ceil_div(hidden, config.slice);
}
[[nodiscard]] constexpr HcConfig pick_config(const HcProblem& problem, const DeviceLimits&) {
  if (problem.tokens == 1) return kHcOne;
  // A finishing block takes one token: narrow models have fewer blocks than that.
  const bool enough_blocks = problem.tokens <= hc_slices(kHcFew, problem.hidden);
  return problem.tokens <= kMaxHcFusedTokens && enough_blocks ? kHcFew : kHcMany;
}

[[nodiscard]] constexpr std::int64_t hc_tiles(const HcConfig& config, std::int64_t tokens) {
  return ceil_div(tokens, config.tokens);
}

}  // namespace dscope
