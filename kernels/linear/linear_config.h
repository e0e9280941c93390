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
  int prefetch = 4;         // chunks (64 bytes of each row of a tile): see linear_prefetch()
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

inline constexpr std::array<LinearConfig, 6> kLinearConfigs{{
    // Up to 8 tokens a pass. 8 of 4096 values stay in shared memory, or twice 2048 take turns.
    {1, 1, 16, 4, static_cast<int>(2 * 8 * linear_stage_stride(2048)), 1},
    // The same in smaller blocks, two an SM: what one waits for, the other hides. 8 of 1024 values.
    {1, 1, 8, 4, static_cast<int>(8 * linear_stage_stride(1024)), 2},
    // Up to 16 tokens a pass, likewise: 2048 values of each at a time, or 1024.
    {1, 2, 16, 4, static_cast<int>(16 * linear_stage_stride(2048)), 1},
    {1, 2, 8, 4, static_cast<int>(16 * linear_stage_stride(1024)), 2},
    // 32 tokens a pass, 1024 values of each at a time; two row tiles share what is staged.
    {2, 4, 8, 4, static_cast<int>(32 * linear_stage_stride(1024)), 1},
    // 64 tokens a pass, twice 256 values of each; every warp has rows of its own.
    {2, 8, 8, 4, static_cast<int>(2 * 64 * linear_stage_stride(256)), 1, false},
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

// Chunks that a warp has in flight. One of FP8 holds twice the values, and scales: where many sums
// leave few registers, half as many.
[[nodiscard]] constexpr int linear_prefetch(WeightFormat format, const LinearConfig& c) {
  const bool many_sums = c.row_tiles * c.column_tiles > 8;
  return format == WeightFormat::kFp8 && many_sums ? c.prefetch / 2 : c.prefetch;
}

// Values of a row that a block takes in one go (a batch): what is in flight for each of the warps
// that share it.
[[nodiscard]] constexpr std::int64_t linear_batch_values(const LinearProblem& p,
                                                         const LinearConfig& c, int row_warps) {
  return linear_prefetch(p.format, c) * (c.warps / row_warps) * linear_chunk_values(p.format);
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

// What a launch is expected to take, in ns of an H200: the work of the busiest SM, and what its
// blocks wait for between pieces of it. The constants were fitted to 17,754 measured times: 19
// shapes of V4-Flash and V4-Pro, 1 to 128 tokens, every configuration and arrangement of warps
// (MEASUREMENTS.md). They are for choosing: launch latency and the ends of the memory system, which
// all choices share, are left out.
[[nodiscard]] constexpr std::int64_t launch_cost(const LinearProblem& p, const LinearPlan& plan,
                                                 const DeviceLimits& limits) {
  constexpr std::int64_t kWeightNs = 12;       // a KiB
  constexpr std::int64_t kWanted = 36 * 1024;  // bytes in flight that draw an SM's bandwidth
  constexpr std::int64_t kStageNs = 68;        // a KiB of tokens
  constexpr std::int64_t kStageWaitNs = 104;   // the same where nothing goes on meanwhile
  constexpr std::int64_t kUnitNs = 2500;       // to begin and end a unit
  constexpr std::int64_t kWindowNs = 240;      // a barrier, and the copies behind it
  constexpr std::int64_t kWarpNs = 32;         // of a block, to wait for each other
  const LinearConfig& c = plan.config;
  const int prefetch = linear_prefetch(p.format, c);
  const std::int64_t chunks = ceil_div(p.cols / plan.split, linear_chunk_values(p.format));
  const std::int64_t sharing = c.warps / plan.row_warps;
  const std::int64_t warp_chunks = ceil_div(chunks, sharing);
  const std::int64_t windows = ceil_div(ceil_div(warp_chunks, prefetch), plan.window_batches);
  const bool stays = windows == 1 && plan.passes == 1;
  const std::int64_t stagings = stays ? 1 : plan.units_per_block;
  const bool waits = plan.buffers == 1 && !stays;
  const std::int64_t blocks = ceil_div(plan.blocks, limits.sms);
  const std::int64_t units = blocks * plan.units_per_block;

  std::int64_t weight_bytes =
      units * 16 * c.row_tiles * plan.row_warps * chunks * kLinearChunkBytes;
  const std::int64_t busy_warps = std::min<std::int64_t>(c.warps, plan.row_warps * chunks);
  const std::int64_t in_flight = blocks * busy_warps *
                                 std::min<std::int64_t>(prefetch, warp_chunks) * c.row_tiles * 16 *
                                 kLinearChunkBytes;
  weight_bytes = weight_bytes * std::max(in_flight, kWanted) / in_flight;
  // Without a barrier now and then warps drift apart, and each reads memory far from the others.
  if (sharing == 1 && stays && plan.units_per_block > 1) weight_bytes += weight_bytes / 5;
  const std::int64_t token_bytes =
      2 * p.cols * std::min<std::int64_t>(p.tokens, 8 * c.column_tiles) * blocks * stagings;
  // A chunk of 16 rows: 3/4 ns for each pair of mma, and 6 to decode FP8.
  const std::int64_t fragments = units * c.warps * warp_chunks * c.row_tiles;
  const bool fp8 = p.format == WeightFormat::kFp8;
  const std::int64_t chunk_quarter_ns = 3 * c.column_tiles * (fp8 ? 2 : 1) + (fp8 ? 4 * 6 : 0);

  return (kWeightNs * weight_bytes + (waits ? kStageWaitNs : kStageNs) * token_bytes) / 1024 +
         fragments * chunk_quarter_ns / 4 + kUnitNs * plan.units_per_block +
         (waits ? 0 : kWindowNs * (stays ? 1 : stagings * windows)) + kWarpNs * c.warps;
}

// The split of K and the arrangement of warps that cost least; the smaller where costs are equal.
// No blocks: the configuration cannot run the problem.
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

// The configuration for a problem: that whose best plan costs least. None: the plain kernel has to
// do.
[[nodiscard]] constexpr std::optional<LinearConfig> pick_config(const LinearProblem& p,
                                                                const DeviceLimits& limits) {
  const std::int64_t piece = linear_chunk_values(p.format) / 4;  // 16 bytes
  if (piece == 0 || !p.aligned || p.cols % piece != 0) return std::nullopt;
  std::optional<LinearConfig> best;
  std::int64_t least = 0;
  for (const LinearConfig& c : kLinearConfigs) {
    const LinearPlan plan = plan_linear(p, c, limits);
    if (plan.blocks == 0) continue;
    const std::int64_t cost = launch_cost(p, plan, limits);
    if (!best || cost < least) {
      best = c;
      least = cost;
    }
  }
  return best;
}

// Whatever the shape, some configuration can run it: a row of one block's tile is staged in windows
// of one batch, if need be.
static_assert([] {
  for (const LinearConfig& c : kLinearConfigs) {
    if (shared_bytes(c) > kSm120SharedPerBlock) return false;
    for (const WeightFormat format : {WeightFormat::kBf16, WeightFormat::kFp8}) {
      const LinearProblem p{.format = format, .tokens = 128};
      const std::int64_t window = round_up(linear_batch_values(p, c, c.warps), kActivationGroup);
      if (8 * c.column_tiles * linear_stage_stride(window) > c.stage_bytes) return false;
    }
  }
  return true;
}());

}  // namespace dscope
