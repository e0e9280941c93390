// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "workloads/formats.h"

#include <cstdint>

namespace dscope {

// How the transition between two sublayers is cut up: a block has kHcSlice channels of every stream
// and `tokens` tokens, for which it reads its part of fn once.
struct HcConfig {
  int tokens = 1;
};

inline constexpr int kHcSlice = 64;
inline constexpr int kHcThreads = 256;
inline constexpr std::int64_t kMaxHcStreams = 4;
inline constexpr std::int64_t kMaxHcHidden = 7168;  // a token's y lies in one block's registers

struct HcProblem {
  std::int64_t tokens = 0;
  std::int64_t hidden = 0;
};

// Floor for few tokens: 1.6 MB of fn (Flash) are 0.4 us of an H200's bandwidth, so what counts is
// the chain of dependent latencies: read the streams, write sums, a launch, read sums, normalise;
// Sinkhorn (2 us of dependent reciprocals) beside the latter. Hence one wave of blocks, fn in
// flight before the previous kernel ends, and all that does not depend on the mixes asked for
// early. A second launch, which is there when the first ends, takes 0.7 us less than blocks that
// count in and go on as the last of their kind: its loads of weights and registers are its own.
[[nodiscard]] constexpr std::int64_t hc_slices(std::int64_t hidden) {
  return ceil_div(hidden, kHcSlice);
}

// As measured on an H200 (MEASUREMENTS.md): few tokens a block while that leaves SMs their share.
[[nodiscard]] constexpr HcConfig pick_config(const HcProblem& problem, const DeviceLimits&) {
  return {.tokens = problem.tokens <= 4 ? 1 : problem.tokens <= 16 ? 4 : 8};
}

[[nodiscard]] constexpr std::int64_t hc_tiles(const HcConfig& config, std::int64_t tokens) {
  return ceil_div(tokens, config.tokens);
}

}  // namespace dscope
