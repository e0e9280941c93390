// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/moe/moe_stream.cuh"

// out[t, n] = sum_k weights[t, k] * (w2[n] . h[t, k]) + w2_shared[n] . h_shared[t], rounded to
// BF16 or, as a rank's part of a sum, not; w2 [d, I] of each expert, h [T k + T, pitch].
//
// Memory: routed weights in the bank (expert_bank.h), shared ones as in the checkpoint.
//
// Work: a block owns 32 values n of every output, for all experts and tokens, so nothing is added
// across blocks. What a warp takes at a time is an item: one group (up to 8 tokens of an expert)
// and one of `splits` parts of K; items go round the warps, the shared expert's first. Up to 8
// tokens, the columns of every group are the tokens: a warp adds the weighted sums of its items in
// registers, and the warps' sums are added once, at the end. Beyond, an item leaves its weighted
// sums in global memory, where the block adds those of a token at the end.
//
// Synchronisation: one barrier in front of the final sums, which are formed in a fixed order. The
// rings need none (moe_stream.cuh). Weights, ids and groups are read before wait_for_previous():
// moe_gate_up lets this kernel start only after its own wait, so whatever ran before moe_gate_up
// has ended; only h is moe_gate_up's.
//
// Limit: DRAM bandwidth, as moe_gate_up.
namespace dscope::moe {

// One group, and a part of K: steps [begin, end).
struct DownItem {
  bool shared;
  int group;  // of the shared expert: tokens 8 group .. + 7; else of the plan
  int split;
  int begin;
  int end;
};

__device__ __forceinline__ DownItem down_item(const MoeArgs& a, int index) {
  DownItem item;
  item.group = a.splits.quotient(index);
  item.split = a.splits.remainder(index, item.group);
  item.shared = item.group < a.shared_groups;
  if (!item.shared) item.group -= a.shared_groups;
  const int steps = a.down_steps[item.shared ? 1 : 0];
  item.begin = a.splits.quotient(steps * item.split);
  item.end = a.splits.quotient(steps * (item.split + 1));
  return item;
}

__device__ __forceinline__ Source down_source(const MoeArgs& a, const DownItem& item,
                                              const MoeGroup* groups) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int tile = static_cast<int>(blockIdx.x);
  Source source;
  source.step = item.begin;
  source.end = item.end;
  source.shared = item.shared;
  if (item.shared) {
    const int row = 32 * tile + lane / 4;
    source.rows[0] = a.w2.data + row * a.w2.row_bytes + lane % 4 * 16;
    source.rows[1] = source.rows[0] + 16 * a.w2.row_bytes;
    source.valid = 15;
  } else {
    const int stripes = a.down_steps[0];
    source.rows[0] = a.bank + groups[item.group].expert * a.expert_bytes + a.gate_up_bytes +
                     static_cast<std::int64_t>(tile) * stripes * kStripeBytes + lane * 16;
  }
  return source;
}

// The row of h that an item's c-th token belongs to, or -1.
__device__ __forceinline__ int item_pair(const MoeArgs& a, const DownItem& item,
                                         const MoeGroup* groups, int c) {
  if (!item.shared) return groups[item.group].pairs[c];
  const int token = item.group * kMoeColumns + c;
  return token < a.tokens ? pair_count(a) + token : -1;
}

__device__ __forceinline__ float item_weight(const DownItem& item, const MoeGroup* groups, int c) {
  return item.shared ? 1.0f : groups[item.group].weights[c];
}

// An item's sums, unweighted.
template <WeightFormat kShared, MoeColumnsAre kColumns, int kStages, class F>
__device__ __forceinline__ void down_sums(const MoeArgs& a, const DownItem& item, const bf16_t* h,
                                          MoeStage* ring, int& slot, F&& refill,
                                          float (&sum)[2][4]) {
  const int row = 32 * static_cast<int>(blockIdx.x);
  const WeightMatrix* const matrices[2] = {&a.w2, &a.w2};
  const int scales[2] = {fragment_scales(a.w2, row), fragment_scales(a.w2, row + 16)};
  for (int step = item.begin; step < item.end; ++step) {
    if (item.shared) {
      add_shared_step<kShared, kStages - 1>(ring[slot], matrices, scales, h, step,
                                            a.shared_intermediate, sum);
    } else {
      add_routed_step<kColumns, kStages - 1>(ring[slot], h, step, a.intermediate, sum);
    }
    __syncwarp();
    refill(ring[slot]);
    slot = slot + 1 == kStages ? 0 : slot + 1;
  }
}

// Leaves a weighted element of an item where only this one goes. Element i of a lane is row
// 16 (i / 4) + 8 (i / 2 % 2) + lane / 4 and column 2 (lane % 4) + i % 2.
__device__ __forceinline__ int element_row(int i, int lane) {
  return 16 * (i / 4) + 8 * (i / 2 % 2) + lane / 4;
}

__device__ __forceinline__ void store_contribution(const MoeArgs& a, const DownItem& item,
                                                   const MoeGroup* groups,
                                                   const float (&sum)[2][4]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int splits = static_cast<int>(a.splits.divisor);
#pragma unroll
  for (int c = 0; c < 2; ++c) {
    const int column = lane % 4 * 2 + c;
    const int pair = item_pair(a, item, groups, column);
    if (pair < 0) continue;
    const float weight = item_weight(item, groups, column);
    float* out = a.contributions +
                 (static_cast<std::int64_t>(pair) * splits + item.split) * a.hidden +
                 32 * static_cast<int>(blockIdx.x);
#pragma unroll
    for (int i = c; i < kMoeSums; i += 2) out[element_row(i, lane)] = weight * sum[i / 4][i % 4];
  }
}

__device__ __forceinline__ void store_out(const MoeArgs& a, int token, int row, float sum) {
  const std::int64_t at = static_cast<std::int64_t>(token) * a.hidden + row;
  if (a.partial != nullptr) {
    a.partial[at] = sum;
  } else {
    a.out[at] = device::from_float<bf16_t>(sum);
  }
}

// Up to 8 tokens: adds the warps' sums, in their order.
template <int kWarps>
__device__ __forceinline__ void write_sums(const MoeArgs& a,
                                           const float (&partial)[kWarps][kMoeSums][32]) {
  for (int at = static_cast<int>(threadIdx.x); at < kMoeSums * 32; at += 32 * kWarps) {
    const int lane = at % 32;
    const int i = at / 32;
    float sum = 0;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) sum += partial[w][i][lane];
    const int token = lane % 4 * 2 + i % 2;
    if (token >= a.tokens) continue;
    const int row = 32 * static_cast<int>(blockIdx.x) + element_row(i, lane);
    store_out(a, token, row, sum);
  }
}

// Beyond: adds the contributions to every token, k by k and then the shared expert's.
__device__ __forceinline__ void write_contributions(const MoeArgs& a) {
  const int k = static_cast<int>(a.experts_per_token.divisor);
  const int splits = static_cast<int>(a.splits.divisor);
  for (int at = static_cast<int>(threadIdx.x); at < 32 * a.tokens;
       at += static_cast<int>(blockDim.x)) {
    const int token = at / 32;
    const int row = 32 * static_cast<int>(blockIdx.x) + at % 32;
    const auto contribution = [&](int pair) {
      float sum = 0;
      for (int split = 0; split < splits; ++split) {
        sum += a.contributions[(static_cast<std::int64_t>(pair) * splits + split) * a.hidden + row];
      }
      return sum;
    };
    float sum = 0;
    for (int pair = token * k; pair < (token + 1) * k; ++pair) {
      const int expert = a.ids[pair] - a.first_expert;
      if (expert >= 0 && expert < a.expert_count) sum += contribution(pair);
    }
    if (a.shared_groups > 0) sum += contribution(a.tokens * k + token);
    store_out(a, token, row, sum);
  }
}

// Asks for all of h, which is small with few tokens, so that the first level of the cache has it by
// the time a warp needs its part: items are short, and each would wait for L2.
__device__ __forceinline__ void touch_h(const MoeArgs& a) {
  constexpr int kPiece = 8;  // values
  const int rows = pair_count(a) + (a.shared_groups > 0 ? a.tokens : 0);
  for (int at = static_cast<int>(threadIdx.x) * kPiece; at < rows * a.h_pitch;
       at += static_cast<int>(blockDim.x) * kPiece) {
    device::touch(a.h + at);
  }
}

// How a step's tokens meet its experts: see MoeColumnsAre; kPairs is kTokens with plans and
// contributions in global memory, for more than kMoeColumns tokens.
enum class MoeDownMode : std::uint8_t { kGroups, kTokens, kPairs };

// kShape: the index of a MoeStream, since nvcc 13.0 does not compile kernels that take a class.
template <WeightFormat kShared, int kShape, MoeDownMode kMode>
__global__ void __launch_bounds__(32 * kMoeDownStreams[kShape].warps,
                                  kMoeDownStreams[kShape].blocks_per_sm)
    moe_down_kernel(const __grid_constant__ MoeArgs a) {
  constexpr MoeStream kStream = kMoeDownStreams[kShape];
  constexpr MoeColumnsAre kColumns =
      kMode == MoeDownMode::kGroups ? MoeColumnsAre::kGroups : MoeColumnsAre::kTokens;
  constexpr bool kInRegisters = kMode != MoeDownMode::kPairs;
  extern __shared__ __align__(128) std::byte shared_memory[];
  auto& storage = *reinterpret_cast<MoeSharedStorage<kStream>*>(shared_memory);
  const int warp = static_cast<int>(threadIdx.x / 32);
  const int lane = static_cast<int>(threadIdx.x % 32);
  MoeStage* ring = storage.ring[warp];
  const MoeGroup* groups = kInRegisters ? storage.plan.groups : a.groups;
  const int splits = static_cast<int>(a.splits.divisor);

  const auto locate = [&](int index) { return down_source(a, down_item(a, index), groups); };
  Feeder<kShared, 1, decltype(locate)> feeder(a.w2, warp, kStream.warps, locate);
  int filled = 0;
  for (; filled < kStream.stages && feeder.advance(a.shared_groups * splits); ++filled) {
    feeder.fill(ring[filled]);
    commit_copies();
  }
  int group_count;
  if constexpr (kInRegisters) {
    plan_in_block<true>(a, storage.plan);
    group_count = storage.plan.group_count;
  } else {
    group_count = *a.group_count;
  }
  const int count = (a.shared_groups + group_count) * splits;
  for (; filled < kStream.stages; ++filled) feeder.feed(ring[filled], count);
  device::wait_for_previous();
  device::allow_next();
  if constexpr (kMode == MoeDownMode::kGroups) touch_h(a);

  int slot = 0;
  float total[2][4] = {};
  for (int index = warp; index < count; index += kStream.warps) {
    const DownItem item = down_item(a, index);
    const int c = operand_token<kColumns>(item.shared);
    const int pair = c < 0 ? -1 : item_pair(a, item, groups, c);
    const bf16_t* h = pair < 0 ? nullptr : a.h + static_cast<std::int64_t>(pair) * a.h_pitch;
    float sum[2][4] = {};
    down_sums<kShared, kColumns, kStream.stages>(
        a, item, h, ring, slot, [&](MoeStage& stage) { feeder.feed(stage, count); }, sum);
    if constexpr (kInRegisters) {
      // Of this lane's two columns: two tokens, or the groups of one.
      const int token = kMode == MoeDownMode::kGroups ? lane % 4 / 2 : lane % 4 * 2;
      const int next = kMode == MoeDownMode::kGroups ? token : token + 1;
      const float weights[2] = {item_weight(item, groups, token), item_weight(item, groups, next)};
#pragma unroll
      for (int i = 0; i < kMoeSums; ++i) {
        total[i / 4][i % 4] = fmaf(weights[i % 2], sum[i / 4][i % 4], total[i / 4][i % 4]);
      }
    } else {
      store_contribution(a, item, groups, sum);
    }
  }
  if constexpr (kInRegisters) {
    if constexpr (kColumns == MoeColumnsAre::kGroups) fold_columns(total);
#pragma unroll
    for (int i = 0; i < kMoeSums; ++i) storage.partial[warp][i][lane] = total[i / 4][i % 4];
    __syncthreads();
    write_sums(a, storage.partial);
  } else {
    __syncthreads();
    write_contributions(a);
  }
}

}  // namespace dscope::moe
