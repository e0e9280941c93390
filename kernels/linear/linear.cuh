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
// a chunk is 64 bytes of each of 16 rows); tokens are the 8 columns of B and are staged in shared
// memory. Up to two matrices with the same x share a launch: their tiles are numbered one after the
// other.
//
// Grid: a unit is a tile of 16 * row_tiles * R rows of one group, for the up to 8 * column_tiles
// tokens of a pass; each block computes `units_per_block` consecutive units, all blocks are
// resident at once. Of a block's W warps R are side by side, with 16 * row_tiles rows each, and
// W / R share these rows: the s-th of them takes chunks s, s + W / R, ..., so neighbours read
// neighbouring 64 bytes. Every lane keeps `prefetch` chunks of its rows in flight, across the ends
// of units; the first are asked for before the previous kernel has ended.
//
// Matrices with few rows would not fill the GPU with tiles of 16. There a tile has 16 / S rows, and
// the fragment's rows and columns hold S slices of K: row r is weight row r % (16 / S) in slice
// r / (16 / S), column c is token c % (8 / S) in slice c / (8 / S). Products of equal slices are
// added up at the end, the others are never looked at. The tensor cores have the time.
//
// The tokens of the whole row stay staged for all units of a block where they fit; else they are
// staged in windows of K, the next while the present one is used (linear_stage.cuh). Where warps
// own their rows they store sums from registers (linear_store.cuh); else these go through shared
// memory. Synchronisation: a barrier for each window, two for the sums over warps. Sums have a
// fixed order.
//
// Limited by DRAM bandwidth; small matrices by its latency; tens of tokens by shared memory reads
// and the tensor cores.

#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/memory.cuh"
#include "kernels/device/mma.cuh"
#include "kernels/device/weight_fragment.cuh"
#include "kernels/linear/linear_args.cuh"
#include "kernels/linear/linear_config.h"
#include "kernels/linear/linear_stage.cuh"
#include "kernels/linear/linear_store.cuh"

#include <cstddef>
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

// A lane's view of the rows of a tile. Beyond the end of a group the last row is read again: its
// sums are not stored.
template <WeightFormat kFormat, LinearConfig kConfig>
struct WeightRows {
  static constexpr bool kScaled = kFormat == WeightFormat::kFp8;

  const std::byte* row[kConfig.row_tiles][2];  // the lane's bytes in chunk 0
  const std::uint8_t* scales;
  int scale_row[kConfig.row_tiles][2];  // offset of the row's scales
  int scale_col[2];                     // column, in the scale grid, of the lane's bytes

  __device__ __forceinline__ void move_to(const Args& args, int unit, int row_warp) {
    const int split_rows = 16 / split_of<kConfig>(args);
    const Tile tile = find_tile(args, unit);
    const int first_row = tile.first_row + row_warp * kConfig.row_tiles * split_rows;
    const MatrixArgs& m = *tile.matrix;
    const int g = static_cast<int>(threadIdx.x % 32) / 4;
    const int q = static_cast<int>(threadIdx.x) % 4;
    scales = m.scales;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int slice = (g + 8 * half) / split_rows;
      const int in_slice = (g + 8 * half) % split_rows;
      const int first_col = slice * args.slice_values;
      scale_col[half] = m.col_origin + first_col + 16 * q;
#pragma unroll
      for (int i = 0; i < kConfig.row_tiles; ++i) {
        const int in_group = min(first_row + 16 * i + in_slice, m.group_rows - 1);
        const int n = tile.group * m.group_rows + in_group;
        constexpr int kValueBytes = kScaled ? 1 : 2;
        row[i][half] = m.data + n * m.row_bytes + first_col * kValueBytes + 16 * q;
        if constexpr (kScaled) {
          scale_row[i][half] = (m.row_origin + n) / kFp8Block * m.scale_row_bytes;
        }
      }
    }
  }

  // Asks for a chunk; zeros where the slice ends.
  __device__ __forceinline__ void load(const Args& args, int chunk, bool wanted,
                                       WeightChunk<kConfig>& into) const {
    const int offset = chunk * device::kChunkBytes;
    const int q = static_cast<int>(threadIdx.x) % 4;
    const int slice_bytes = args.slice_values * (kScaled ? 1 : 2);
    const bool valid = wanted && offset + 16 * q < slice_bytes;
#pragma unroll
    for (int i = 0; i < kConfig.row_tiles; ++i) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        into.bytes[i][half] = uint4{0, 0, 0, 0};
        into.scale[i][half] = 0;
        if (!valid) continue;
        into.bytes[i][half] = device::load_streaming(row[i][half] + offset);
        if constexpr (kScaled) {
          const auto block = static_cast<unsigned>(scale_col[half] + offset) / kFp8Block;
          into.scale[i][half] = __ldg(scales + (scale_row[i][half] + static_cast<int>(block)));
        }
      }
    }
  }
};

// FP8 is decoded in the order 0 2 1 3 of a word's bytes; swapping the middle ones first is cheaper
// than permuting all tokens whenever they are staged.
template <WeightFormat kFormat>
__device__ __forceinline__ uint4 in_order(uint4 bytes) {
  if constexpr (kFormat != WeightFormat::kFp8) return bytes;
  constexpr unsigned kSwapMiddle = 0x3120;
  return {__byte_perm(bytes.x, 0, kSwapMiddle), __byte_perm(bytes.y, 0, kSwapMiddle),
          __byte_perm(bytes.z, 0, kSwapMiddle), __byte_perm(bytes.w, 0, kSwapMiddle)};
}

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
        device::decode_row_chunk<kFormat>(in_order<kFormat>(chunk.bytes[i][half]), multiplier,
                                          pairs[i][half]);
      }
    }
  }
};

// The staged rows that a lane reads as columns of B: byte offset of its first piece in the first
// column tile, and from there to the next. Columns without a token read what happens to be in their
// place, or repeat a token: their sums are not looked at.
template <LinearConfig kConfig>
struct TokenColumns {
  int first;
  int step;

  __device__ __forceinline__ TokenColumns(const Args& args, int pass_tokens)
      : step(8 * args.stage_stride) {
    int row = static_cast<int>(threadIdx.x % 32) / 4;
    if constexpr (kConfig.column_tiles == 1) {
      const int slice_columns = 8 / split_of<kConfig>(args);
      const int slice = row / slice_columns;
      row = slice * pass_tokens + min(row - slice * slice_columns, pass_tokens - 1);
    }
    first = row * args.stage_stride + static_cast<int>(threadIdx.x) % 4 * 16;
  }
};

// The products of a chunk's piece: two mma for each pair of row and column tiles.
template <WeightFormat kFormat, LinearConfig kConfig>
__device__ __forceinline__ void multiply(const Operands<kFormat, kConfig>& w, const std::byte* x,
                                         const TokenColumns<kConfig>& columns, int chunk, int piece,
                                         Sums<kConfig>& sums) {
  constexpr int kPieces = device::kFragmentPieces<kFormat>;
  constexpr int kTogether = kConfig.column_tiles > 1 ? 2 : 1;  // neighbouring mma are independent
#pragma unroll
  for (int j = 0; j < kConfig.column_tiles; j += kTogether) {
    const std::byte* column = x + columns.first + j * columns.step + (chunk * kPieces + piece) * 64;
    uint4 b[kTogether];
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      b[k] = *reinterpret_cast<const uint4*>(column + k * columns.step);
    }
#pragma unroll
    for (int i = 0; i < kConfig.row_tiles; ++i) {
      const std::uint32_t* low = w.pairs[i][0] + 4 * piece;  // registers of step 2 * piece
      const std::uint32_t* high = w.pairs[i][1] + 4 * piece;
#pragma unroll
      for (int k = 0; k < kTogether; ++k) {
        device::mma_bf16(sums.d[i][j + k], {low[0], high[0], low[1], high[1]}, b[k].x, b[k].y);
      }
#pragma unroll
      for (int k = 0; k < kTogether; ++k) {
        device::mma_bf16(sums.d[i][j + k], {low[2], high[2], low[3], high[3]}, b[k].z, b[k].w);
      }
    }
  }
}

// What is staged for a unit's first batches.
__device__ __forceinline__ Window first_window(const Args& args, int unit) {
  return {find_tile(args, unit).group, find_pass(args, unit), 0};
}

// Blocks for which registers must do: no more than fit the SM's shared memory.
constexpr int bound_blocks(int index) {
  const int wanted = kLinearConfigs[static_cast<std::size_t>(index)].blocks_per_sm;
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 1200
  const std::int64_t shared = shared_bytes(kLinearConfigs[static_cast<std::size_t>(index)]);
  const auto fit = static_cast<int>(kRtxPro6000.shared_per_sm / (shared + 1024));
  return fit < wanted ? fit : wanted;
#else
  return wanted;
#endif
}

// kIndex: of the configuration in kLinearConfigs (nvcc has no kernels with a class as parameter).
template <WeightFormat kFormat, int kIndex>
__global__ void __launch_bounds__(32 * kLinearConfigs[kIndex].warps, bound_blocks(kIndex))
    linear_kernel(const __grid_constant__ Args args) {
  constexpr LinearConfig kConfig = kLinearConfigs[kIndex];
  extern __shared__ __align__(16) std::byte dynamic_shared[];
  auto& shared = *reinterpret_cast<LinearSharedStorage<kConfig>*>(dynamic_shared);
  constexpr int kPrefetch = linear_prefetch(kFormat, kConfig);
  constexpr int kPassTokens = 8 * kConfig.column_tiles;
  constexpr int kValues = device::Fragment<kFormat>::kValues;
  // Many sums leave no registers for what comes next until some operands have been used.
  constexpr bool kLoadsLate = kConfig.column_tiles > 4;
  const WarpPlace<kConfig> place(args);
  const int first_unit = static_cast<int>(blockIdx.x) * args.units_per_block;
  const int last_unit = min(first_unit + args.units_per_block, args.units);
  const int chunks = (args.slice_values + kValues - 1) / kValues;

  // Weights are constant: the first are asked for while the previous kernel is still running.
  WeightRows<kFormat, kConfig> rows;
  WeightChunk<kConfig> ahead[kPrefetch];
  rows.move_to(args, first_unit, place.row_warp);
#pragma unroll
  for (int i = 0; i < kPrefetch; ++i) {
    rows.load(args, i * place.sharing + place.share, true, ahead[i]);
  }
  device::wait_for_previous();
  device::allow_next();

  Stage<kFormat, kConfig> stage(args, shared.x);
  Sums<kConfig> sums;
  for (int unit = first_unit; unit < last_unit; ++unit) {
    Window window = first_window(args, unit);
    const int pass = window.pass;
    const int pass_tokens = count_tokens(args, pass, kPassTokens);
    const TokenColumns<kConfig> columns(args, pass_tokens);
    sums.clear();
    int window_start = 0;  // batch
    for (int batch = 0; batch < args.batches; ++batch) {
      if (batch == window_start + args.window_batches) {
        window_start = batch;
        ++window.index;
      }
      if (batch == window_start) {
        stage.open(window);
        if (window.index + 1 < args.windows) {
          stage.expect({window.group, window.pass, window.index + 1});
        } else if (unit + 1 < last_unit) {
          stage.expect(first_window(args, unit + 1));
        }
      }
      // What is asked for now is a batch ahead.
      const bool unit_ends = batch + 1 == args.batches;
      const bool wanted = !unit_ends || unit + 1 < last_unit;
      const int next_batch = unit_ends ? 0 : batch + 1;
      if (unit_ends && wanted) rows.move_to(args, unit + 1, place.row_warp);
#pragma unroll
      for (int i = 0; i < kPrefetch; ++i) {
        const int chunk = (batch * kPrefetch + i) * place.sharing + place.share;
        const int in_window = chunk - window_start * kPrefetch * place.sharing;
        const int next_chunk = (next_batch * kPrefetch + i) * place.sharing + place.share;
        const Operands<kFormat, kConfig> weights(ahead[i]);
        if (!kLoadsLate) rows.load(args, next_chunk, wanted, ahead[i]);
#pragma unroll
        for (int piece = 0; piece < device::kFragmentPieces<kFormat>; ++piece) {
          if (chunk < chunks) {
            multiply<kFormat, kConfig>(weights, stage.x(), columns, in_window, piece, sums);
          }
          if (kLoadsLate && piece == 0) rows.load(args, next_chunk, wanted, ahead[i]);
        }
      }
    }
    const Tile tile = find_tile(args, unit);
    if (kConfig.shares_rows && (place.sharing > 1 || split_of<kConfig>(args) > 1)) {
      store_shared<kConfig>(args, tile, place, pass, pass_tokens, sums, shared);
    } else {
      store_own<kConfig>(args, tile, place, pass, pass_tokens, sums);
    }
  }
}

}  // namespace dscope::linear
