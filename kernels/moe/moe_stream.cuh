// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/memory.cuh"
#include "kernels/device/mma.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/device/weight_fragment.cuh"
#include "kernels/moe/moe_kernels.cuh"

#include <cstdint>

// Weights on their way from global memory into mma operands, for one warp: 32 rows, a step at a
// time. A step is a stripe of the bank (128 columns of MXFP4) or 64 bytes of each row of the shared
// expert (FP8 or BF16, in the layout of the checkpoint).
//
// Weights are copied asynchronously into a ring of stages that belongs to the warp. Every lane
// reads back only the codes that it copied itself, so no barrier is needed for them; the 128 bytes
// of a stripe's scales are copied by 8 lanes for all, hence the __syncwarp() on either side of a
// stage's use. Tokens are read from global memory as mma operands: they are few, every warp of an
// SM reads the same ones, and the first level of the cache keeps them.
namespace dscope::moe {

using device::commit_copies;
using device::copy_async_16;

inline constexpr int kStripeBytes = static_cast<int>(ExpertStripe::kBytes);
inline constexpr int kStripeCols = static_cast<int>(ExpertStripe::kCols);
inline constexpr int kPieceBytes = 512;  // 16 of every lane

template <WeightFormat kShared>
inline constexpr int kSharedValues = device::Fragment<kShared>::kValues;  // of a row in a step

// Steps [step, end) through 32 rows.
struct Source {
  const std::byte* rows[2] = {};  // this lane's first bytes: routed [0]; shared, of each 16 rows
  int step = 0;
  int end = 0;
  bool shared = false;
  unsigned valid = 0;  // shared: bit j says whether row 8 j + g exists
};

// The sources of a warp one after another, on their way into ring stages. `Locate` maps an index to
// a Source, of which every kStride-th step is taken; one without steps is passed over.
template <WeightFormat kShared, int kStride, class Locate>
class Feeder {
 public:
  // `shared` is one of the shared expert's matrices: all that a kernel reads are alike.
  __device__ Feeder(const WeightMatrix& shared, int first, int stride, const Locate& locate)
      : shared_(shared), next_(first), stride_(stride), locate_(locate) {}

  // Moves on to the next step below index `end`; false: there is none.
  __device__ bool advance(int end) {
    while (source_.step >= source_.end) {
      if (next_ >= end) return false;
      source_ = locate_(next_);
      next_ += stride_;
    }
    return true;
  }

  // Starts the copies of the step that advance() found.
  __device__ void fill(MoeStage& stage) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    if (source_.shared) {
      const int column =
          source_.step * kSharedValues<kShared> + lane % 4 * (kSharedValues<kShared> / 4);
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const std::byte* row = source_.rows[j / 2] + j % 2 * 8 * shared_.row_bytes;
        copy_async_16(stage.codes + j * kPieceBytes + lane * 16,
                      row + source_.step * device::kChunkBytes,
                      (source_.valid >> j & 1) != 0 && column < shared_.cols);
      }
    } else {
      const std::byte* stripe =
          source_.rows[0] + static_cast<std::int64_t>(source_.step) * kStripeBytes;
#pragma unroll
      for (int group = 0; group < 4; ++group) {
        copy_async_16(stage.codes + group * kPieceBytes + lane * 16, stripe + group * kPieceBytes);
      }
      if (lane < 8) copy_async_16(stage.scales + lane * 16, stripe + 4 * kPieceBytes);
    }
    source_.step += kStride;
  }

  // The next step, if any, into a stage that is free. Always a copy group, so that counting groups
  // counts stages.
  __device__ void feed(MoeStage& stage, int end) {
    if (advance(end)) fill(stage);
    commit_copies();
  }

 private:
  const WeightMatrix& shared_;
  int next_;
  int stride_;
  Source source_;
  const Locate& locate_;
};

// Eight values of a token from column k on, zero outside of it.
__device__ __forceinline__ uint4 load_token(const bf16_t* token, int k, int cols) {
  uint4 values = {0, 0, 0, 0};
  if (token != nullptr && k < cols) values = *reinterpret_cast<const uint4*>(token + k);
  return values;
}

// Times 2^64: see expert_bank.h.
__device__ __forceinline__ uint4 raised(uint4 v) {
  constexpr std::uint32_t kHalf = (127 + ExpertStripe::kTokenExponent) << 7;
  constexpr std::uint32_t kFactor = kHalf << 16 | kHalf;
  return {device::multiply_bf16(v.x, kFactor), device::multiply_bf16(v.y, kFactor),
          device::multiply_bf16(v.z, kFactor), device::multiply_bf16(v.w, kFactor)};
}

// Eight packed codes as BF16 pairs of 2^-126 their value (expert_bank.h).
__device__ __forceinline__ void decode_packed(std::uint32_t word, std::uint32_t (&pairs)[4]) {
  constexpr std::uint32_t kSign = 0x80008000u;
  constexpr std::uint32_t kMagnitude = 0x01c001c0u;
  pairs[0] = word & (kSign | kMagnitude);
  pairs[1] = (word << 3) & (kSign | kMagnitude);
  pairs[2] = ((word << 6) & kMagnitude) | ((word << 1) & kSign);
  pairs[3] = ((word >> 3) & kMagnitude) | ((word << 2) & kSign);
}

// Byte j of a packed scale word as a float32 power of two.
__device__ __forceinline__ float packed_scale(std::uint32_t word, int j) {
  return __uint_as_float((j < 3 ? word << (23 - 8 * j) : word >> 1) & 0x7f800000u);
}

// sum += 32 rows of a stripe times up to 8 tokens. Lane 4 g + q reads token g, from column
// k = 128 * step + 8 q on; sum[0] are rows 0 .. 15 and sum[1] rows 16 .. 31, laid out as an mma
// leaves them. Waits for the stage until at most kPending younger ones are on their way.
template <int kPending>
__device__ __forceinline__ void add_stripe(const MoeStage& stage, const bf16_t* token, int k,
                                           int cols, float (&sum)[2][4]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  // Two groups ahead: four would cost registers that warps make better use of.
  uint4 tokens[2] = {load_token(token, k, cols), load_token(token, k + 32, cols)};
  device::wait_for_copies<kPending>();
  __syncwarp();
#pragma unroll
  for (int group = 0; group < 4; ++group) {
    const uint4 b = raised(tokens[group % 2]);
    if (group < 2) tokens[group] = load_token(token, k + 32 * (group + 2), cols);
    const uint4 codes =
        *reinterpret_cast<const uint4*>(stage.codes + group * kPieceBytes + lane * 16);
    const std::uint32_t words[4] = {codes.x, codes.y, codes.z, codes.w};
    const std::uint32_t scales =
        *reinterpret_cast<const std::uint32_t*>(stage.scales + lane / 4 * 16 + group * 4);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      std::uint32_t low[4];
      std::uint32_t high[4];
      decode_packed(words[2 * half], low);
      decode_packed(words[2 * half + 1], high);
      // All 32 columns share a row's scale: it is applied to their sum, not to every code.
      float d[4] = {0, 0, 0, 0};
      device::mma_bf16(d, {low[0], high[0], low[1], high[1]}, b.x, b.y);
      device::mma_bf16(d, {low[2], high[2], low[3], high[3]}, b.z, b.w);
      const float low_scale = packed_scale(scales, 2 * half);
      const float high_scale = packed_scale(scales, 2 * half + 1);
      sum[half][0] = fmaf(low_scale, d[0], sum[half][0]);
      sum[half][1] = fmaf(low_scale, d[1], sum[half][1]);
      sum[half][2] = fmaf(high_scale, d[2], sum[half][2]);
      sum[half][3] = fmaf(high_scale, d[3], sum[half][3]);
    }
  }
}

// What the columns of an mma stand for. kGroups: columns 4 t + j are token t and scale group j of a
// stripe (of the shared expert: j = 0 only), so that all of a stripe's products go into one
// accumulator and scales are applied once. fold_columns() adds a token's columns up.
enum class MoeColumnsAre : std::uint8_t { kGroups, kTokens };

// The token whose values this lane holds as a column of B, or -1.
template <MoeColumnsAre kColumns>
__device__ __forceinline__ int operand_token(bool shared) {
  const int column = static_cast<int>(threadIdx.x % 32) / 4;
  if constexpr (kColumns == MoeColumnsAre::kTokens) return column;
  return shared && column % 4 != 0 ? -1 : column / 4;
}

// As add_stripe(), with columns kGroups: of the token, lane 4 (4 t + j) + q reads group j of a
// step, from column k on of that group.
template <int kPending>
__device__ __forceinline__ void add_stripe_groups(const MoeStage& stage, const bf16_t* token,
                                                  int step, int cols, float (&sum)[2][4]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int own_group = lane / 4 % 4;
  const uint4 own =
      raised(load_token(token, step * kStripeCols + own_group * 32 + lane % 4 * 8, cols));
  device::wait_for_copies<kPending>();
  __syncwarp();
  float d[2][4] = {};
#pragma unroll
  for (int group = 0; group < 4; ++group) {
    const bool mine = group == own_group;
    const uint4 b = {mine ? own.x : 0, mine ? own.y : 0, mine ? own.z : 0, mine ? own.w : 0};
    const uint4 codes =
        *reinterpret_cast<const uint4*>(stage.codes + group * kPieceBytes + lane * 16);
    const std::uint32_t words[4] = {codes.x, codes.y, codes.z, codes.w};
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      std::uint32_t low[4];
      std::uint32_t high[4];
      decode_packed(words[2 * half], low);
      decode_packed(words[2 * half + 1], high);
      device::mma_bf16(d[half], {low[0], high[0], low[1], high[1]}, b.x, b.y);
      device::mma_bf16(d[half], {low[2], high[2], low[3], high[3]}, b.z, b.w);
    }
  }
  // Of the groups that are this lane's columns 2 q and 2 q + 1.
  const uint2 scales = *reinterpret_cast<const uint2*>(stage.scales + lane / 4 * 16 + lane % 2 * 8);
#pragma unroll
  for (int half = 0; half < 2; ++half) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float scale = packed_scale(i % 2 == 0 ? scales.x : scales.y, 2 * half + i / 2);
      sum[half][i] = fmaf(scale, d[half][i], sum[half][i]);
    }
  }
}

// A step of a routed expert, whatever columns are.
template <MoeColumnsAre kColumns, int kPending>
__device__ __forceinline__ void add_routed_step(const MoeStage& stage, const bf16_t* token,
                                                int step, int cols, float (&sum)[2][4]) {
  if constexpr (kColumns == MoeColumnsAre::kGroups) {
    add_stripe_groups<kPending>(stage, token, step, cols, sum);
  } else {
    const int lane = static_cast<int>(threadIdx.x % 32);
    add_stripe<kPending>(stage, token, step * kStripeCols + lane % 4 * 8, cols, sum);
  }
}

// From columns kGroups to kTokens: adds up the four of a token.
__device__ __forceinline__ void fold_columns(float (&sum)[2][4]) {
#pragma unroll
  for (auto& half : sum) {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      float token = half[2 * row] + half[2 * row + 1];
      token += __shfl_xor_sync(device::kAllLanes, token, 1);
      half[2 * row] = token;
      half[2 * row + 1] = __shfl_xor_sync(device::kAllLanes, token, 2);
    }
  }
}

// Where the scales of 16 rows of the shared expert from `row` on begin. Slices begin on multiples
// of 16 rows and columns, so a fragment never straddles two blocks.
__device__ __forceinline__ int fragment_scales(const WeightMatrix& m, int row) {
  return static_cast<int>((m.row_origin + row) / kFp8Block * m.scale_row_bytes);
}

// Pairs 2 s and 2 s + 1 of decode_row_chunk(): what mma step s needs of a row.
template <WeightFormat kShared>
__device__ __forceinline__ void decode_step(const std::uint32_t (&words)[4], int s,
                                            std::uint32_t multiplier, std::uint32_t (&pairs)[2]) {
  if constexpr (kShared == WeightFormat::kFp8) {
    device::decode_word<kShared>(words[s], multiplier, pairs);
  } else {
    pairs[0] = words[2 * s];
    pairs[1] = words[2 * s + 1];
  }
}

__device__ __forceinline__ void unpack(const uint4& v, std::uint32_t (&words)[4]) {
  words[0] = v.x;
  words[1] = v.y;
  words[2] = v.z;
  words[3] = v.w;
}

// The same as add_stripe() for a step of the shared expert: rows 0 .. 15 are 16 rows of `matrix[0]`
// with scales from scales[0] on (FP8), rows 16 .. 31 of `matrix[1]`.
template <WeightFormat kShared, int kPending>
__device__ __forceinline__ void add_shared_step(const MoeStage& stage,
                                                const WeightMatrix* const (&matrix)[2],
                                                const int (&scales)[2], const bf16_t* token,
                                                int step, int cols, float (&sum)[2][4]) {
  constexpr int kPieces = device::kFragmentPieces<kShared>;
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int k = step * kSharedValues<kShared> + lane % 4 * (kSharedValues<kShared> / 4);
  std::uint32_t b[kPieces][4];
#pragma unroll
  for (int piece = 0; piece < kPieces; ++piece) {
    unpack(device::permute_staged<kShared>(load_token(token, k + 8 * piece, cols)), b[piece]);
  }
  std::uint32_t multipliers[2] = {};
  if constexpr (kShared == WeightFormat::kFp8) {
    const int existing = min(k, cols - 1);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const auto block = static_cast<int>((matrix[half]->col_origin + existing) / kFp8Block);
      multipliers[half] =
          device::scale_multiplier<kShared>(matrix[half]->scales[scales[half] + block]);
    }
  }
  device::wait_for_copies<kPending>();
  __syncwarp();
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    std::uint32_t rows[2][4];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      unpack(
          *reinterpret_cast<const uint4*>(stage.codes + (2 * half + i) * kPieceBytes + lane * 16),
          rows[i]);
    }
#pragma unroll
    for (int s = 0; s < device::kFragmentSteps<kShared>; ++s) {
      std::uint32_t low[2];
      std::uint32_t high[2];
      decode_step<kShared>(rows[0], s, multipliers[half], low);
      decode_step<kShared>(rows[1], s, multipliers[half], high);
      device::mma_bf16(sum[half], {low[0], high[0], low[1], high[1]}, b[s / 2][s % 2 * 2],
                       b[s / 2][s % 2 * 2 + 1]);
    }
  }
}

// Of up to 8 tokens, the experts that any of them chose, found by the whole block: groups in the
// order in which experts are first named, column c for token c. Needs 64 threads. Without weights
// where a.weights is not wanted. Ends with a barrier.
template <bool kWithWeights>
__device__ __forceinline__ void plan_in_block(const MoeArgs& a, MoeBlockPlan& plan) {
  const int pairs = pair_count(a);
  const int per_token = static_cast<int>(a.experts_per_token.divisor);
  const int thread = static_cast<int>(threadIdx.x);
  if (thread < pairs) {
    const int expert = a.ids[thread] - a.first_expert;
    plan.ids[thread] = expert >= 0 && expert < a.expert_count ? expert : -1;
  }
  __syncthreads();
  if (thread < 32) {
    int found = 0;
    for (int begin = 0; begin < pairs; begin += 32) {
      const int pair = begin + thread;
      const int expert = pair < pairs ? plan.ids[pair] : -1;
      bool first = expert >= 0;
      for (int i = 0; i < pair && first; ++i) first = plan.ids[i] != expert;
      const unsigned firsts = __ballot_sync(device::kAllLanes, first);
      if (first) plan.groups[found + __popc(firsts & ((1u << thread) - 1))].expert = expert;
      found += __popc(firsts);
    }
    if (thread == 0) plan.group_count = found;
  }
  __syncthreads();
  for (int i = thread; i < plan.group_count * kMoeColumns; i += static_cast<int>(blockDim.x)) {
    MoeGroup& group = plan.groups[i / kMoeColumns];
    const int token = i % kMoeColumns;
    int pair = -1;
    float weight = 0;
    if (token < a.tokens) {
      // Should a token name an expert twice, one column serves both.
      for (int k = per_token - 1; k >= 0; --k) {
        const int candidate = token * per_token + k;
        if (plan.ids[candidate] != group.expert) continue;
        pair = candidate;
        if constexpr (kWithWeights) weight += a.weights[candidate];
      }
    }
    group.pairs[token] = pair;
    group.weights[token] = weight;
  }
  __syncthreads();
}

}  // namespace dscope::moe
