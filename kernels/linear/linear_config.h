// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "workloads/formats.h"
#include "workloads/weight_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

// How the tensor-core kernel of linear.cuh is launched, decided by shapes and device limits alone.
namespace dscope {

// Time floors: the weights at the bandwidth of the memory (FP8 32768 x 1024 on H200: 7.6 us); for
// many tokens also two bytes of L2 and shared memory traffic a token, value and tile, and 2 T flops
// a weight. What the choices below are for, with the effects that are expected of them:
//
// - A warp that has whole rows to itself needs no sum over warps, no barrier and no trip through
//   shared memory at the end of a tile: it streams. Warps share rows only where there are too few
//   rows to fill the device (`row_warps` below, chosen by launch_cost).
// - Tokens that stay in shared memory are staged once a block; longer rows in windows of K, two at
//   a time, so that copying one hides behind the products of the other.
// - Up to 64 tokens at once (8 column tiles, 32 registers of sums) let weights be read and decoded
//   once. There a block of 8 warps takes 128 rows, which bounds how often tokens are staged: 32768
//   rows x 1024 stage 32 MiB for 64 tokens out of L2, as much as the weights; the products of a
//   warp read 16 bytes of shared memory a lane for two mma, about what tensor cores keep up with.
// - Passes over more tokens than that are units of their own, so that they too fill the device.

// A block computes tiles of 16 * row_tiles * (warps side by side) weight rows, one after another,
// for up to 8 * column_tiles tokens.
struct LinearConfig {
  int row_tiles = 1;
  int column_tiles = 1;
  int warps = 4;
  int prefetch = 4;         // chunks (64 bytes of each row of a tile) that a warp has in flight
  int stage_bytes = 0;      // shared memory for tokens
  int blocks_per_sm = 1;    // that registers must allow
  bool shares_rows = true;  // whether warps may divide the columns of rows between them
  friend constexpr bool operator==(const LinearConfig&, const LinearConfig&) = default;
};

// Bytes between staged tokens of `values` BF16 values: 64 modulo 128 keeps the rows of two
// neighbouring tokens in different shared-memory banks.
[[nodiscard]] constexpr std::int64_t linear_stage_stride(std::int64_t values) {
  const std::int64_t bytes = 2 * values;
  return bytes % 128 == 64 ? bytes : bytes + 64;
}

inline constexpr std::array<LinearConfig, 5> kLinearConfigs{{
    // Up to 8 tokens that stay in shared memory while the block goes through its tiles; small
    // blocks, so that short rows keep every warp busy. 8 tokens of 1024 values, 1 of 8192.
    {1, 1, 4, 4, static_cast<int>(8 * linear_stage_stride(1024)), 4},
    // Up to 8 tokens of long rows: 8 of 4096 values stay, or twice 2048 take turns.
    {1, 1, 16, 4, static_cast<int>(2 * 8 * linear_stage_stride(2048)), 1},
    // Up to 16 tokens, 2048 values of each at a time.
    {1, 2, 16, 2, static_cast<int>(16 * linear_stage_stride(2048)), 1},
    // 32 tokens a pass, 1024 values of each at a time; two row tiles share what is staged.
    {2, 4, 8, 2, static_cast<int>(32 * linear_stage_stride(1024)), 1},
    // 64 tokens a pass, twice 256 values of each; every warp has rows of its own.
    {1, 8, 8, 2, static_cast<int>(2 * 64 * linear_stage_stride(256)), 2, false},
}};

template <LinearConfig kConfig>
struct LinearSharedStorage {
  // Sums of a warp that shares its rows.
  static constexpr int kPartials =
      kConfig.shares_rows ? kConfig.row_tiles * kConfig.column_tiles * 128 : 4;
  alignas(16) std::byte x[kConfig.stage_bytes];
  alignas(16) float partials[kConfig.shares_rows ? kConfig.warps : 1][kPartials];
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

// What a launch is made of. A unit is a tile for the tokens of one pass.
struct LinearPlan {
  LinearConfig config;
  int split = 1;           // slices of K inside a tile: 16 / split rows for 8 / split tokens
  int row_warps = 1;       // warps side by side; warps / row_warps of them share rows
  int window_batches = 1;  // that are staged at a time
  int buffers = 1;         // of windows: with two, one is filled while the other is read
  std::int64_t tiles = 0;
  std::int64_t passes = 1;
  std::int64_t units_per_block = 1;
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

// Values of a row that a block takes in one go (a batch): `prefetch` chunks for each of the warps
// that share it.
[[nodiscard]] constexpr std::int64_t linear_batch_values(const LinearProblem& p,
                                                         const LinearConfig& c, int row_warps) {
  return c.prefetch * (c.warps / row_warps) * linear_chunk_values(p.format);
}

[[nodiscard]] constexpr std::int64_t linear_tile_rows(const LinearPlan& plan) {
  return std::int64_t{16} * plan.config.row_tiles * plan.row_warps / plan.split;
}

[[nodiscard]] constexpr std::int64_t linear_passes(const LinearProblem& p, const LinearConfig& c) {
  return ceil_div(p.tokens, 8 * c.column_tiles);
}

[[nodiscard]] constexpr bool can_split(const LinearProblem& p, const LinearConfig& c, int split) {
  if (split == 1) return true;
  return c.row_tiles == 1 && c.column_tiles == 1 && p.tokens <= 8 / split &&
         p.cols % (split * linear_chunk_values(p.format)) == 0 &&
         (!p.quantise || p.cols % (split * kActivationGroup) == 0);
}

// Rows that staging has room for: with several column tiles all that mma reads, used or not.
[[nodiscard]] constexpr std::int64_t linear_staged_rows(const LinearProblem& p,
                                                        const LinearPlan& plan) {
  const std::int64_t columns = 8 * plan.config.column_tiles;
  return columns > 8 ? columns : plan.split * std::min(p.tokens, columns);
}

// Batches of a plan's slice whose tokens fit so many bytes, 0 if none do. Windows hold whole groups
// of quantised activations.
[[nodiscard]] constexpr std::int64_t batches_that_fit(const LinearProblem& p,
                                                      const LinearPlan& plan, std::int64_t bytes) {
  const std::int64_t slice = round_up(p.cols / plan.split, linear_chunk_values(p.format));
  const std::int64_t batch = linear_batch_values(p, plan.config, plan.row_warps);
  const std::int64_t rows = linear_staged_rows(p, plan);
  for (std::int64_t batches = ceil_div(slice, batch); batches > 0; --batches) {
    const bool whole = batches * batch >= slice;
    const bool aligned = whole || batches * batch % kActivationGroup == 0;
    if (aligned && rows * linear_stage_stride(std::min(slice, batches * batch)) <= bytes) {
      return batches;
    }
  }
  return 0;
}

// One window that stays if possible, else two that take turns, else one at a time.
inline constexpr void choose_windows(const LinearProblem& p, LinearPlan& plan) {
  const std::int64_t all = ceil_div(round_up(p.cols / plan.split, linear_chunk_values(p.format)),
                                    linear_batch_values(p, plan.config, plan.row_warps));
  const std::int64_t alone = batches_that_fit(p, plan, plan.config.stage_bytes);
  const std::int64_t in_turns = batches_that_fit(p, plan, plan.config.stage_bytes / 2);
  const bool stays = alone == all && plan.passes == 1;
  plan.buffers = in_turns == 0 || (stays && in_turns < all) ? 1 : 2;
  plan.window_batches = static_cast<int>(plan.buffers == 2 ? in_turns : alone);
}

// Blocks of a configuration that share an SM.
[[nodiscard]] constexpr std::int64_t resident_blocks(const LinearConfig& c,
                                                     const DeviceLimits& limits) {
  const std::int64_t by_shared = limits.shared_per_sm / (shared_bytes(c) + 1024);
  const std::int64_t by_warps = limits.warps_per_sm / c.warps;
  return std::max<std::int64_t>(1, std::min({std::int64_t{c.blocks_per_sm}, by_shared, by_warps}));
}

[[nodiscard]] constexpr LinearPlan plan_with(const LinearProblem& p, const LinearConfig& c,
                                             const DeviceLimits& limits, int split, int row_warps) {
  LinearPlan plan{.config = c, .split = split, .row_warps = row_warps};
  plan.passes = linear_passes(p, c);
  choose_windows(p, plan);
  const std::int64_t tile_rows = linear_tile_rows(plan);
  for (const std::int64_t rows : p.rows) plan.tiles += p.groups * ceil_div(rows, tile_rows);
  const std::int64_t slots = limits.sms * resident_blocks(c, limits);
  const std::int64_t units = plan.tiles * plan.passes;
  plan.units_per_block = std::max<std::int64_t>(1, ceil_div(units, slots));
  plan.blocks = ceil_div(units, plan.units_per_block);
  return plan;
}

// Time of a launch in arbitrary units: the bytes of the busiest SM, stretched where too few of them
// are in flight to draw its share of the memory bandwidth. Warps that share rows end a tile with
// two barriers and a sum over warps, and a window that is not filled ahead with a wait: these count
// as bytes.
[[nodiscard]] constexpr std::int64_t launch_cost(const LinearProblem& p, const LinearPlan& plan,
                                                 const DeviceLimits& limits) {
  // Bandwidth of an SM's share times latency: 36 B/ns * 0.9 us on H200, less on GB202.
  constexpr std::int64_t kWanted = 32 * 1024;
  constexpr std::int64_t kSharedEnd = 4 * 1024;
  constexpr std::int64_t kOwnEnd = 512;
  constexpr std::int64_t kWindowWait = 16 * 1024;
  const LinearConfig& c = plan.config;
  const std::int64_t slice_chunks = ceil_div(p.cols / plan.split, linear_chunk_values(p.format));
  const std::int64_t row_bytes = slice_chunks * kLinearChunkBytes;
  const std::int64_t sharing = c.warps / plan.row_warps;
  const std::int64_t windows =
      ceil_div(ceil_div(slice_chunks, c.prefetch * sharing), plan.window_batches);
  std::int64_t unit_bytes = 16 * c.row_tiles * plan.row_warps * row_bytes;
  unit_bytes += sharing == 1 && plan.split == 1 ? kOwnEnd : kSharedEnd;
  if (plan.buffers == 1 && windows > 1) unit_bytes += windows * kWindowWait;
  const std::int64_t blocks = ceil_div(plan.blocks, limits.sms);
  const std::int64_t warp_chunks =
      std::min<std::int64_t>(c.prefetch, ceil_div(slice_chunks, sharing));
  const std::int64_t busy_warps = std::min<std::int64_t>(c.warps, plan.row_warps * slice_chunks);
  const std::int64_t in_flight =
      blocks * busy_warps * warp_chunks * c.row_tiles * 16 * kLinearChunkBytes;
  const std::int64_t bytes = blocks * plan.units_per_block * unit_bytes;
  return bytes * std::max(in_flight, kWanted) / in_flight;
}

// The split of K and the arrangement of warps that cost least; the smaller where costs are equal.
[[nodiscard]] constexpr LinearPlan plan_linear(const LinearProblem& p, const LinearConfig& c,
                                               const DeviceLimits& limits) {
  LinearPlan best;
  std::int64_t least = 0;
  for (const int split : {1, 2, 4, 8}) {
    if (!can_split(p, c, split)) continue;
    for (int row_warps = c.shares_rows ? 1 : c.warps; row_warps <= c.warps; row_warps *= 2) {
      const LinearPlan plan = plan_with(p, c, limits, split, row_warps);
      if (plan.window_batches == 0) continue;
      const std::int64_t cost = launch_cost(p, plan, limits);
      if (best.blocks == 0 || cost < least) {
        best = plan;
        least = cost;
      }
    }
  }
  return best;
}

// A way to run a problem, for tuning: a configuration, a split of K and an arrangement of warps.
struct LinearChoice {
  int config = 0;  // index into kLinearConfigs
  int split = 1;
  int row_warps = 1;
};

namespace detail {
// Calls visit(choice) with every combination that some problem can use.
template <class Visit>
constexpr void each_linear_choice(Visit visit) {
  for (std::size_t i = 0; i < kLinearConfigs.size(); ++i) {
    const LinearConfig& c = kLinearConfigs[i];
    const int most_split = c.row_tiles == 1 && c.column_tiles == 1 ? 8 : 1;
    for (int split = 1; split <= most_split; split *= 2) {
      for (int row_warps = c.shares_rows ? 1 : c.warps; row_warps <= c.warps; row_warps *= 2) {
        visit(LinearChoice{static_cast<int>(i), split, row_warps});
      }
    }
  }
}
[[nodiscard]] constexpr std::size_t count_linear_choices() {
  std::size_t count = 0;
  each_linear_choice([&](const LinearChoice&) { ++count; });
  return count;
}
}  // namespace detail

[[nodiscard]] constexpr auto linear_choices() {
  std::array<LinearChoice, detail::count_linear_choices()> all{};
  std::size_t next = 0;
  detail::each_linear_choice([&](const LinearChoice& choice) { all[next++] = choice; });
  return all;
}

// The plan of a choice; none where it cannot run the problem.
[[nodiscard]] constexpr std::optional<LinearPlan> plan_of(const LinearProblem& p,
                                                          const LinearChoice& choice,
                                                          const DeviceLimits& limits) {
  const LinearConfig& c = kLinearConfigs[static_cast<std::size_t>(choice.config)];
  if (!can_split(p, c, choice.split)) return std::nullopt;
  const LinearPlan plan = plan_with(p, c, limits, choice.split, choice.row_warps);
  if (plan.window_batches == 0) return std::nullopt;
  return plan;
}

// What a tuned choice is kept under.
[[nodiscard]] inline std::string tuning_shape(const LinearProblem& p) {
  return fmt::format("{} T{} G{} N{}+{} K{}{}", p.format == WeightFormat::kFp8 ? "fp8" : "bf16",
                     p.tokens, p.groups, p.rows[0], p.rows[1], p.cols, p.quantise ? " a8" : "");
}

// The configuration for a problem; none: the plain kernel has to do.
[[nodiscard]] constexpr std::optional<LinearConfig> pick_config(const LinearProblem& p,
                                                                const DeviceLimits& limits) {
  const std::int64_t piece = linear_chunk_values(p.format) / 4;  // 16 bytes
  if (piece == 0 || !p.aligned || p.cols % piece != 0) return std::nullopt;
  if (p.tokens > 32) {
    // Worth it where tiles of 128 rows occupy most of the device.
    const LinearConfig& wide = kLinearConfigs[4];
    const LinearPlan plan = plan_with(p, wide, limits, 1, wide.warps);
    if (2 * plan.tiles * plan.passes >= limits.sms) return wide;
  }
  if (p.tokens > 16) return kLinearConfigs[3];
  if (p.tokens > 8) return kLinearConfigs[2];
  const LinearConfig& small = kLinearConfigs[0];
  const std::int64_t values = round_up(p.cols, linear_chunk_values(p.format));
  return p.tokens * linear_stage_stride(values) <= small.stage_bytes ? small : kLinearConfigs[1];
}

// Whatever the warps' arrangement, some window must fit what is staged.
static_assert([] {
  for (const LinearConfig& c : kLinearConfigs) {
    if (shared_bytes(c) > kSm120SharedPerBlock) return false;
    for (const WeightFormat format : {WeightFormat::kBf16, WeightFormat::kFp8}) {
      const LinearProblem p{.format = format, .tokens = 128};
      const std::int64_t batch = linear_batch_values(p, c, c.shares_rows ? 1 : c.warps);
      const std::int64_t window = round_up(batch, kActivationGroup);
      if (8 * c.column_tiles * linear_stage_stride(window) > c.stage_bytes) return false;
    }
  }
  return true;
}());

}  // namespace dscope
