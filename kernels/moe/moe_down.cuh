// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/moe/moe_stream.cuh"

// out[t, n] = sum_k weights[t, k] * (w2[n] . h[t, k]) + w2_shared[n] . h_shared[t], rounded to
// BF16; w2 [d, I] of each expert, h [T k + T, pitch].
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

template <WeightFormat kShared>
__device__ __forceinline__ DownItem down_item(const MoeArgs& a, int index) {
  DownItem item;
  item.group = index / a.splits;
  item.split = index % a.splits;
  item.shared = item.group < a.shared_groups;
  int steps;
  if (item.shared) {
    steps = (a.shared_intermediate + kSharedValues<kShared> - 1) / kSharedValues<kShared>;
  } else {
    item.group -= a.shared_groups;
    steps = (a.intermediate + kStripeCols - 1) / kStripeCols;
  }
  item.begin = steps * item.split / a.splits;
  item.end = steps * (item.split + 1) / a.splits;
  return item;
}

template <WeightFormat kShared>
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
    const int stripes = (a.intermediate + kStripeCols - 1) / kStripeCols;
    source.rows[0] = a.bank + groups[item.group].expert * a.expert_bytes + a.gate_up_bytes +
                     static_cast<std::int64_t>(tile) * stripes * kStripeBytes + lane * 16;
  }
  return source;
}

// The row of h that column c of an item belongs to, or -1.
__device__ __forceinline__ int item_pair(const MoeArgs& a, const DownItem& item,
                                         const MoeGroup* groups, int c) {
  if (!item.shared) return groups[item.group].pairs[c];
  const int token = item.group * kMoeColumns + c;
  return token < a.tokens ? a.tokens * a.experts_per_token + token : -1;
}

__device__ __forceinline__ float item_weight(const DownItem& item, const MoeGroup* groups, int c) {
  return item.shared ? 1.0f : groups[item.group].weights[c];
}

// An item's sums, unweighted.
template <WeightFormat kShared, int kStages, class F>
__device__ __forceinline__ void down_sums(const MoeArgs& a, const DownItem& item, const bf16_t* h,
                                          MoeStage* ring, int& slot, F&& refill,
                                          float (&sum)[2][4]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int row = 32 * static_cast<int>(blockIdx.x);
  const WeightMatrix* const matrices[2] = {&a.w2, &a.w2};
  const int scales[2] = {fragment_scales(a.w2, row), fragment_scales(a.w2, row + 16)};
  for (int step = item.begin; step < item.end; ++step) {
    if (item.shared) {
      add_shared_step<kShared, kStages - 1>(ring[slot], matrices, scales, h, step,
                                            a.shared_intermediate, sum);
    } else {
      add_stripe<kStages - 1>(ring[slot], h, step * kStripeCols + lane % 4 * 8, a.intermediate,
                              sum);
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
#pragma unroll
  for (int c = 0; c < 2; ++c) {
    const int column = lane % 4 * 2 + c;
    const int pair = item_pair(a, item, groups, column);
    if (pair < 0) continue;
    const float weight = item_weight(item, groups, column);
    float* out = a.contributions +
                 (static_cast<std::int64_t>(pair) * a.splits + item.split) * a.hidden +
                 32 * static_cast<int>(blockIdx.x);
#pragma unroll
    for (int i = c; i < kMoeSums; i += 2) out[element_row(i, lane)] = weight * sum[i / 4][i % 4];
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
    a.out[static_cast<std::int64_t>(token) * a.hidden + row] = device::from_float<bf16_t>(sum);
  }
}

// Beyond: adds the contributions to every token, k by k and then the shared expert's.
__device__ __forceinline__ void write_contributions(const MoeArgs& a) {
  const int k = a.experts_per_token;
  for (int at = static_cast<int>(threadIdx.x); at < 32 * a.tokens;
       at += static_cast<int>(blockDim.x)) {
    const int token = at / 32;
    const int row = 32 * static_cast<int>(blockIdx.x) + at % 32;
    const auto contribution = [&](int pair) {
      float sum = 0;
      for (int split = 0; split < a.splits; ++split) {
        sum +=
            a.contributions[(static_cast<std::int64_t>(pair) * a.splits + split) * a.hidden + row];
      }
      return sum;
    };
    float sum = 0;
    for (int pair = token * k; pair < (token + 1) * k; ++pair) {
      const int expert = a.ids[pair] - a.first_expert;
      if (expert >= 0 && expert < a.expert_count) sum += contribution(pair);
    }
    if (a.shared_groups > 0) sum += contribution(a.tokens * k + token);
    a.out[static_cast<std::int64_t>(token) * a.hidden + row] = device::from_float<bf16_t>(sum);
  }
}

// kShape: the index of a MoeStream, since nvcc 13.0 does not compile kernels that take a class.
template <WeightFormat kShared, int kShape, bool kColumnsAreTokens>
__global__ void __launch_bounds__(32 * kMoeDownStreams[kShape].warps,
                                  kMoeDownStreams[kShape].blocks_per_sm)
    moe_down_kernel(const __grid_constant__ MoeArgs a) {
  constexpr MoeStream kStream = kMoeDownStreams[kShape];
  extern __shared__ __align__(128) std::byte shared_memory[];
  auto& storage = *reinterpret_cast<MoeSharedStorage<kStream>*>(shared_memory);
  const int warp = static_cast<int>(threadIdx.x / 32);
  const int lane = static_cast<int>(threadIdx.x % 32);
  MoeStage* ring = storage.ring[warp];
  const MoeGroup* groups = kColumnsAreTokens ? storage.plan.groups : a.groups;

  const auto locate = [&](int index) {
    return down_source<kShared>(a, down_item<kShared>(a, index), groups);
  };
  Feeder<kShared, 1, decltype(locate)> feeder(a.w2, warp, kStream.warps, locate);
  int filled = 0;
  for (; filled < kStream.stages && feeder.advance(a.shared_groups * a.splits); ++filled) {
    feeder.fill(ring[filled]);
    commit_copies();
  }
  int group_count;
  if constexpr (kColumnsAreTokens) {
    plan_in_block<true>(a, storage.plan);
    group_count = storage.plan.group_count;
  } else {
    group_count = *a.group_count;
  }
  const int count = (a.shared_groups + group_count) * a.splits;
  for (; filled < kStream.stages; ++filled) feeder.feed(ring[filled], count);
  device::wait_for_previous();
  device::allow_next();

  int slot = 0;
  float total[2][4] = {};
  for (int index = warp; index < count; index += kStream.warps) {
    const DownItem item = down_item<kShared>(a, index);
    const int pair = item_pair(a, item, groups, lane / 4);
    const bf16_t* h = pair < 0 ? nullptr : a.h + static_cast<std::int64_t>(pair) * a.h_pitch;
    float sum[2][4] = {};
    down_sums<kShared, kStream.stages>(
        a, item, h, ring, slot, [&](MoeStage& stage) { feeder.feed(stage, count); }, sum);
    if constexpr (kColumnsAreTokens) {
      const float weights[2] = {item_weight(item, groups, lane % 4 * 2),
                                item_weight(item, groups, lane % 4 * 2 + 1)};
#pragma unroll
      for (int i = 0; i < kMoeSums; ++i) {
        total[i / 4][i % 4] = fmaf(weights[i % 2], sum[i / 4][i % 4], total[i / 4][i % 4]);
      }
    } else {
      store_contribution(a, item, groups, sum);
    }
  }
  if constexpr (kColumnsAreTokens) {
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
