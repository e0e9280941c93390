// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/prefetch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/sparse_mla_decode/sparse_mla_decode_config.h"
#include "workloads/dtypes.h"
#include "workloads/weight_matrix.h"

#include <cstddef>
#include <cstdint>

// What the blocks of sparse decode attention are given, and how the splits of a token become one
// result: over the splits s of a row, with m_s the largest score, l_s the sum of exp2(score - m_s)
// and o_s the unnormalised output,
//   m = max m_s    o = sum_s exp2(m_s - m) o_s / (sum_s exp2(m_s - m) l_s + exp2(sink log2 e - m))
// Scores are in units of log2, so that exp2 serves throughout.
namespace dscope::sparse_mla {

// One of the two sets of entries; page_entries = 2^page_shift.
struct Set {
  const std::byte* data;
  const std::int32_t* indices;  // [T, width]
  const std::int32_t* length;   // [T]
  std::int64_t page_stride;     // bytes
  int width;                    // 0: no such set
  int page_shift;
};

struct Args {
  const bf16_t* q;  // [T, heads, dim]
  float* o;         // [T, heads, dim]
  float* lse;       // [T, heads] or null
  Set window;
  Set compressed;
  WeightVector sink;        // [heads]
  std::uint32_t* counters;  // [T, groups of heads], zero
  float2* sums;             // [T, heads, splits] (m, l)
  float* partials;          // [T, heads, splits, dim]
  int heads;
  int heads_per_block;
  int dim;
  int splits;
  float scale_log2;  // scale * log2(e)
};

inline constexpr float kLog2E = 1.44269504088896340736f;
inline constexpr float kLn2 = 0.69314718055994530942f;

// 1 / (sum + sink's share); 0 for rows without entries.
__device__ __forceinline__ float normaliser(float sum, float largest, float sink) {
  return sum == 0 ? 0.0f : 1.0f / (sum + exp2f(sink * kLog2E - largest));
}

// Natural logarithm of the sum of exponentials, +inf for rows without entries.
__device__ __forceinline__ float log_sum(float sum, float largest) {
  return sum == 0 ? INFINITY : (largest + log2f(sum)) * kLn2;
}

// Starts bringing a token's indices into L2 while its length is still on the way.
__device__ __forceinline__ void prefetch_indices(const Set& set, int token) {
  constexpr int kLine = 32;  // indices
  const int i = static_cast<int>(threadIdx.x) * kLine;
  if (i < set.width) {
    device::prefetch_l2(set.indices + static_cast<std::int64_t>(token) * set.width + i);
  }
}

// Counts this block's finished partial results; whether all others of the group were there before.
__device__ __forceinline__ bool arrives_last(std::uint32_t* counter, int live_splits,
                                             bool& shared_last) {
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();  // what this block wrote comes before its count
    shared_last = atomicAdd(counter, 1u) + 1 == static_cast<std::uint32_t>(live_splits);
    if (shared_last) *counter = 0;
    __threadfence();  // what others wrote comes before reading it
  }
  __syncthreads();
  return shared_last;
}

// Factors of the splits of each row, [valid, kSparseMlaMaxSplits]; a warp a row, a lane two splits.
__device__ __forceinline__ void merge_factors(const Args& args, float* factors, std::int64_t row,
                                              int first_head, int valid, int live_splits) {
  static_assert(kSparseMlaMaxSplits == 64);
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warps = static_cast<int>(blockDim.x / 32);
  for (int r = static_cast<int>(threadIdx.x / 32); r < valid; r += warps) {
    const float2* sums = args.sums + (row + r) * args.splits;
    const float2 none = {-INFINITY, 0};
    const float2 a = lane < live_splits ? __ldcg(sums + lane) : none;
    const float2 b = lane + 32 < live_splits ? __ldcg(sums + lane + 32) : none;
    const float largest = device::warp_max(fmaxf(a.x, b.x));
    // Equal where all are -inf: the difference would be NaN.
    const float factor_a = a.x == largest ? 1.0f : exp2f(a.x - largest);
    const float factor_b = b.x == largest ? 1.0f : exp2f(b.x - largest);
    const float sum = device::warp_sum(a.y * factor_a + b.y * factor_b);
    const float scale = normaliser(sum, largest, device::read(args.sink, first_head + r));
    factors[r * kSparseMlaMaxSplits + lane] = factor_a * scale;
    factors[r * kSparseMlaMaxSplits + lane + 32] = factor_b * scale;
    if (lane == 0 && args.lse != nullptr) args.lse[row + r] = log_sum(sum, largest);
  }
}

// Merges `valid` rows from `row` on, written by all live splits. A thread takes four times four
// neighbouring values and four splits at once: 16 loads in flight.
__device__ __forceinline__ void merge_splits(const Args& args, float* factors, std::int64_t row,
                                             int first_head, int valid, int live_splits) {
  merge_factors(args, factors, row, first_head, valid, live_splits);
  __syncthreads();
  constexpr int kTasks = 4;
  constexpr int kSplits = 4;
  const int threads = static_cast<int>(blockDim.x);
  const int columns = args.dim / 4;
  const int tasks = valid * columns;
  for (int first = static_cast<int>(threadIdx.x); first < tasks; first += kTasks * threads) {
    float4 sum[kTasks] = {};
    for (int split = 0; split < live_splits; split += kSplits) {
      float4 v[kTasks][kSplits];
#pragma unroll
      for (int k = 0; k < kTasks; ++k) {
        const int task = first + k * threads;
        const int r = task / columns;
        const float* from =
            args.partials + ((row + r) * args.splits + split) * args.dim + 4 * (task - r * columns);
#pragma unroll
        for (int s = 0; s < kSplits; ++s) {
          const bool there = task < tasks && split + s < live_splits;
          v[k][s] = there ? __ldcg(reinterpret_cast<const float4*>(from + s * args.dim))
                          : float4{0, 0, 0, 0};
        }
      }
#pragma unroll
      for (int k = 0; k < kTasks; ++k) {
        const int r = min((first + k * threads) / columns, valid - 1);
#pragma unroll
        for (int s = 0; s < kSplits; ++s) {
          if (split + s >= live_splits) continue;
          const float f = factors[r * kSparseMlaMaxSplits + split + s];
          sum[k].x += v[k][s].x * f, sum[k].y += v[k][s].y * f;
          sum[k].z += v[k][s].z * f, sum[k].w += v[k][s].w * f;
        }
      }
    }
#pragma unroll
    for (int k = 0; k < kTasks; ++k) {
      const int task = first + k * threads;
      if (task < tasks) reinterpret_cast<float4*>(args.o + row * args.dim)[task] = sum[k];
    }
  }
}

}  // namespace dscope::sparse_mla
