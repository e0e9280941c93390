// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "workloads/formats.h"

#include <array>
#include <cstdint>

namespace dscope {

struct TopKConfig {
  int threads = 0;
  int keys = 0;  // logits for each thread

  // Logits that a block ranks at once: a longer row is cut into chunks.
  [[nodiscard]] constexpr std::int64_t chunk() const { return std::int64_t{threads} * keys; }
};

inline constexpr TopKConfig kTopKShort{.threads = 256, .keys = 16};
inline constexpr TopKConfig kTopKLong{.threads = 1024, .keys = 16};
[[nodiscard]] constexpr std::array<TopKConfig, 2> topk_configs() {
  return {kTopKShort, kTopKLong};
}

inline constexpr std::int64_t kMaxTopK = 1024;
inline constexpr std::int64_t kMaxTopKTokens = 1024;
// The survivors of all chunks of a row are ranked by one block, so they must fit one chunk.
inline constexpr std::int64_t kMaxTopKChunks = kTopKLong.chunk() / kMaxTopK;
inline constexpr std::int64_t kMaxTopKLogits = kMaxTopKChunks * kTopKLong.chunk();
static_assert(kMaxTopKLogits == 262'144, "a context of 2^20 tokens has 2^18 entries");

struct TopKProblem {
  std::int64_t logits = 0;  // capacity of a row: the live length is known on the device only
};

// Small blocks where a whole row fits them: their barriers cost less, and several share an SM.
[[nodiscard]] constexpr TopKConfig pick_config(const TopKProblem& problem, const DeviceLimits&) {
  return problem.logits <= kTopKShort.chunk() ? kTopKShort : kTopKLong;
}

// Blocks that a row of `logits` is given: one a chunk.
[[nodiscard]] constexpr std::int64_t topk_chunks(const TopKConfig& config, std::int64_t logits) {
  return ceil_div(logits, config.chunk());
}

}  // namespace dscope
