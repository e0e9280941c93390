// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "workloads/formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

// How sparse decode attention is cut into blocks: plain C++, so that choices can be tested and
// predicted without a GPU.
namespace dscope {

inline constexpr int kSparseMlaTile = 32;       // cache entries a block works on at a time
inline constexpr int kSparseMlaSlice = 64;      // dims of an entry that one warp works on
inline constexpr int kSparseMlaMaxWarps = 8;    // 512 dims
inline constexpr int kSparseMlaMaxSplits = 64;  // parts that a token's entries are cut into
// A part has at least this many tiles where there are as many: merging costs more than it saves.
inline constexpr std::int64_t kSparseMlaSplitTiles = 2;
// Bound of the workspace: (token, head, split) rows of partial results, and as many counters, which
// lie at its beginning whatever the shape: they are zero between launches, of any shape.
inline constexpr std::int64_t kSparseMlaPartialRows = 16'384;
inline constexpr std::int64_t kSparseMlaCounterBytes = 4 * kSparseMlaPartialRows;

struct SparseMlaProblem {
  std::int64_t tokens = 0;
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t tiles = 0;  // of a token, at full length
};

struct SparseMlaConfig {
  int rows = 16;   // query rows of the tensor-core tile: 16 or 32, a template parameter
  int heads = 16;  // heads of a block, at most `rows`: fewer make the merge shorter
  int splits = 1;  // blocks that share a token's entries

  friend bool operator==(const SparseMlaConfig&, const SparseMlaConfig&) = default;
};

// What pick_config() chooses from; it sets the splits.
inline constexpr std::array<SparseMlaConfig, 4> kSparseMlaConfigs{{{.rows = 16, .heads = 4},
                                                                   {.rows = 16, .heads = 8},
                                                                   {.rows = 16, .heads = 16},
                                                                   {.rows = 32, .heads = 32}}};
[[nodiscard]] constexpr std::span<const SparseMlaConfig> sparse_mla_configs() {
  return kSparseMlaConfigs;
}

[[nodiscard]] constexpr std::int64_t sparse_mla_tiles(std::int64_t window_width,
                                                      std::int64_t compressed_width) {
  return ceil_div(window_width, kSparseMlaTile) + ceil_div(compressed_width, kSparseMlaTile);
}

// Splits that the workspace has room for. Decided by the shape alone, so that a workspace can be
// sized before anything else is known.
[[nodiscard]] constexpr std::int64_t sparse_mla_max_splits(std::int64_t tokens,
                                                           std::int64_t heads) {
  return std::clamp<std::int64_t>(kSparseMlaPartialRows / std::max<std::int64_t>(1, tokens * heads),
                                  1, kSparseMlaMaxSplits);
}

// Splits that have work for `tiles` tiles; the kernel says the same of the live length.
[[nodiscard]] constexpr std::int64_t sparse_mla_useful_splits(std::int64_t tiles) {
  return std::max<std::int64_t>(1, ceil_div(tiles, kSparseMlaSplitTiles));
}

// A rough time of one launch at full length, to rank configurations by. Blocks run in waves of one
// an SM (registers allow no more); a wave takes its longest chain of tiles. The entries pass L2
// once for every group of heads, and the last block of a group reads all its partial results alone.
[[nodiscard]] constexpr double sparse_mla_estimate_ns(const SparseMlaProblem& problem,
                                                      const SparseMlaConfig& config,
                                                      const DeviceLimits& device) {
  constexpr double kStartNs = 3'000;  // launch, lengths, indices, first gather
  constexpr double kMergeNs = 2'000;  // publish, count, read back
  constexpr double kMergeBytesPerNs = 100;
  constexpr double kL2BytesPerNs = 5'500;
  const double tile_ns = config.rows == 32 ? 900 : 550;
  const std::int64_t groups = problem.tokens * ceil_div(problem.heads, config.heads);
  const std::int64_t sms = std::max(1, device.sms);
  const auto waves = static_cast<double>(ceil_div(groups * config.splits, sms));
  const auto chain = static_cast<double>(ceil_div(problem.tiles, config.splits));
  const auto gathered =
      static_cast<double>(groups * problem.tiles * kSparseMlaTile * KvPage::kTokenBytes);
  double total = waves * (kStartNs + chain * tile_ns) + gathered / kL2BytesPerNs;
  if (config.splits > 1) {
    const auto merged = static_cast<double>(ceil_div(groups, sms) * config.splits * config.heads *
                                            problem.head_dim * 4);
    total += kMergeNs + merged / kMergeBytesPerNs;
  }
  return total;
}

[[nodiscard]] constexpr SparseMlaConfig pick_config(const SparseMlaProblem& problem,
                                                    const DeviceLimits& device) {
  const std::int64_t most = std::min(sparse_mla_max_splits(problem.tokens, problem.heads),
                                     sparse_mla_useful_splits(problem.tiles));
  SparseMlaConfig best = sparse_mla_configs().front();
  double best_ns = -1;
  for (SparseMlaConfig config : sparse_mla_configs()) {
    for (config.splits = 1; config.splits <= most; ++config.splits) {
      const double ns = sparse_mla_estimate_ns(problem, config, device);
      if (best_ns >= 0 && ns >= best_ns) continue;
      best = config;
      best_ns = ns;
    }
  }
  return best;
}

// Every choice there is, for tuning: a configuration with a number of splits.
[[nodiscard]] constexpr std::size_t sparse_mla_choices() {
  return kSparseMlaConfigs.size() * static_cast<std::size_t>(kSparseMlaMaxSplits);
}
[[nodiscard]] constexpr SparseMlaConfig sparse_mla_choice(std::size_t index) {
  constexpr auto kSplits = static_cast<std::size_t>(kSparseMlaMaxSplits);
  SparseMlaConfig config = kSparseMlaConfigs[index / kSplits];
  config.splits = static_cast<int>(index % kSplits) + 1;
  return config;
}

// What a tuned choice is kept under.
[[nodiscard]] inline std::string tuning_shape(const SparseMlaProblem& p) {
  return fmt::format("T{} H{} D{} tiles{}", p.tokens, p.heads, p.head_dim, p.tiles);
}

}  // namespace dscope
