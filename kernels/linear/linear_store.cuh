// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/transpose.cuh"
#include "kernels/linear/linear_args.cuh"
#include "kernels/linear/linear_config.h"

#include <cstdint>

// From sums in registers to outputs, for linear.cuh.
namespace dscope::linear {

// Which rows of a tile a warp has, and which of the warps with the same rows it is.
template <LinearConfig kConfig>
struct WarpPlace {
  int row_warp;
  int sharing = 1;  // warps that have the same rows
  int share = 0;

  __device__ __forceinline__ explicit WarpPlace(const Args& args) {
    row_warp = static_cast<int>(threadIdx.x) / 32;
    if constexpr (kConfig.shares_rows) {
      sharing = kConfig.warps / args.row_warps;
      share = row_warp % sharing;
      row_warp /= sharing;
    }
  }
};

// Rows are those of the warp's row tiles, columns the tokens of a pass.
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

// Where the outputs of a tile are.
struct Outputs {
  const MatrixArgs& matrix;
  int first_token;
  int tokens;  // behind it
  std::int64_t first;
  int rows;  // that the tile has

  __device__ __forceinline__ Outputs(const Tile& tile, int first_token, int tokens)
      : matrix(*tile.matrix),
        first_token(first_token),
        tokens(tokens),
        first(first_token * matrix.y_stride + std::int64_t{tile.group} * matrix.group_rows +
              tile.first_row),
        rows(matrix.group_rows - tile.first_row) {}

  template <class Out>
  [[nodiscard]] __device__ __forceinline__ Out* at(int token, int row) const {
    return static_cast<Out*>(matrix.y) + first + token * matrix.y_stride + row;
  }
};

// Eight rows of one fragment, half of it: d0 and d1 are D[g][2q, 2q + 1].
__device__ __forceinline__ void store_half(const Args& args, const Outputs& out, int row, int token,
                                           float d0, float d1) {
  const int g = static_cast<int>(threadIdx.x % 32) / 4;
  const int q = static_cast<int>(threadIdx.x) % 4;
  if (args.float_out) {
    if (row + g >= out.rows) return;
    if (token + 2 * q < out.tokens) *out.at<float>(token + 2 * q, row + g) = d0;
    if (token + 2 * q + 1 < out.tokens) *out.at<float>(token + 2 * q + 1, row + g) = d1;
    return;
  }
  // Rows 2q and 2q + 1 of token g, so that a token's rows are neighbours.
  const std::uint32_t pair = device::transpose_matrix(device::pack_bf16(d0, d1));
  if (token + g >= out.tokens || row + 2 * q >= out.rows) return;
  bf16_t* const at = out.at<bf16_t>(token + g, row + 2 * q);
  if (out.matrix.pairs) {
    *reinterpret_cast<std::uint32_t*>(at) = pair;
    return;
  }
  at[0] = {static_cast<std::uint16_t>(pair)};
  if (row + 2 * q + 1 < out.rows) at[1] = {static_cast<std::uint16_t>(pair >> 16)};
}

// Stores the sums of a warp that has its rows to itself, K in one slice.
template <LinearConfig kConfig>
__device__ __forceinline__ void store_own(const Args& args, const Tile& tile,
                                          const WarpPlace<kConfig>& place, int pass,
                                          int pass_tokens, const Sums<kConfig>& sums) {
  const Outputs out(tile, pass * 8 * kConfig.column_tiles, pass_tokens);
#pragma unroll
  for (int i = 0; i < kConfig.row_tiles; ++i) {
    const int row = 16 * (place.row_warp * kConfig.row_tiles + i);
#pragma unroll
    for (int j = 0; j < kConfig.column_tiles; ++j) {
      if (8 * j >= pass_tokens) continue;
      const auto& d = sums.d[i][j];
      store_half(args, out, row, 8 * j, d[0], d[1]);
      store_half(args, out, row + 8, 8 * j, d[2], d[3]);
    }
  }
}

// Where a sum lies within a fragment's 128 floats: pairs of columns change places from row to row,
// so that neither the fragment's layout nor 16 rows of a column meet in a bank.
__device__ __forceinline__ int sum_offset(int row, int column) {
  return 8 * row + 2 * ((column / 2) ^ (row / 4 % 4)) + column % 2;
}

// Adds up what the warps that share rows and the slices of K found, and stores it.
template <LinearConfig kConfig>
__device__ __forceinline__ void store_shared(const Args& args, const Tile& tile,
                                             const WarpPlace<kConfig>& place, int pass,
                                             int pass_tokens, const Sums<kConfig>& sums,
                                             LinearSharedStorage<kConfig>& shared) {
  const int thread = static_cast<int>(threadIdx.x);
  const int g = thread % 32 / 4;
  const int q = thread % 4;
  __syncthreads();  // the sums of the previous unit have been read
#pragma unroll
  for (int i = 0; i < kConfig.row_tiles; ++i) {
#pragma unroll
    for (int j = 0; j < kConfig.column_tiles; ++j) {
      float* const into = shared.partials[thread / 32] + (i * kConfig.column_tiles + j) * 128;
      const auto& d = sums.d[i][j];
      *reinterpret_cast<float2*>(into + sum_offset(g, 2 * q)) = {d[0], d[1]};
      *reinterpret_cast<float2*>(into + sum_offset(g + 8, 2 * q)) = {d[2], d[3]};
    }
  }
  __syncthreads();
  const Outputs out(tile, pass * 8 * kConfig.column_tiles, pass_tokens);
  const int split = split_of<kConfig>(args);
  const int split_rows = 16 / split;
  const int slice_columns = 8 / split;
  const int row_shift = 31 - __clz(args.tile_rows);  // all of these are powers of two
  const int warp_shift = 31 - __clz(kConfig.row_tiles * split_rows);
  for (int i = thread; i < args.tile_rows * pass_tokens; i += 32 * kConfig.warps) {
    const int row = i & (args.tile_rows - 1);
    const int column = i >> row_shift;
    if (row >= out.rows) continue;
    const int first_warp = (row >> warp_shift) * place.sharing;
    const int in_warp = row & ((1 << warp_shift) - 1);
    // Slices only exist where there is one fragment.
    const int fragment = in_warp / 16 * kConfig.column_tiles + column / 8;
    float sum = 0;
    for (int slice = 0; slice < split; ++slice) {
      const float* const from =
          shared.partials[first_warp] + fragment * 128 +
          sum_offset(slice * split_rows + in_warp % 16, slice * slice_columns + column % 8);
#pragma unroll 4
      for (int s = 0; s < place.sharing; ++s) {
        sum += from[s * LinearSharedStorage<kConfig>::kPartials];
      }
    }
    if (args.float_out) {
      *out.at<float>(column, row) = sum;
    } else {
      *out.at<bf16_t>(column, row) = device::from_float<bf16_t>(sum);
    }
  }
}

}  // namespace dscope::linear
