// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "kernels/moe/expert_bank.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

// How the two kernels of the mixture of experts are launched, decided by shapes and device limits
// alone: plain C++, no CUDA.
namespace dscope {

// Up to so many tokens, the columns of an mma are the tokens of the step; beyond, they are the
// (token, k) pairs of one expert.
inline constexpr int kMoeColumns = 8;
// Up to so many tokens, each has the columns of its own for the four scale groups of a stripe.
inline constexpr int kMoeGroupedTokens = 2;
inline constexpr std::int64_t kMoeMostTokens = 128;
inline constexpr std::int64_t kMoeMostExpertsPerToken = 8;

// Of each of 32 rows of the shared expert, in a step.
inline constexpr std::int64_t kMoeSharedStepBytes = 64;

// A block of either kernel: every warp streams weights through a ring of its own.
struct MoeStream {
  int warps = 8;
  int stages = 2;  // of the ring: stripes of MXFP4, or 64 bytes of 32 rows of the shared expert
  int blocks_per_sm = 1;  // that registers must allow
  friend constexpr bool operator==(const MoeStream&, const MoeStream&) = default;
};

struct MoeConfig {
  MoeStream gate_up;
  MoeStream down;
  friend constexpr bool operator==(const MoeConfig&, const MoeConfig&) = default;
};

inline constexpr std::array<MoeStream, 4> kMoeGateUpStreams{
    {{8, 2, 3}, {8, 3, 2}, {16, 2, 1}, {4, 3, 4}}};
inline constexpr std::array<MoeStream, 3> kMoeDownStreams{{{16, 2, 1}, {8, 2, 2}, {8, 4, 1}}};

// Every combination, for tuning.
[[nodiscard]] constexpr auto moe_configs() {
  std::array<MoeConfig, kMoeGateUpStreams.size() * kMoeDownStreams.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = {kMoeGateUpStreams[i / kMoeDownStreams.size()],
              kMoeDownStreams[i % kMoeDownStreams.size()]};
  }
  return all;
}

// The (token, k) pairs that one pass over an expert serves. A column without a pair has -1 and
// weight 0.
struct MoeGroup {
  std::int32_t pairs[kMoeColumns];
  float weights[kMoeColumns];
  std::int32_t expert;  // in the bank
  std::int32_t reserved[3];
};
static_assert(sizeof(MoeGroup) == 80);

// The groups of a step of up to kMoeColumns tokens, which every block finds for itself.
struct MoeBlockPlan {
  static constexpr int kPairs = kMoeColumns * kMoeMostExpertsPerToken;
  MoeGroup groups[kPairs];
  std::int32_t ids[kPairs];
  std::int32_t group_count;
};

// What a warp streams in one go: a stripe (expert_bank.h), or [4][32 lanes] 16-byte pieces of the
// shared expert, piece j of lane 4 g + q from row 8 j + g.
struct MoeStage {
  alignas(128) std::byte codes[ExpertStripe::kCodeBytes];
  std::byte scales[ExpertStripe::kBytes - ExpertStripe::kCodeBytes];
};
static_assert(sizeof(MoeStage) == ExpertStripe::kBytes);

// Sums of 32 rows by 8 columns, as the lanes of a warp hold them after an mma.
inline constexpr int kMoeSums = 8;

template <MoeStream kStream>
struct MoeSharedStorage {
  MoeStage ring[kStream.warps][kStream.stages];
  float partial[kStream.warps][kMoeSums][32];
  MoeBlockPlan plan;
};

// Dynamic shared memory of a block. (sizeof of the above, without needing the type.)
[[nodiscard]] constexpr std::int64_t shared_bytes(const MoeStream& stream) {
  const std::int64_t warp = stream.stages * sizeof(MoeStage) + kMoeSums * 32 * sizeof(float);
  return round_up(stream.warps * warp + static_cast<std::int64_t>(sizeof(MoeBlockPlan)),
                  alignof(MoeStage));
}

namespace detail {
template <MoeStream kStream>
inline constexpr bool kStreamFits = sizeof(MoeSharedStorage<kStream>) == shared_bytes(kStream) &&
                                    sizeof(MoeSharedStorage<kStream>) <= kSm120SharedPerBlock;
}  // namespace detail
static_assert(detail::kStreamFits<kMoeGateUpStreams[0]> &&
              detail::kStreamFits<kMoeGateUpStreams[1]> &&
              detail::kStreamFits<kMoeGateUpStreams[2]> &&
              detail::kStreamFits<kMoeGateUpStreams[3]>);
static_assert(detail::kStreamFits<kMoeDownStreams[0]> && detail::kStreamFits<kMoeDownStreams[1]> &&
              detail::kStreamFits<kMoeDownStreams[2]>);

struct MoeProblem {
  std::int64_t tokens = 1;
  std::int64_t hidden = 0;
  std::int64_t experts_per_token = 0;
  std::int64_t expert_count = 0;         // of this rank
  std::int64_t intermediate = 0;         // of a routed expert on this rank
  std::int64_t shared_intermediate = 0;  // 0: no shared expert
};

// What a tuned configuration is kept under.
[[nodiscard]] inline std::string tuning_shape(const MoeProblem& p) {
  return fmt::format("T{} d{} k{} E{} I{} shared{}", p.tokens, p.hidden, p.experts_per_token,
                     p.expert_count, p.intermediate, p.shared_intermediate);
}

// Whether the columns are tokens: no plan kernel, and the sum over experts stays in registers.
[[nodiscard]] constexpr bool columns_are_tokens(std::int64_t tokens) {
  return tokens <= kMoeColumns;
}

// Passes over the shared expert.
[[nodiscard]] constexpr std::int64_t shared_groups(const MoeProblem& p) {
  return p.shared_intermediate > 0 ? ceil_div(p.tokens, kMoeColumns) : 0;
}

// Most passes over routed experts that any ids ask for. Beyond 8 tokens an expert may need several.
[[nodiscard]] constexpr std::int64_t most_routed_groups(const MoeProblem& p) {
  const std::int64_t pairs = p.tokens * p.experts_per_token;
  if (p.expert_count == 0) return 0;
  const std::int64_t full = columns_are_tokens(p.tokens) ? 0 : pairs / kMoeColumns;
  return std::min(pairs, p.expert_count + full);
}

// Most tiles of 16 rows of h that any ids ask for.
[[nodiscard]] constexpr std::int64_t most_gate_up_tiles(const MoeProblem& p) {
  return shared_groups(p) * ceil_div(p.shared_intermediate, 16) +
         most_routed_groups(p) * (p.intermediate / 16);
}

[[nodiscard]] constexpr std::int64_t resident_blocks(const MoeStream& stream,
                                                     const DeviceLimits& limits) {
  const std::int64_t by_shared = limits.shared_per_sm / (shared_bytes(stream) + 1024);
  const std::int64_t by_warps = limits.warps_per_sm / stream.warps;
  return std::max<std::int64_t>(
      1, std::min({std::int64_t{stream.blocks_per_sm}, by_shared, by_warps}));
}

// Blocks of the first kernel: each takes every gate_up_blocks()-th tile.
[[nodiscard]] constexpr std::int64_t gate_up_blocks(const MoeProblem& p, const MoeStream& stream,
                                                    const DeviceLimits& limits) {
  const std::int64_t slots = limits.sms * resident_blocks(stream, limits);
  return std::max<std::int64_t>(1, std::min(slots, most_gate_up_tiles(p)));
}

// Blocks of the second: each owns 32 values of every output.
[[nodiscard]] constexpr std::int64_t down_blocks(const MoeProblem& p) {
  return p.hidden / 32;
}

// Beyond 8 tokens: parts of K whose sums are kept apart until the end. Two where there are few
// experts to share among the warps of a block.
inline constexpr std::int64_t kMoeFewTokens = 32;

// Parts of K in the second kernel: (pass over an expert, part) is what a warp takes at a time.
// Enough of them to occupy the warps evenly, no more than there are stripes.
[[nodiscard]] constexpr std::int64_t down_splits(const MoeProblem& p, const MoeStream& stream) {
  if (!columns_are_tokens(p.tokens)) return p.tokens <= kMoeFewTokens ? 2 : 1;
  const std::int64_t stripes =
      std::max(ExpertStripe::across(p.intermediate), ExpertStripe::across(p.shared_intermediate));
  const std::int64_t groups = std::max<std::int64_t>(1, most_routed_groups(p) + shared_groups(p));
  const std::int64_t wanted = ceil_div(8 * stream.warps, groups);
  if (stripes == 0) return 1;
  return ceil_div(stripes, ceil_div(stripes, std::min(wanted, stripes)));
}

// Stages of all rings of an SM: what is on its way from memory at a time.
[[nodiscard]] constexpr std::int64_t stages_in_flight(const MoeStream& stream,
                                                      const DeviceLimits& limits) {
  return resident_blocks(stream, limits) * stream.warps * stream.stages;
}

// What a warp of the first kernel issues for a step of 32 rows and at the end of a tile, counted in
// the code for sm_90. With few tokens that is what bounds it: a scheduler issues in at most 80 % of
// all cycles, a warp at most every 6th.
inline constexpr std::int64_t kMoeStepInstructions = 325;
inline constexpr std::int64_t kMoeTileInstructions = 300;
inline constexpr std::int64_t kMoeCyclesPerInstruction = 6;
inline constexpr std::int64_t kMoeTenCyclesOfAnSm = 32;  // instructions, of 4 schedulers

// Cycles of the busiest SM: its blocks take a tile at a time, side by side. FP8 tiles are two.
[[nodiscard]] constexpr std::int64_t gate_up_cost(const MoeProblem& p, const MoeStream& stream,
                                                  const DeviceLimits& limits) {
  const std::int64_t shared_tiles = shared_groups(p) * ceil_div(p.shared_intermediate, 16);
  const std::int64_t tiles = most_gate_up_tiles(p) + shared_tiles;
  const std::int64_t resident = resident_blocks(stream, limits);
  const std::int64_t rounds = ceil_div(tiles, limits.sms * resident);
  const std::int64_t warps =
      stream.warps * std::min(resident, ceil_div(tiles, std::int64_t{limits.sms}));
  const std::int64_t of_a_warp =
      ceil_div(ExpertStripe::across(p.hidden), std::int64_t{stream.warps}) * kMoeStepInstructions +
      kMoeTileInstructions;
  return rounds * std::max(warps * of_a_warp * 10 / kMoeTenCyclesOfAnSm,
                           of_a_warp * kMoeCyclesPerInstruction);
}

// Tiles an SM up to which the first kernel has all warps of an SM at one tile, and beyond which the
// last round no longer matters, only that small blocks end their tiles with the least work. In
// between, the blocks that cost least. As measured on an H200 (MEASUREMENTS.md).
inline constexpr std::int64_t kMoeFewTiles = 4;
inline constexpr std::int64_t kMoeManyTiles = 20;

// The second kernel: large blocks where all have an SM each, else smaller ones, several to an SM,
// which even out the last wave.
[[nodiscard]] constexpr MoeConfig pick_config(const MoeProblem& p, const DeviceLimits& limits) {
  const auto streams = kMoeGateUpStreams;
  MoeStream gate_up = streams[2];
  const std::int64_t tiles = most_gate_up_tiles(p);
  if (tiles > kMoeManyTiles * limits.sms) {
    gate_up = streams[3];
  } else if (tiles > kMoeFewTiles * limits.sms) {
    gate_up = *std::min_element(streams.begin(), streams.end(),
                                [&](const MoeStream& a, const MoeStream& b) {
                                  return gate_up_cost(p, a, limits) < gate_up_cost(p, b, limits);
                                });
  }
  return {gate_up, down_blocks(p) <= limits.sms ? kMoeDownStreams[0] : kMoeDownStreams[1]};
}

}  // namespace dscope
