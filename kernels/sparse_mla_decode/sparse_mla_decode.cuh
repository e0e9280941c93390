// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/cache_view.h"
#include "kernels/common/device_limits.h"
#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/mma.cuh"
#include "kernels/device/prefetch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/device/transpose.cuh"
#include "kernels/sparse_mla_decode/sparse_mla_decode_config.h"
#include "kernels/sparse_mla_decode/sparse_mla_merge.cuh"
#include "kernels/sparse_mla_decode/sparse_mla_operands.cuh"

#include <cstdint>

// Sparse decode attention, keys = values, one key-value head:
//   s[h, i] = scale * q[t, h] . kv[i]
//   o[t, h] = sum_i exp(s[h, i]) kv[i] / (sum_i exp(s[h, i]) + exp(sink[h]))
// q [T, H, D] BF16, o [T, H, D] float32, D <= 512.
//
// Memory. The entries of both sets form one list of tiles of 32 (a tile belongs to one set). Cache
// pages are read where they lie (formats.h). Entries go from global memory straight into the
// registers of the tensor cores: they are in shared memory at no time.
//
// Work. Grid (splits, groups of heads, tokens). A block takes a contiguous, equal share of the
// token's live tiles for up to `Rows` heads; blocks beyond the live length exit. Warp w owns dims
// [64 w, 64 w + 64) of everything: of an FP8 entry that is one scale group (warp 7: the roped BF16
// tail). Per tile each warp
//   1. turns its bytes of 32 entries into BF16 in the layout of operand B (lane (g, q) = (l / 4,
//      l % 4) holds entries g, 8 + g, .. and of each the 16 dims it loaded: the order of dims
//      inside a product is free, queries are permuted to match), and starts loading the next tile,
//   2. multiplies: partial scores [Rows, 32] over its 64 dims, to shared memory,
//   3. transposes the same registers (movmatrix) into operand B of the second product.
// Then the block sums the eight partial scores and takes the online softmax step, and each warp
// adds P [Rows, 32] x V [32, its dims] to the output that it keeps in registers.
//
// Synchronisation. Two barriers a tile: partial scores complete; P complete. Splits: partial
// results go to the workspace, and the last block of a group to arrive (counter) merges them in a
// fixed order, so results repeat to the bit. The counter is left at zero for the next launch.
//
// Limits. Small batches: latency (length -> indices -> entries -> two products -> merge). Large
// batches: instruction issue, about as many conversions as products. Shared memory is small, and
// registers (queries 16, output 32 a lane and 16 rows, tiles 64) allow one block an SM.
namespace dscope::sparse_mla {

inline constexpr int kThreads = kSparseMlaMaxWarps * 32;
// Rows 40 floats apart begin 8 banks apart: four rows of fragments are stored without conflict.
inline constexpr int kScoreStride = kTile + 8;
// Rows 80 bytes apart: eight rows of 16 bytes lie in different banks.
inline constexpr int kWeightStride = kTile + 8;

template <int Rows>
struct SharedStorage {
  float scores[kSparseMlaMaxWarps][Rows][kScoreStride];  // each warp's share of q . k
  // P as the sum of two BF16 values: with one, its rounding would be most of the kernel's error.
  alignas(16) std::uint16_t weights[2][Rows][kWeightStride];
  float largest[Rows];  // so far, of scale * log2(e) * q . k
  float sum[Rows];      // of exp2(score - largest)
  float rescale[Rows];  // what the tile's new largest multiplies earlier results by
  bool last;
  static_assert(sizeof(scores) >= sizeof(float) * Rows * kSparseMlaMaxSplits, "merge_splits");
};
static_assert(sizeof(SharedStorage<32>) <= kSm120SharedPerBlock);

// The tiles of one block.
struct Share {
  int window_live;
  int compressed_live;
  int window_tiles;
  int begin;
  int end;
  int live_splits;  // of the token
};

__device__ __forceinline__ int live_length(const Set& set, int token) {
  return set.width == 0 ? 0 : min(max(set.length[token], 0), set.width);
}

__device__ __forceinline__ Share share_of_block(const Args& args, int token, int split) {
  Share s;
  s.window_live = live_length(args.window, token);
  s.compressed_live = live_length(args.compressed, token);
  s.window_tiles = (s.window_live + kTile - 1) / kTile;
  const int tiles = s.window_tiles + (s.compressed_live + kTile - 1) / kTile;
  constexpr int kLeast = static_cast<int>(kSparseMlaSplitTiles);
  s.live_splits = min(args.splits, max(1, (tiles + kLeast - 1) / kLeast));
  s.begin = split * tiles / s.live_splits;
  s.end = (split + 1) * tiles / s.live_splits;
  return s;
}

// The slot of entry `lane` of a tile, -1 where there is none.
__device__ __forceinline__ int load_index(const Args& args, const Share& share, int tile, int token,
                                          int lane) {
  if (tile >= share.end) return -1;
  const bool window = tile < share.window_tiles;
  const int i = (window ? tile : tile - share.window_tiles) * kTile + lane;
  const int live = window ? share.window_live : share.compressed_live;
  const std::int64_t row =
      static_cast<std::int64_t>(token) * (window ? args.window.width : args.compressed.width);
  const std::int32_t* indices = window ? args.window.indices : args.compressed.indices;
  return i < live ? indices[row + i] : -1;
}

// This warp's share of the scores, to shared memory; two groups of entries at a time, since more
// accumulators would not fit in registers.
template <int Rows>
__device__ __forceinline__ void multiply_keys(SharedStorage<Rows>& shared,
                                              const Queries<Rows>& queries, const Entries& entries,
                                              const Place& at) {
  constexpr int kAtOnce = 2;
#pragma unroll
  for (int first = 0; first < kGroups; first += kAtOnce) {
    float scores[Rows / 16][kAtOnce][4] = {};
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
#pragma unroll
      for (int n = 0; n < kAtOnce; ++n) {
        const std::uint32_t* b = &entries[first + n][2 * step];
#pragma unroll
        for (int m = 0; m < Rows / 16; ++m) {
          device::mma_bf16(scores[m][n], queries.a[m][step], b[0], b[1]);
        }
      }
    }
#pragma unroll
    for (int m = 0; m < Rows / 16; ++m) {
#pragma unroll
      for (int n = 0; n < kAtOnce; ++n) {
        float* to = &shared.scores[at.warp][16 * m + at.g][8 * (first + n) + 2 * at.q];
        *reinterpret_cast<float2*>(to) = {scores[m][n][0], scores[m][n][1]};
        *reinterpret_cast<float2*>(to + 8 * kScoreStride) = {scores[m][n][2], scores[m][n][3]};
      }
    }
  }
}

template <int Values>
__device__ __forceinline__ void add_row(float (&sum)[Values], const float* row) {
  if constexpr (Values == 4) {
    const float4 v = *reinterpret_cast<const float4*>(row);
    sum[0] += v.x, sum[1] += v.y, sum[2] += v.z, sum[3] += v.w;
  } else {
    static_assert(Values == 2);
    const float2 v = *reinterpret_cast<const float2*>(row);
    sum[0] += v.x, sum[1] += v.y;
  }
}

// One step of the online softmax: the tile's P, and what earlier results are multiplied by. A row
// belongs to 256 / Rows neighbouring lanes. `valid` has a bit for each entry of the tile.
template <int Rows>
__device__ __forceinline__ void softmax_step(SharedStorage<Rows>& shared, int warps,
                                             std::uint32_t valid, float scale_log2) {
  constexpr int kLanes = kThreads / Rows;
  constexpr int kValues = kTile / kLanes;
  for (int task = static_cast<int>(threadIdx.x); task < kThreads; task += warps * 32) {
    const int row = task / kLanes;
    const int column = task % kLanes * kValues;
    float score[kValues] = {};
#pragma unroll 8
    for (int w = 0; w < warps; ++w) add_row(score, &shared.scores[w][row][column]);
    const float before = shared.largest[row];
    float largest = -INFINITY;
#pragma unroll
    for (int i = 0; i < kValues; ++i) {
      score[i] = (valid >> (column + i) & 1) != 0 ? score[i] * scale_log2 : -INFINITY;
      largest = fmaxf(largest, score[i]);
    }
    largest = fmaxf(before, device::warp_max<kLanes>(largest));
    const float reference = largest == -INFINITY ? 0.0f : largest;
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kValues; ++i) sum += score[i] = exp2f(score[i] - reference);
    sum = device::warp_sum<kLanes>(sum);
#pragma unroll
    for (int i = 0; i < kValues; i += 2) {
      const std::uint32_t high = device::pack_bf16(score[i], score[i + 1]);
      const std::uint32_t rest = device::pack_bf16(score[i] - device::low_bf16(high),
                                                   score[i + 1] - device::high_bf16(high));
      *reinterpret_cast<std::uint32_t*>(&shared.weights[0][row][column + i]) = high;
      *reinterpret_cast<std::uint32_t*>(&shared.weights[1][row][column + i]) = rest;
    }
    __syncwarp();  // all lanes of the row have read what the first now replaces
    if (task % kLanes != 0) continue;
    const float rescale = exp2f(before - reference);
    shared.rescale[row] = rescale;
    shared.largest[row] = largest;
    shared.sum[row] = shared.sum[row] * rescale + sum;
  }
}

// A lane's part of the output: rows 16 m + g (values 0, 1) and 16 m + g + 8 (2, 3) of word j.
template <int Rows>
using Output = float[Rows / 16][kWords][4];

template <int Rows>
__device__ __forceinline__ void multiply_values(Output<Rows>& o, const SharedStorage<Rows>& shared,
                                                const Entries& transposed, const Place& at) {
#pragma unroll
  for (int m = 0; m < Rows / 16; ++m) {
    const float low = shared.rescale[16 * m + at.g];
    const float high = shared.rescale[16 * m + at.g + 8];
#pragma unroll
    for (int j = 0; j < kWords; ++j) {
      o[m][j][0] *= low, o[m][j][1] *= low;
      o[m][j][2] *= high, o[m][j][3] *= high;
    }
  }
#pragma unroll
  for (int step = 0; step < kTile / 16; ++step) {
#pragma unroll
    for (int part = 0; part < 2; ++part) {
      std::uint32_t p[Rows / 16][4];
#pragma unroll
      for (int m = 0; m < Rows / 16; ++m) {
        const int row = 16 * m + at.lane % 16;
        device::load_matrices(p[m], &shared.weights[part][row][16 * step + at.lane / 16 * 8]);
      }
#pragma unroll
      for (int j = 0; j < kWords; ++j) {
#pragma unroll
        for (int m = 0; m < Rows / 16; ++m) {
          device::mma_bf16(o[m][j], p[m], transposed[2 * step][j], transposed[2 * step + 1][j]);
        }
      }
    }
  }
}

// All tiles of the block's share.
template <CacheFormat Format, int Rows>
__device__ __forceinline__ void attend(Output<Rows>& o, SharedStorage<Rows>& shared,
                                       const Queries<Rows>& queries, const Args& args,
                                       const Share& share, int token, const Place& at) {
  const int warps = Format == CacheFormat::kFp8 ? kSparseMlaMaxWarps : args.dim / kSparseMlaSlice;
  int index = load_index(args, share, share.begin, token, at.lane);
  int next_index = load_index(args, share, share.begin + 1, token, at.lane);
  Raw raw;
  load_entries<Format>(raw, args, share.begin < share.window_tiles, index, at);
  for (int tile = share.begin; tile < share.end; ++tile) {
    Entries entries;
    decode_entries(entries, raw, at);
    const std::uint32_t valid = __ballot_sync(device::kAllLanes, index >= 0);
    index = next_index;
    next_index = load_index(args, share, tile + 2, token, at.lane);
    load_entries<Format>(raw, args, tile + 1 < share.window_tiles, index, at);
    if (valid == 0) continue;  // in every warp alike
    multiply_keys(shared, queries, entries, at);
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
#pragma unroll
      for (int j = 0; j < kWords; ++j) entries[n][j] = device::transpose_matrix(entries[n][j]);
    }
    __syncthreads();
    softmax_step(shared, warps, valid, args.scale_log2);
    __syncthreads();
    multiply_values<Rows>(o, shared, entries, at);
  }
}

// Writes the block's rows, each multiplied by factor(row), `stride` floats apart.
template <int Rows, class Factor>
__device__ __forceinline__ void write_rows(float* to, std::int64_t stride, int valid,
                                           const Output<Rows>& o, const Place& at,
                                           const Factor& factor) {
#pragma unroll
  for (int half = 0; half < Rows / 8; ++half) {
    const int row = 8 * half + at.g;
    if (row >= valid) continue;
    const float f = factor(row);
    const int pair = half % 2 * 2;
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      const float* a = o[half / 2][2 * step];
      const float* b = o[half / 2][2 * step + 1];
      const float4 v = at.fp8 ? float4{a[pair], b[pair], a[pair + 1], b[pair + 1]}
                              : float4{a[pair], a[pair + 1], b[pair], b[pair + 1]};
      *reinterpret_cast<float4*>(to + row * stride + first_dim(at, step)) = {v.x * f, v.y * f,
                                                                             v.z * f, v.w * f};
    }
  }
}

template <CacheFormat Format, int Rows>
__global__ __launch_bounds__(kThreads,
                             1) void sparse_mla_decode_kernel(const __grid_constant__ Args args) {
  extern __shared__ __align__(16) std::byte dynamic_shared[];
  auto& shared = *reinterpret_cast<SharedStorage<Rows>*>(dynamic_shared);
  const Place at = place<Format>();
  const int token = static_cast<int>(blockIdx.z);
  const int first_head = static_cast<int>(blockIdx.y) * args.heads_per_block;
  const int valid = min(args.heads_per_block, args.heads - first_head);
  const std::int64_t row = static_cast<std::int64_t>(token) * args.heads + first_head;
  const int split = static_cast<int>(blockIdx.x);

  device::wait_for_previous();
  device::allow_next();
  prefetch_indices(args.window, token);
  prefetch_indices(args.compressed, token);
  const Share share = share_of_block(args, token, split);
  if (split >= share.live_splits) return;
  Queries<Rows> queries;
  load_queries(queries, args, row, valid, at);
  if (threadIdx.x < Rows) {
    shared.largest[threadIdx.x] = -INFINITY;
    shared.sum[threadIdx.x] = 0;
  }
  __syncthreads();
  Output<Rows> o = {};
  attend<Format>(o, shared, queries, args, share, token, at);

  if (share.live_splits == 1) {
    const float* sum = shared.sum;
    const float* largest = shared.largest;
    write_rows<Rows>(args.o + row * args.dim, args.dim, valid, o, at, [&](int r) {
      return normaliser(sum[r], largest[r], device::read(args.sink, first_head + r));
    });
    if (args.lse != nullptr && threadIdx.x < valid) {
      args.lse[row + threadIdx.x] = log_sum(sum[threadIdx.x], largest[threadIdx.x]);
    }
    return;
  }
  const std::int64_t partial = row * args.splits + split;
  write_rows<Rows>(args.partials + partial * args.dim,
                   static_cast<std::int64_t>(args.splits) * args.dim, valid, o, at,
                   [](int) { return 1.0f; });
  if (threadIdx.x < valid) {
    args.sums[partial + static_cast<std::int64_t>(threadIdx.x) * args.splits] = {
        shared.largest[threadIdx.x], shared.sum[threadIdx.x]};
  }
  const std::int64_t group = static_cast<std::int64_t>(token) * gridDim.y + blockIdx.y;
  if (!arrives_last(args.counters + group, share.live_splits, shared.last)) return;
  merge_splits(args, &shared.scores[0][0][0], row, first_head, valid, share.live_splits);
}

}  // namespace dscope::sparse_mla
