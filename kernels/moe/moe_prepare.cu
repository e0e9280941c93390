// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/device/activation_quant.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/moe/moe_kernels.cuh"

#include <algorithm>

// What runs in front of the two large kernels where it is needed. Both kernels here are bound by
// latency, not by anything they move.
namespace dscope {
namespace {

// --- More than 8 tokens: (token, k) pairs -> groups of up to 8 pairs of one expert ---------------
//
// ids [T k] -> groups [at most T k], by expert, pairs in their order: expert e has
// ceil(count_e / 8) groups behind those of all experts before it. One block, a thread per expert:
// it counts its pairs, the block adds the groups up, and the thread writes its own. Ids lie in
// shared memory, where all threads of a warp read the same one.

constexpr int kPlanThreads = 512;
constexpr int kMostPairs = static_cast<int>(kMoeMostTokens * kMoeMostExpertsPerToken);

// The sum over all threads before this one, and (to all) the sum over all. Ends with a barrier.
__device__ int block_prefix(int value, int (&warp_sums)[kPlanThreads / 32], int& total) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warp = static_cast<int>(threadIdx.x / 32);
  int inclusive = value;
  for (int offset = 1; offset < 32; offset *= 2) {
    const int before = __shfl_up_sync(device::kAllLanes, inclusive, offset);
    if (lane >= offset) inclusive += before;
  }
  if (lane == 31) warp_sums[warp] = inclusive;
  __syncthreads();
  int prefix = inclusive - value;
  total = 0;
  for (int w = 0; w < kPlanThreads / 32; ++w) {
    if (w < warp) prefix += warp_sums[w];
    total += warp_sums[w];
  }
  __syncthreads();
  return prefix;
}

__device__ int count_pairs(const int* ids, int pairs, int expert) {
  int count = 0;
  for (int pair = 0; pair < pairs; ++pair) count += ids[pair] == expert ? 1 : 0;
  return count;
}

__device__ void write_groups(const MoeArgs& a, const int* ids, int pairs, int expert,
                             MoeGroup* group) {
  int column = 0;
  for (int pair = 0; pair < pairs; ++pair) {
    if (ids[pair] != expert) continue;
    if (column == 0) group->expert = expert;
    group->pairs[column] = pair;
    group->weights[column] = a.weights[pair];
    if (++column == kMoeColumns) {
      column = 0;
      ++group;
    }
  }
  for (; column > 0 && column < kMoeColumns; ++column) {
    group->pairs[column] = -1;
    group->weights[column] = 0;
  }
}

__global__ void __launch_bounds__(kPlanThreads) moe_plan_kernel(const __grid_constant__ MoeArgs a) {
  __shared__ int ids[kMostPairs];
  __shared__ int warp_sums[kPlanThreads / 32];
  const int thread = static_cast<int>(threadIdx.x);
  const int pairs = pair_count(a);
  device::wait_for_previous();
  device::allow_next();
  for (int pair = thread; pair < pairs; pair += kPlanThreads) {
    const int expert = a.ids[pair] - a.first_expert;
    ids[pair] = expert >= 0 && expert < a.expert_count ? expert : -1;
  }
  __syncthreads();
  int groups = 0;
  for (int first = 0; first < a.expert_count; first += kPlanThreads) {
    const int expert = first + thread;
    const int count = expert < a.expert_count ? count_pairs(ids, pairs, expert) : 0;
    int total;
    const int before = block_prefix((count + kMoeColumns - 1) / kMoeColumns, warp_sums, total);
    if (count > 0) write_groups(a, ids, pairs, expert, a.groups + groups + before);
    groups += total;
  }
  if (thread == 0) *a.group_count = groups;
}

// --- serving-a8: rows rounded to FP8 and back, in groups of 128 ----------------------------------
//
// 16 lanes have a group, 8 values each, a block 2 groups per warp of one row; blockIdx.y is the
// row.

constexpr int kQuantiseThreads = 128;
constexpr int kQuantiseGroups = kQuantiseThreads / 16;

__global__ void __launch_bounds__(kQuantiseThreads)
    moe_quantise_kernel(const __grid_constant__ MoeQuantiseArgs a) {
  const int row = static_cast<int>(blockIdx.y);
  const int column = static_cast<int>(blockIdx.x * kQuantiseThreads + threadIdx.x) * 8;
  device::wait_for_previous();
  device::allow_next();
  int width = a.width;
  if (row < a.routed_rows) {
    const int expert = a.ids[row] - a.first_expert;
    width = expert >= 0 && expert < a.expert_count ? a.routed_width : 0;
  }
  const std::int64_t at = static_cast<std::int64_t>(row) * a.pitch + column;
  uint4 values = {0, 0, 0, 0};
  if (column < width) values = *reinterpret_cast<const uint4*>(a.in + at);
  values = device::fake_quantise_group(values);
  if (column < width) *reinterpret_cast<uint4*>(a.out + at) = values;
}

}  // namespace

void launch_moe_plan(const MoeArgs& a, Stream stream) {
  launch(moe_plan_kernel, {.grid = dim3(1), .block = dim3(kPlanThreads)}, stream, a);
}

void launch_moe_quantise(const MoeQuantiseArgs& a, Stream stream) {
  const int width = std::max(a.routed_width, a.width);
  const int blocks = (width + kQuantiseGroups * 128 - 1) / (kQuantiseGroups * 128);
  launch(moe_quantise_kernel,
         {.grid = dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(a.rows)),
          .block = dim3(kQuantiseThreads)},
         stream, a);
}

}  // namespace dscope
