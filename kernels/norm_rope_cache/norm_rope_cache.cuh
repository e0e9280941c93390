// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/cache_view.h"
#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/kv_entry.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/device/rope.cuh"
#include "kernels/norm_rope_cache/eight_values.cuh"

#include <cstddef>
#include <cstdint>

// What stands around attention, one row (a head's vector, or the token's key-value entry) at a
// time:
//   queries   q[t, h]  <- rope(q / sqrt(mean(q^2) + eps))                        [T, H, D], in
//   place output    o[t, h]  <- inverse rope(x[t, h])                      float32 -> BF16, [T, H,
//   D] entry     cache[slot[t]] <- rope(kv / sqrt(mean(kv^2) + eps) * weight)       [T, D]
// RoPE turns pairs (2i, 2i + 1) of the last rope_dim values by the token's position.
//
// Work. Queries and output: a warp a row; a lane holds eight neighbouring values of each 256
// (head_rows_kernel), or lanes walk over the row where sizes do not allow that
// (head_rows_any_kernel). Entry: a block a token, a thread a pair of values; the entry is formed in
// shared memory as float32 and rounded once, by the cache's format. Synchronisation. Rows: warp
// shuffles. Entry: two barriers. Limits. Latency at small batches, else memory: every value is read
// and written once.
namespace dscope::norm_rope_cache {

inline constexpr int kRowThreads = 128;
inline constexpr int kRowChunks = 2;  // of 256 values
inline constexpr int kMostRowDim = kRowChunks * 32 * kEight;
inline constexpr int kMostRowPairs = 32;  // a lane forms one rotation
inline constexpr int kEntryThreads = 256;

template <class In>
struct HeadRowsArgs {
  const In* x;
  bf16_t* y;
  const std::int64_t* positions;  // [rows / heads]
  RopeView rope;
  std::int64_t rows;
  int heads;
  int dim;
  float eps;
};

template <bool Inverse>
__device__ __forceinline__ float2 rotation_of(const RopeView& rope, std::int64_t position,
                                              std::int64_t pair) {
  const float2 rotation = device::rope_rotation(rope, position, pair);
  return {rotation.x, Inverse ? -rotation.y : rotation.y};
}

// Eight values, four pairs from `first_pair` on; the rotation of pair i is in lane i. All lanes
// take part; those without roped values keep theirs.
__device__ __forceinline__ void rope_eight(float (&v)[kEight], float2 rotation, int first_pair,
                                           bool roped) {
#pragma unroll
  for (int k = 0; k < kEight / 2; ++k) {
    const int lane = roped ? first_pair + k : 0;
    const float2 r = {__shfl_sync(device::kAllLanes, rotation.x, lane),
                      __shfl_sync(device::kAllLanes, rotation.y, lane)};
    const float2 turned = device::rotate({v[2 * k], v[2 * k + 1]}, r);
    v[2 * k] = roped ? turned.x : v[2 * k];
    v[2 * k + 1] = roped ? turned.y : v[2 * k + 1];
  }
}

// Queries (In = bf16_t): norm, then RoPE. Output (In = float): RoPE turned back, no norm.
template <class In>
__global__ __launch_bounds__(kRowThreads) void head_rows_kernel(
    const __grid_constant__ HeadRowsArgs<In> args) {
  constexpr bool kQueries = sizeof(In) == sizeof(bf16_t);
  device::wait_for_previous();
  device::allow_next();
  const int lane = static_cast<int>(threadIdx.x % 32);
  const std::int64_t row =
      static_cast<std::int64_t>(blockIdx.x) * (kRowThreads / 32) + threadIdx.x / 32;
  if (row >= args.rows) return;
  float v[kRowChunks][kEight] = {};
  float squares = 0;
#pragma unroll
  for (int c = 0; c < kRowChunks; ++c) {
    const int i = (32 * c + lane) * kEight;
    if (i < args.dim) load_eight(v[c], args.x + row * args.dim + i);
    squares += sum_of_squares(v[c]);
  }
  float2 rotation = {1, 0};
  if (lane < args.rope.pairs) {
    rotation = rotation_of<!kQueries>(args.rope, args.positions[row / args.heads], lane);
  }
  float scale = 1;
  if constexpr (kQueries) scale = inverse_rms(device::warp_sum(squares), args.dim, args.eps);
  const int first_roped = args.dim - 2 * static_cast<int>(args.rope.pairs);
#pragma unroll
  for (int c = 0; c < kRowChunks; ++c) {
    const int i = (32 * c + lane) * kEight;
    const bool here = i < args.dim;
#pragma unroll
    for (int k = 0; k < kEight; ++k) v[c][k] *= scale;
    rope_eight(v[c], rotation, (i - first_roped) / 2, here && i >= first_roped);
    if (here) store_eight(args.y + row * args.dim + i, v[c]);
  }
}

template <class In>
__global__ __launch_bounds__(kRowThreads) void head_rows_any_kernel(
    const __grid_constant__ HeadRowsArgs<In> args) {
  constexpr bool kQueries = sizeof(In) == sizeof(bf16_t);
  device::wait_for_previous();
  device::allow_next();
  const int lane = static_cast<int>(threadIdx.x % 32);
  const std::int64_t row =
      static_cast<std::int64_t>(blockIdx.x) * (kRowThreads / 32) + threadIdx.x / 32;
  if (row >= args.rows) return;
  const In* x = args.x + row * args.dim;
  bf16_t* y = args.y + row * args.dim;
  float scale = 1;
  if constexpr (kQueries) {
    float squares = 0;
    for (int i = lane; i < args.dim; i += 32) {
      const float v = device::to_float(x[i]);
      squares += v * v;
    }
    scale = inverse_rms(device::warp_sum(squares), args.dim, args.eps);
  }
  // In place from here on: every value is read by the lane that writes it.
  const int first_roped = args.dim - 2 * static_cast<int>(args.rope.pairs);
  for (int i = lane; i < first_roped; i += 32) {
    y[i] = device::from_float<bf16_t>(device::to_float(x[i]) * scale);
  }
  const std::int64_t position = args.positions[row / args.heads];
  for (int pair = lane; pair < args.rope.pairs; pair += 32) {
    const int i = first_roped + 2 * pair;
    const float2 turned =
        device::rotate({device::to_float(x[i]) * scale, device::to_float(x[i + 1]) * scale},
                       rotation_of<!kQueries>(args.rope, position, pair));
    y[i] = device::from_float<bf16_t>(turned.x);
    y[i + 1] = device::from_float<bf16_t>(turned.y);
  }
}

struct KvStoreArgs {
  const bf16_t* kv;
  std::int64_t kv_stride;
  WeightVector weight;
  const std::int64_t* positions;
  const std::int64_t* slots;
  RopeView rope;
  KvCacheView cache;
  float eps;
};

__global__ __launch_bounds__(kEntryThreads) void kv_norm_rope_store_kernel(
    const __grid_constant__ KvStoreArgs args) {
  extern __shared__ __align__(16) float entry[];  // [dim]
  __shared__ float scratch[kEntryThreads / 32];
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t token = blockIdx.x;
  const bf16_t* kv = args.kv + token * args.kv_stride;
  const std::int64_t position = args.positions[token];
  const std::int64_t slot = args.slots[token];
  const int dim = static_cast<int>(args.cache.dim);
  const int first_roped = dim - 2 * static_cast<int>(args.rope.pairs);
  const int first = 2 * static_cast<int>(threadIdx.x);
  float squares = 0;
  // The norm's scale comes last: weights and RoPE need not wait for the sum.
  for (int i = first; i < dim; i += 2 * kEntryThreads) {
    const float x = device::to_float(kv[i]);
    const float y = device::to_float(kv[i + 1]);
    squares += x * x + y * y;
    float2 pair = {x * device::read(args.weight, i), y * device::read(args.weight, i + 1)};
    if (i >= first_roped) {
      pair = device::rotate(pair, rotation_of<false>(args.rope, position, (i - first_roped) / 2));
    }
    entry[i] = pair.x;
    entry[i + 1] = pair.y;
  }
  const float scale = inverse_rms(device::block_sum(squares, scratch), dim, args.eps);
  for (int i = first; i < dim; i += 2 * kEntryThreads) {
    entry[i] *= scale;
    entry[i + 1] *= scale;
  }
  __syncthreads();
  device::store_kv_entry(args.cache, slot, entry, static_cast<int>(threadIdx.x / 32),
                         kEntryThreads / 32);
}

}  // namespace dscope::norm_rope_cache
