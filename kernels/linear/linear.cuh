// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// y[t, g, n] = sum_k x[t, g, k] * w[g, n, k] for BF16 and FP8 weights on mma.m16n8k16, T small.
//
//   x  [T, G, K]   BF16, tokens x_stride apart
//   w  [G, N, K]   as in the checkpoint: FP8 E4M3 with E8M0 scales per 128 x 128, or BF16
//   y  [T, G, N]   BF16 or float32, tokens y_stride apart
//
// Weights are the A operand and go from global memory straight into registers (weight_fragment.cuh:
// a chunk is 64 bytes of each of 16 rows); tokens are the 8 columns of B and are staged, permuted,
// in shared memory. Up to two matrices with the same x share a launch: their tiles are numbered one
// after the other.
//
// Grid: each block computes `tiles_per_block` consecutive tiles of 16 * row_tiles rows of one
// group; all blocks are resident at once. Warp w of W takes chunks w, w + W, ... of the rows, so
// neighbouring warps read neighbouring 64 bytes. Every lane keeps `prefetch` chunks of its rows in
// flight, across the ends of tiles and passes; the first are asked for before the previous kernel
// has ended. More than 8 * column_tiles tokens take several passes over a tile.
//
// Matrices with few rows would not fill the GPU with tiles of 16. There a tile has 16 / S rows, and
// the fragment's rows and columns hold S slices of K: row r is weight row r % (16 / S) in slice
// r / (16 / S), column c is token c % (8 / S) in slice c / (8 / S). Products of equal slices are
// added up at the end, the others are never looked at. The tensor cores have the time.
//
// The tokens of the whole row stay staged for all tiles of a block where they fit; else they are
// staged in windows of K. Synchronisation: barriers around the staging of a window, and around the
// sums over warps at the end of a tile. Sums have a fixed order.
//
// Limited by DRAM bandwidth; small matrices by its latency.

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/memory.cuh"
#include "kernels/device/mma.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/device/weight_fragment.cuh"
#include "kernels/linear/linear_args.cuh"
#include "kernels/linear/linear_config.h"
#include "kernels/linear/linear_stage.cuh"

#include <cstdint>

namespace dscope::linear {

static_assert(device::kChunkBytes == kLinearChunkBytes);
static_assert(device::staged_stride(96) == linear_stage_stride(96) &&
              device::staged_stride(1024) == linear_stage_stride(1024));
static_assert(device::Fragment<WeightFormat::kFp8>::kValues ==
              linear_chunk_values(WeightFormat::kFp8));
static_assert(device::Fragment<WeightFormat::kBf16>::kValues ==
              linear_chunk_values(WeightFormat::kBf16));

// The weights that one lane loads for a chunk: 16 bytes of rows g and g + 8 of each row tile.
template <LinearConfig kConfig>
struct WeightChunk {
  uint4 bytes[kConfig.row_tiles][2];
  std::uint32_t scale[kConfig.row_tiles][2];  // E8M0; FP8 only
};

// A lane's view of the rows of a tile.
template <WeightFormat kFormat, LinearConfig kConfig>
struct WeightRows {
  static constexpr bool kScaled = kFormat == WeightFormat::kFp8;

  const std::byte* row[kConfig.row_tiles][2];  // the lane's bytes in chunk 0; null: no such row
  const std::uint8_t* scale_row[kConfig.row_tiles][2];
  int scale_col[2];  // column, in the scale grid, of those bytes

  __device__ __forceinline__ void move_to(const Args& args, int index) {
    const int split_rows = 16 / args.split;
    const Tile tile = find_tile(args, index, split_rows * kConfig.row_tiles);
    const MatrixArgs& m = *tile.matrix;
    const int g = static_cast<int>(threadIdx.x % 32) / 4;
    const int q = static_cast<int>(threadIdx.x) % 4;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int slice = (g + 8 * half) / split_rows;
      const int in_slice = (g + 8 * half) % split_rows;
      const int first_col = slice * args.slice_values;
      scale_col[half] = m.col_origin + first_col + 16 * q;
#pragma unroll
      for (int i = 0; i < kConfig.row_tiles; ++i) {
        const int in_group = tile.first_row + 16 * i + in_slice;
        const std::int64_t n = std::int64_t{tile.group} * m.group_rows + in_group;
        constexpr int kValueBytes = kScaled ? 1 : 2;
        row[i][half] = in_group < m.group_rows
                           ? m.data + n * m.row_bytes + first_col * kValueBytes + 16 * q
                           : nullptr;
        if constexpr (kScaled) {
          scale_row[i][half] = m.scales + (m.row_origin + n) / kFp8Block * m.scale_row_bytes;
        }
      }
    }
  }

  // Asks for a chunk; zeros where the row or the matrix ends.
  __device__ __forceinline__ void load(const Args& args, int chunk, bool wanted,
                                       WeightChunk<kConfig>& into) const {
    const int offset = chunk * device::kChunkBytes;
    const int q = static_cast<int>(threadIdx.x) % 4;
    const int slice_bytes = args.slice_values * (kScaled ? 1 : 2);
    const bool inside = wanted && offset + 16 * q < slice_bytes;
#pragma unroll
    for (int i = 0; i < kConfig.row_tiles; ++i) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const bool valid = inside && row[i][half] != nullptr;
        into.bytes[i][half] = uint4{0, 0, 0, 0};
        into.scale[i][half] = 0;
        if (!valid) continue;
        into.bytes[i][half] = device::load_streaming(row[i][half] + offset);
        if constexpr (kScaled) {
          const auto block = static_cast<unsigned>(scale_col[half] + offset) / kFp8Block;
          into.scale[i][half] = __ldg(scale_row[i][half] + block);
        }
      }
    }
  }
};

// A chunk as operands of the mma: registers 2 s and 2 s + 1 of a row belong to step s.
template <WeightFormat kFormat, LinearConfig kConfig>
struct Operands {
  std::uint32_t pairs[kConfig.row_tiles][2][2 * device::kFragmentSteps<kFormat>];

  __device__ __forceinline__ explicit Operands(const WeightChunk<kConfig>& chunk) {
#pragma unroll
    for (int i = 0; i < kConfig.row_tiles; ++i) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        std::uint32_t multiplier = 0;
        if constexpr (kFormat == WeightFormat::kFp8) {
          multiplier = device::scale_multiplier<kFormat>(chunk.scale[i][half]);
        }
        device::decode_row_chunk<kFormat>(chunk.bytes[i][half], multiplier, pairs[i][half]);
      }
    }
  }
};

template <LinearConfig kConfig>
struct Sums {
  float d[kConfig.row_tiles][kConfig.column_tiles][4];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (auto& row : d) {
#pragma unroll
      for (auto& tile : row) {
#pragma unroll
        for (float& value : tile) value = 0;
      }
    }
  }
};

// The staged rows that a lane reads as columns of B: byte offsets of its first piece.
template <LinearConfig kConfig>
struct TokenColumns {
  int offset[kConfig.column_tiles];

  __device__ __forceinline__ TokenColumns(const Args& args, int pass_tokens) {
    const int g = static_cast<int>(threadIdx.x % 32) / 4;
    const int q = static_cast<int>(threadIdx.x) % 4;
    const int slice_columns = 8 / args.split;
#pragma unroll
    for (int i = 0; i < kConfig.column_tiles; ++i) {
      const int slice = args.split == 1 ? 0 : g / slice_columns;
      const int token = args.split == 1 ? 8 * i + g : g % slice_columns;
      // Columns without a token repeat the last one: their sums are not read.
      const int row = slice * pass_tokens + min(token, pass_tokens - 1);
      offset[i] = row * args.stage_stride + 16 * q;
    }
  }
};

template <WeightFormat kFormat, LinearConfig kConfig>
__device__ __forceinline__ void multiply(const Operands<kFormat, kConfig>& w, const std::byte* x,
                                         const TokenColumns<kConfig>& columns, int chunk,
                                         Sums<kConfig>& sums) {
  constexpr int kPieces = device::kFragmentPieces<kFormat>;
#pragma unroll
  for (int j = 0; j < kConfig.column_tiles; ++j) {
    const std::byte* column = x + columns.offset[j] + chunk * (kPieces * 64);
#pragma unroll
    for (int piece = 0; piece < kPieces; ++piece) {
      const uint4 b = *reinterpret_cast<const uint4*>(column + 64 * piece);
      const int at = 4 * piece;  // register of step 2 * piece
#pragma unroll
      for (int i = 0; i < kConfig.row_tiles; ++i) {
        const auto& low = w.pairs[i][0];
        const auto& high = w.pairs[i][1];
        device::mma_bf16(sums.d[i][j], {low[at], high[at], low[at + 1], high[at + 1]}, b.x, b.y);
        device::mma_bf16(sums.d[i][j], {low[at + 2], high[at + 2], low[at + 3], high[at + 3]}, b.z,
                         b.w);
      }
    }
  }
}

// Adds up what the warps found for a tile and stores it. `kWarps` neighbouring lanes share an
// output: each sums the slices of one warp.
template <LinearConfig kConfig>
__device__ __forceinline__ void finish(const Args& args, const Tile& tile, int pass,
                                       int pass_tokens, const Sums<kConfig>& sums,
                                       LinearSharedStorage<kConfig>& shared) {
  constexpr int kWarps = kConfig.warps;
  constexpr int kThreads = 32 * kWarps;
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread % 32;
  __syncthreads();  // the sums of the previous tile have been read
#pragma unroll
  for (int i = 0; i < kConfig.row_tiles; ++i) {
#pragma unroll
    for (int j = 0; j < kConfig.column_tiles; ++j) {
      float* into = shared.partials[thread / 32] + (i * kConfig.column_tiles + j) * 128;
      const auto& d = sums.d[i][j];
      // D[g][2q, 2q + 1] is at 8 g + 2 q = 2 * lane.
      *reinterpret_cast<float2*>(into + 2 * lane) = {d[0], d[1]};
      *reinterpret_cast<float2*>(into + 64 + 2 * lane) = {d[2], d[3]};
    }
  }
  __syncthreads();
  const int split_rows = 16 / args.split;
  const int tile_rows = split_rows * kConfig.row_tiles;
  const MatrixArgs& m = *tile.matrix;
  for (int base = 0; base < tile_rows * pass_tokens * kWarps; base += kThreads) {
    const int warp = (base + thread) % kWarps;
    const int row = (base + thread) / kWarps % tile_rows;
    const int column = (base + thread) / kWarps / tile_rows;
    float sum = 0;
    if (column < pass_tokens) {
      const float* from = shared.partials[warp] +
                          (row / 16 * kConfig.column_tiles + column / 8) * 128 + row % 16 * 8 +
                          column % 8;
      for (int slice = 0; slice < args.split; ++slice) {
        sum += from[slice * (8 * split_rows + 8 / args.split)];
      }
    }
    sum = device::warp_sum<kWarps>(sum);
    const int in_group = tile.first_row + row;
    if (warp != 0 || column >= pass_tokens || in_group >= m.group_rows) continue;
    const std::int64_t token = pass * 8 * kConfig.column_tiles + column;
    const std::int64_t at = token * m.y_stride + std::int64_t{tile.group} * m.group_rows + in_group;
    if (args.float_out) {
      static_cast<float*>(m.y)[at] = sum;
    } else {
      static_cast<bf16_t*>(m.y)[at] = device::from_float<bf16_t>(sum);
    }
  }
}

// The order in which a block reads weights: batches of a pass, passes of a tile, tiles.
struct ReadPosition {
  int tile;
  int pass = 0;
  int batch = 0;
};

// kIndex: of the configuration in kLinearConfigs (nvcc has no kernels with a class as parameter).
template <WeightFormat kFormat, int kIndex>
__global__ void __launch_bounds__(32 * kLinearConfigs[kIndex].warps,
                                  kLinearConfigs[kIndex].blocks_per_sm)
    linear_kernel(const __grid_constant__ Args args) {
  constexpr LinearConfig kConfig = kLinearConfigs[kIndex];
  extern __shared__ __align__(16) std::byte dynamic_shared[];
  auto& shared = *reinterpret_cast<LinearSharedStorage<kConfig>*>(dynamic_shared);
  constexpr int kPrefetch = kConfig.prefetch;
  constexpr int kWarps = kConfig.warps;
  constexpr int kPassTokens = 8 * kConfig.column_tiles;
  constexpr int kValues = device::Fragment<kFormat>::kValues;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int first_tile = static_cast<int>(blockIdx.x) * args.tiles_per_block;
  const int last_tile = min(first_tile + args.tiles_per_block, args.tiles);
  const int passes = (args.tokens + kPassTokens - 1) / kPassTokens;
  const int chunks = (args.slice_values + kValues - 1) / kValues;

  // Weights are constant: the first are asked for while the previous kernel is still running.
  ReadPosition next{first_tile};
  WeightRows<kFormat, kConfig> rows;
  WeightChunk<kConfig> ahead[kPrefetch];
  rows.move_to(args, next.tile);
#pragma unroll
  for (int i = 0; i < kPrefetch; ++i) rows.load(args, i * kWarps + warp, true, ahead[i]);
  device::wait_for_previous();
  device::allow_next();

  Window staged;
  Sums<kConfig> sums;
  for (int index = first_tile; index < last_tile; ++index) {
    const Tile tile = find_tile(args, index, 16 / args.split * kConfig.row_tiles);
    for (int pass = 0; pass < passes; ++pass) {
      const int pass_tokens = min(kPassTokens, args.tokens - pass * kPassTokens);
      const TokenColumns<kConfig> columns(args, pass_tokens);
      sums.clear();
      int window_end = 0;  // batch with which the staged window ends
      Window window{tile.group, pass, -1};
      for (int batch = 0; batch < args.batches; ++batch) {
        if (batch == window_end) {
          ++window.index;
          window_end += args.window_batches;
          if (!(window == staged)) {
            __syncthreads();
            stage<kFormat, kConfig>(args, window, pass_tokens, shared.x);
            staged = window;
            __syncthreads();
          }
        }
        if (++next.batch == args.batches) {
          next.batch = 0;
          if (++next.pass == passes) {
            next.pass = 0;
            if (++next.tile < last_tile) rows.move_to(args, next.tile);
          }
        }
        const int window_chunk = (window_end - args.window_batches) * kPrefetch * kWarps;
#pragma unroll
        for (int i = 0; i < kPrefetch; ++i) {
          const int chunk = (batch * kPrefetch + i) * kWarps + warp;
          const Operands<kFormat, kConfig> weights(ahead[i]);
          rows.load(args, (next.batch * kPrefetch + i) * kWarps + warp, next.tile < last_tile,
                    ahead[i]);
          if (chunk < chunks) {
            multiply<kFormat, kConfig>(weights, shared.x, columns, chunk - window_chunk, sums);
          }
        }
      }
      finish<kConfig>(args, tile, pass, pass_tokens, sums, shared);
    }
  }
}

}  // namespace dscope::linear
