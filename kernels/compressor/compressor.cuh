// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// clang-format off: convert.cuh must come before the header of activations, whose to_float() it
// would otherwise find beside its own.
#include "kernels/device/convert.cuh"
// clang-format on
#include "kernels/compressor/compressor.h"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/hadamard.cuh"
#include "kernels/device/kv_entry.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/device/rope.cuh"

#include <cstdint>

// Per token: state row [position mod ring] = (kv, score + ape); and where the token completes its
// block,
//   entry[c] = bf16(sum_r softmax_r(score[r, c]) * kv[r, c]) over the block's rows r
//   cache    = rope(entry / rms(entry) * norm), for index keys Hadamard-turned
// Layouts and rows: compressor.h.
//
// Grid [T], one block a token; a token that completes nothing only adds its row (16 KiB at most).
// The rows of a block (512 KiB for ratio 128) are read once, by all threads at a time: column group
// `threadIdx % (dim / 4)` is four channels, and the threads of a column group share out the rows.
// Each keeps the running maximum, sum and weighted sum of an online softmax, and the partial
// results of a channel are joined in shared memory in the order of their threads.
//
// Limited by latency where no entry is formed, else by what one SM can read from memory.
namespace dscope {

inline constexpr int kCompressorThreads = 512;
inline constexpr int kCompressorWarps = kCompressorThreads / 32;
inline constexpr int kMaxEntryDim = 512;

struct CompressorSharedStorage {
  // [row groups][dim], row groups = threads / (dim / 4)
  float largest[4 * kCompressorThreads];
  float sum[4 * kCompressorThreads];
  float weighted[4 * kCompressorThreads];
  float entry[kMaxEntryDim];
  float scratch[kCompressorWarps];
};

namespace device {

// A softmax-weighted mean of one channel, taken row by row.
struct OnlineMean {
  float largest = -INFINITY;
  float sum = 0;
  float weighted = 0;

  __device__ __forceinline__ void add(float score, float kv) {
    const float new_largest = fmaxf(largest, score);
    // Before the first row, and as long as all scores are -inf, there is nothing to rescale.
    const float keep = largest == new_largest ? 1.0f : expf(largest - new_largest);
    const float weight = score == -INFINITY ? 0.0f : expf(score - new_largest);
    largest = new_largest;
    sum = sum * keep + weight;
    weighted = weighted * keep + weight * kv;
  }
};

// The state of one token's sequence and the rows that its block is formed of, in order.
struct CompressorWindow {
  const float* state;  // [ring, 2, channels]
  std::int64_t channels;
  std::int64_t ring;      // a power of two
  std::int64_t first;     // position of row 0
  int rows;               // 8 for ratio 4 (4 in a sequence's first block), else ratio
  int previous;           // how many of them are the previous block's, which use channels 0 .. dim
  std::int64_t own_from;  // first channel of this block's rows

  // kv of a row, channel 0 of the entry; the score stands `channels` behind it.
  __device__ __forceinline__ const float* row(int r) const {
    return state + ((first + r) & (ring - 1)) * 2 * channels + (r < previous ? 0 : own_from);
  }
};

__device__ __forceinline__ CompressorWindow window_of(const CompressorParams<bf16_t>& p,
                                                      std::int64_t t) {
  const std::int64_t channels = compressor_channels(p.ratio, p.dim);
  const std::int64_t ring = compressor_ring(p.ratio);
  const std::int64_t start = p.positions[t] + 1 - p.ratio;
  const std::int64_t previous = p.ratio == 4 && start >= p.ratio ? p.ratio : 0;
  return {.state = p.state + p.state_slots[t] * ring * 2 * channels,
          .channels = channels,
          .ring = ring,
          .first = start - previous,
          .rows = static_cast<int>(p.ratio + previous),
          .previous = static_cast<int>(previous),
          .own_from = channels - p.dim};
}

__device__ __forceinline__ void append_row(const CompressorParams<bf16_t>& p, std::int64_t t) {
  const std::int64_t channels = compressor_channels(p.ratio, p.dim);
  const std::int64_t ring = compressor_ring(p.ratio);
  const std::int64_t position = p.positions[t];
  float* const row = p.state + (p.state_slots[t] * ring + position % ring) * 2 * channels;
  const WeightVector ape{p.ape.format, channels, p.ape.data + position % p.ratio * p.ape.row_bytes};
  for (std::int64_t c = threadIdx.x; c < channels; c += kCompressorThreads) {
    row[c] = p.kv[t * channels + c];
    row[channels + c] = p.score[t * channels + c] + read(ape, c);
  }
}

// This thread's share of the rows, for the four channels from `column` on: rows group, group +
// groups, ...
__device__ __forceinline__ void pool_rows(const CompressorWindow& window, int column, int group,
                                          int groups, OnlineMean (&means)[4]) {
#pragma unroll 4
  for (int r = group; r < window.rows; r += groups) {
    const float* const row = window.row(r) + column;
    const float4 kv = *reinterpret_cast<const float4*>(row);
    const float4 score = *reinterpret_cast<const float4*>(row + window.channels);
    means[0].add(score.x, kv.x);
    means[1].add(score.y, kv.y);
    means[2].add(score.z, kv.z);
    means[3].add(score.w, kv.w);
  }
}

// Leaves the pooled entry, rounded to BF16, in shared.entry.
__device__ __forceinline__ void pool_entry(CompressorSharedStorage& shared,
                                           const CompressorWindow& window, int dim) {
  const int columns = dim / 4;
  const int groups = kCompressorThreads / columns;
  const int group = static_cast<int>(threadIdx.x) / columns;
  const int column = 4 * (static_cast<int>(threadIdx.x) % columns);
  if (group < groups) {
    OnlineMean means[4];
    pool_rows(window, column, group, groups, means);
    const int at = group * dim + column;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      shared.largest[at + i] = means[i].largest;
      shared.sum[at + i] = means[i].sum;
      shared.weighted[at + i] = means[i].weighted;
    }
  }
  __syncthreads();
  const int used = min(groups, window.rows);  // the others had no row
  for (int c = static_cast<int>(threadIdx.x); c < dim; c += kCompressorThreads) {
    float largest = shared.largest[c];
    for (int g = 1; g < used; ++g) largest = fmaxf(largest, shared.largest[g * dim + c]);
    float sum = 0;
    float weighted = 0;
    for (int g = 0; g < used; ++g) {
      const float keep = expf(shared.largest[g * dim + c] - largest);
      sum += keep * shared.sum[g * dim + c];
      weighted += keep * shared.weighted[g * dim + c];
    }
    shared.entry[c] = device::to_float(from_float<bf16_t>(weighted / sum));
  }
  __syncthreads();
}

// RMS norm with weight and RoPE, in place.
__device__ __forceinline__ void norm_and_rope(CompressorSharedStorage& shared,
                                              const CompressorParams<bf16_t>& p,
                                              std::int64_t position) {
  const int dim = static_cast<int>(p.dim);
  const int c = static_cast<int>(threadIdx.x);  // dim <= threads
  static_assert(kMaxEntryDim <= kCompressorThreads);
  const float x = c < dim ? shared.entry[c] : 0.0f;
  const float mean = block_sum(x * x, shared.scratch) / static_cast<float>(dim);
  const float scale = 1.0f / sqrtf(mean + static_cast<float>(p.eps));
  if (c < dim) shared.entry[c] = x * scale * read(p.norm, c);
  __syncthreads();
  if (c < p.rope.pairs) {
    float* const pair = shared.entry + dim - p.rope_dim + 2 * c;
    const float2 turned = rotate({pair[0], pair[1]}, rope_rotation(p.rope, position, c));
    pair[0] = turned.x;
    pair[1] = turned.y;
  }
  __syncthreads();
}

// One warp, in place in shared memory.
template <int Values>
__device__ __forceinline__ void turn_key(float* key) {
  const int first = static_cast<int>(threadIdx.x % 32) * Values;
  float x[Values];
#pragma unroll
  for (int i = 0; i < Values; ++i) x[i] = key[first + i];
  warp_hadamard(x);
#pragma unroll
  for (int i = 0; i < Values; ++i) key[first + i] = x[i];
  __syncwarp();
}

__device__ __forceinline__ void store_entry(CompressorSharedStorage& shared,
                                            const CompressorParams<bf16_t>& p, std::int64_t t) {
  const int warp = static_cast<int>(threadIdx.x / 32);
  if (p.kv_cache.data != nullptr) {
    store_kv_entry(p.kv_cache, p.entry_slots[t], shared.entry, warp, kCompressorWarps);
    return;
  }
  if (warp != 0) return;
  if (p.dim == 128) {
    turn_key<4>(shared.entry);
  } else if (p.dim == 64) {
    turn_key<2>(shared.entry);
  } else {
    turn_key<1>(shared.entry);
  }
  store_index_key_entry(p.index_cache, p.entry_slots[t], shared.entry);
}

}  // namespace device

__global__ void __launch_bounds__(kCompressorThreads)
    compressor_kernel(CompressorParams<bf16_t> p) {
  __shared__ CompressorSharedStorage shared;
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t t = blockIdx.x;
  const std::int64_t position = p.positions[t];
  device::append_row(p, t);
  if ((position + 1) % p.ratio != 0) return;
  __syncthreads();  // the new row is one of the block's
  const device::CompressorWindow window = device::window_of(p, t);
  device::pool_entry(shared, window, static_cast<int>(p.dim));
  device::norm_and_rope(shared, p, position + 1 - p.ratio);
  device::store_entry(shared, p, t);
}

}  // namespace dscope
