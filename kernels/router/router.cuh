// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// score[t, e] = sqrt(softplus(logits[t, e])); k ids by the rules of router.h; weights[t, i] =
// score[t, ids[t, i]] / (sum over i) * routed_scaling.
//
//   logits [T, E] float32   ids [T, k] int32   weights [T, k] float32
//
// Grid: one block of one warp a token. Lane l holds the biased scores of experts l, l + 32, ... as
// integers that order like the floats. A round of selection is two warp reductions: the largest
// score, then the lowest id that has it. Lane i keeps choice i and works out its weight. Hash
// layers and forced rows skip the rounds. No shared memory, no barriers.
//
// Limited by latency: k rounds of about 100 cycles.

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/router/router.h"

#include <cstdint>

namespace dscope::router {

inline constexpr int kMaxExperts = 512;
inline constexpr int kLaneExperts = kMaxExperts / 32;
inline constexpr int kMaxChoices = 32;  // lane i keeps choice i

__device__ __forceinline__ float score(float logit) {
  return sqrtf(fmaxf(logit, 0.0f) + log1pf(expf(-fabsf(logit))));
}

// Larger floats have larger keys, -0 and +0 the same one; NaN comes before every number and behind
// 0, which means "not to be chosen".
__device__ __forceinline__ std::uint32_t sort_key(float value) {
  if (value != value) return 1;
  const std::uint32_t bits = __float_as_uint(value + 0.0f);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

// The k best experts of a token, best first: lane i returns choice i.
__device__ __forceinline__ std::int32_t choose_best(const RouterParams& p, const float* logits,
                                                    int lane) {
  const int experts = static_cast<int>(p.experts);
  std::uint32_t keys[kLaneExperts];
#pragma unroll
  for (int i = 0; i < kLaneExperts; ++i) {
    const int e = lane + 32 * i;
    keys[i] = 0;
    if (e >= experts) continue;
    const float bias = p.bias.data != nullptr ? device::read(p.bias, e) : 0.0f;
    keys[i] = sort_key(score(logits[e]) + bias);
  }
  std::int32_t mine = -1;
  for (int round = 0; round < static_cast<int>(p.experts_per_token); ++round) {
    std::uint32_t best_key = keys[0];
    int best = lane;
#pragma unroll
    for (int i = 1; i < kLaneExperts; ++i) {
      if (keys[i] <= best_key) continue;
      best_key = keys[i];
      best = lane + 32 * i;
    }
    const std::uint32_t largest = __reduce_max_sync(device::kAllLanes, best_key);
    const unsigned candidate = best_key == largest ? static_cast<unsigned>(best) : ~0u;
    const int winner = static_cast<int>(__reduce_min_sync(device::kAllLanes, candidate));
    if (round == lane) mine = winner;
#pragma unroll
    for (int i = 0; i < kLaneExperts; ++i) {
      if (lane + 32 * i == winner) keys[i] = 0;
    }
  }
  return mine;
}

// Entry i of a token's row in the table of a hash layer.
__device__ __forceinline__ std::int32_t table_entry(const RouterParams& p, std::int32_t token,
                                                    int i) {
  if (token < 0 || token >= p.tid2eid.rows) __trap();
  const std::int64_t at = token * p.tid2eid.cols + i;
  if (p.tid2eid.element_bytes == 4)
    return reinterpret_cast<const std::int32_t*>(p.tid2eid.data)[at];
  const std::int64_t id = reinterpret_cast<const std::int64_t*>(p.tid2eid.data)[at];
  if (id < 0 || id >= p.experts) __trap();  // before the upper half is dropped
  return static_cast<std::int32_t>(id);
}

__global__ void __launch_bounds__(32) router_kernel(const __grid_constant__ RouterParams p) {
  device::wait_for_previous();
  device::allow_next();
  const int lane = static_cast<int>(threadIdx.x);
  const std::int64_t t = blockIdx.x;
  const int k = static_cast<int>(p.experts_per_token);
  const bool has_choice = lane < k;
  const float* logits = p.logits + t * p.experts;
  std::int32_t id = -1;
  if (p.forced != nullptr && p.forced[t * k] != kNotForced) {
    if (has_choice) id = p.forced[t * k + lane];
  } else if (p.tid2eid.data != nullptr) {
    if (has_choice) id = table_entry(p, p.token_ids[t], lane);
  } else {
    id = choose_best(p, logits, lane);
  }
  if (id < -1 || id >= p.experts) __trap();
  const float mine = id < 0 ? 0.0f : score(logits[id]);
  const float sum = device::warp_sum(mine);
  if (!has_choice) return;
  p.ids[t * k + lane] = id;
  p.weights[t * k + lane] = id < 0 ? 0.0f : mine / sum * static_cast<float>(p.routed_scaling);
}

}  // namespace dscope::router
