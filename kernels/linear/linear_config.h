// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "workloads/formats.h"
#include "workloads/weight_matrix.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

// How the tensor-core kernel of linear.cuh is launched, decided by shapes and device limits alone.
namespace dscope {

// A block computes tiles of 16 * row_tiles weight rows, one after another, for up to
// 8 * column_tiles tokens a pass. Its warps divide the columns of the rows between them.
struct LinearConfig {
  int row_tiles = 1;
  int column_tiles = 1;
  int warps = 4;
  int prefetch = 4;       // chunks (64 bytes of each row of a tile) that a warp has in flight
  int stage_bytes = 0;    // shared memory for tokens
  int blocks_per_sm = 1;  // that registers must allow
  friend constexpr bool operator==(const LinearConfig&, const LinearConfig&) = default;
};

// Bytes between staged tokens of `values` BF16 values: 64 modulo 128 keeps the rows of two
// neighbouring tokens in different shared-memory banks.
[[nodiscard]] constexpr std::int64_t linear_stage_stride(std::int64_t values) {
  const std::int64_t bytes = 2 * values;
  return bytes % 128 == 64 ? bytes : bytes + 64;
}

inline constexpr std::array<LinearConfig, 4> kLinearConfigs{{
    // Up to 8 tokens that stay in shared memory while the block goes through its tiles; small
    // blocks, so that short rows keep every warp busy. 8 tokens of 1024 values, 1 of 8192.
    {1, 1, 4, 4, static_cast<int>(8 * linear_stage_stride(1024)), 4},
    // Up to 8 tokens of long rows: 8 of 4096 values stay.
    {1, 1, 16, 4, static_cast<int>(8 * linear_stage_stride(4096)), 1},
    // Up to 16 tokens, 2048 values of each at a time.
    {1, 2, 16, 2, static_cast<int>(16 * linear_stage_stride(2048)), 1},
    // 32 tokens a pass, 1024 values of each at a time; two row tiles share what is staged.
    {2, 4, 8, 2, static_cast<int>(32 * linear_stage_stride(1024)), 1},
}};

template <LinearConfig kConfig>
struct LinearSharedStorage {
  // Two floats more than a warp's sums take: the same sum of neighbouring warps lies in different
  // banks.
  static constexpr int kPartials = kConfig.row_tiles * kConfig.column_tiles * 128 + 2;
  alignas(16) std::byte x[kConfig.stage_bytes];
  alignas(16) float partials[kConfig.warps][kPartials];
};

namespace detail {
template <std::size_t... kIndex>
[[nodiscard]] constexpr std::int64_t linear_shared_bytes(const LinearConfig& config,
                                                         std::index_sequence<kIndex...>) {
  std::int64_t bytes = 0;
  ((config == kLinearConfigs[kIndex]
        ? void(bytes = sizeof(LinearSharedStorage<kLinearConfigs[kIndex]>))
        : void()),
   ...);
  return bytes;
}
}  // namespace detail

// Dynamic shared memory of a block; 0 for a configuration that is not in kLinearConfigs.
[[nodiscard]] constexpr std::int64_t shared_bytes(const LinearConfig& config) {
  return detail::linear_shared_bytes(config, std::make_index_sequence<kLinearConfigs.size()>{});
}

struct LinearProblem {
  WeightFormat format = WeightFormat::kBf16;
  std::int64_t tokens = 1;
  std::int64_t groups = 1;
  std::array<std::int64_t, 2> rows{};  // of a group, of one or two matrices with the same input
  std::int64_t cols = 0;
  bool quantise = false;
  bool aligned = true;  // rows, inputs and column slices begin on 16 bytes
};

// What a launch is made of.
struct LinearPlan {
  LinearConfig config;
  int split = 1;           // slices of K inside a tile: 16 / split rows for 8 / split tokens
  int window_batches = 1;  // of prefetch * warps chunks, staged at a time
  int tiles_per_block = 1;
  std::int64_t tiles = 0;
  std::int64_t blocks = 0;
};

inline constexpr std::int64_t kLinearChunkBytes = 64;

// Values of a row in a chunk; 0: the format has no tensor-core path.
[[nodiscard]] constexpr std::int64_t linear_chunk_values(WeightFormat format) {
  switch (format) {
    case WeightFormat::kBf16:
      return kLinearChunkBytes / 2;
    case WeightFormat::kFp8:
      return kLinearChunkBytes;
    default:
      return 0;
  }
}

// Values of a row that a block takes in one go: `prefetch` chunks for each of its warps.
[[nodiscard]] constexpr std::int64_t linear_batch_values(const LinearProblem& p,
                                                         const LinearConfig& c) {
  return c.prefetch * c.warps * linear_chunk_values(p.format);
}

[[nodiscard]] constexpr bool can_split(const LinearProblem& p, const LinearConfig& c, int split) {
  if (split == 1) return true;
  return c.row_tiles == 1 && c.column_tiles == 1 && p.tokens <= 8 / split &&
         p.cols % (split * linear_chunk_values(p.format)) == 0 &&
         (!p.quantise || p.cols % (split * kActivationGroup) == 0);
}

// Batches whose tokens fit the staging memory, at most those of a whole slice.
[[nodiscard]] constexpr std::int64_t linear_window_batches(const LinearProblem& p,
                                                           const LinearConfig& c, int split) {
  const std::int64_t chunk = linear_chunk_values(p.format);
  const std::int64_t slice = round_up(p.cols / split, chunk);
  const std::int64_t batch = linear_batch_values(p, c);
  const std::int64_t rows = split * std::min<std::int64_t>(p.tokens, 8 * c.column_tiles);
  std::int64_t batches = ceil_div(slice, batch);
  while (batches > 1 &&
         rows * linear_stage_stride(std::min(slice, batches * batch)) > c.stage_bytes) {
    --batches;
  }
  return batches;
}

// Blocks of a configuration that share an SM.
[[nodiscard]] constexpr std::int64_t resident_blocks(const LinearConfig& c,
                                                     const DeviceLimits& limits) {
  const std::int64_t by_shared = limits.shared_per_sm / (shared_bytes(c) + 1024);
  const std::int64_t by_warps = limits.warps_per_sm / c.warps;
  return std::max<std::int64_t>(1, std::min({std::int64_t{c.blocks_per_sm}, by_shared, by_warps}));
}

[[nodiscard]] constexpr LinearPlan plan_with_split(const LinearProblem& p, const LinearConfig& c,
                                                   const DeviceLimits& limits, int split) {
  LinearPlan plan{.config = c, .split = split};
  plan.window_batches = static_cast<int>(linear_window_batches(p, c, split));
  const std::int64_t tile_rows = 16 * c.row_tiles / split;
  for (const std::int64_t rows : p.rows) plan.tiles += p.groups * ceil_div(rows, tile_rows);
  const std::int64_t slots = limits.sms * resident_blocks(c, limits);
  plan.tiles_per_block = static_cast<int>(std::max<std::int64_t>(1, ceil_div(plan.tiles, slots)));
  plan.blocks = ceil_div(plan.tiles, plan.tiles_per_block);
  return plan;
}

// Time of a launch in arbitrary units: the bytes of the busiest SM, stretched where too few of them
// are in flight to draw its share of the memory bandwidth. The end of a tile (two barriers and the
// sum over warps) costs as much as some bytes.
[[nodiscard]] constexpr std::int64_t launch_cost(const LinearProblem& p, const LinearPlan& plan,
                                                 const DeviceLimits& limits) {
  // Bandwidth of an SM's share times latency: 36 B/ns * 0.9 us on H200, less on GB202.
  constexpr std::int64_t kWanted = 32 * 1024;
  constexpr std::int64_t kTileEnd = 2 * 1024;
  const LinearConfig& c = plan.config;
  const std::int64_t slice_chunks = ceil_div(p.cols / plan.split, linear_chunk_values(p.format));
  const std::int64_t tile_bytes = 16 * c.row_tiles * slice_chunks * kLinearChunkBytes;
  const std::int64_t blocks = ceil_div(plan.blocks, limits.sms);
  const std::int64_t warp_chunks =
      std::min<std::int64_t>(c.prefetch, ceil_div(slice_chunks, c.warps));
  const std::int64_t in_flight =
      blocks * c.warps * warp_chunks * c.row_tiles * 16 * kLinearChunkBytes;
  const std::int64_t bytes = blocks * plan.tiles_per_block * (tile_bytes + kTileEnd);
  return bytes * std::max(in_flight, kWanted) / in_flight;
}

// The split of K that costs least; the smaller one where costs are equal.
[[nodiscard]] constexpr LinearPlan plan_linear(const LinearProblem& p, const LinearConfig& c,
                                               const DeviceLimits& limits) {
  LinearPlan best = plan_with_split(p, c, limits, 1);
  for (const int split : {2, 4, 8}) {
    if (!can_split(p, c, split)) continue;
    const LinearPlan plan = plan_with_split(p, c, limits, split);
    if (launch_cost(p, plan, limits) < launch_cost(p, best, limits)) best = plan;
  }
  return best;
}

// The configuration for a problem; none: the plain kernel has to do.
[[nodiscard]] constexpr std::optional<LinearConfig> pick_config(const LinearProblem& p,
                                                                const DeviceLimits& /*limits*/) {
  const std::int64_t piece = linear_chunk_values(p.format) / 4;  // 16 bytes
  if (piece == 0 || !p.aligned || p.cols % piece != 0) return std::nullopt;
  if (p.tokens > 16) return kLinearConfigs[3];
  if (p.tokens > 8) return kLinearConfigs[2];
  const LinearConfig& small = kLinearConfigs[0];
  const bool stays = linear_window_batches(p, small, 1) * linear_batch_values(p, small) >= p.cols;
  return stays ? small : kLinearConfigs[1];
}

// Every format's smallest window must fit what is staged.
static_assert([] {
  for (const LinearConfig& c : kLinearConfigs) {
    const LinearProblem p{.format = WeightFormat::kFp8, .tokens = 128};
    const std::int64_t bytes = 8 * c.column_tiles * linear_stage_stride(linear_batch_values(p, c));
    if (bytes > c.stage_bytes || shared_bytes(c) > kSm120SharedPerBlock) return false;
  }
  return true;
}());

}  // namespace dscope
