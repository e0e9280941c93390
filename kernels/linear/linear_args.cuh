// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/linear/linear_config.h"
#include "workloads/dtypes.h"

#include <cstddef>
#include <cstdint>

// What a launch of linear.cuh is told, and where its tiles are.
namespace dscope::linear {

struct MatrixArgs {
  const std::byte* data = nullptr;
  std::int64_t row_bytes = 0;
  const std::uint8_t* scales = nullptr;
  int scale_row_bytes = 0;
  int row_origin = 0;
  int col_origin = 0;
  int group_rows = 0;   // N
  int group_tiles = 1;  // tiles that N rows take
  void* y = nullptr;
  std::int64_t y_stride = 0;
  bool pairs = false;  // two neighbouring BF16 outputs of a token may be stored as one word
};

struct Args {
  const bf16_t* x = nullptr;
  std::int64_t x_stride = 0;
  int tokens = 0;
  int cols = 0;          // K
  int split = 1;         // S
  int slice_values = 0;  // K / S
  int row_warps = 1;     // R
  int batches = 0;       // of linear_prefetch() * W / R chunks in a slice
  int window_batches = 0;
  int windows = 1;       // in a slice
  int stage_stride = 0;  // bytes
  int buffer_bytes = 0;  // from one staged window to the other; 0: there is only one
  bool quantise = false;
  bool float_out = false;
  int passes = 1;
  int units = 0;  // tiles * passes
  int units_per_block = 0;
  int tile_rows = 0;
  int first_tiles = 0;  // tiles of matrix 0
  MatrixArgs matrices[2];
};

// S, known at compile time where K is never sliced (can_split).
template <LinearConfig kConfig>
__device__ __forceinline__ int split_of(const Args& args) {
  return kConfig.row_tiles == 1 && kConfig.column_tiles == 1 ? args.split : 1;
}

// Where a tile's rows are.
struct Tile {
  const MatrixArgs* matrix;
  int group;
  int first_row;  // within the group
};

__device__ __forceinline__ Tile find_tile(const Args& args, int unit) {
  const int index = args.passes == 1 ? unit : unit / args.passes;
  const bool second = index >= args.first_tiles;
  const MatrixArgs* matrix = &args.matrices[second ? 1 : 0];
  const int local = second ? index - args.first_tiles : index;
  const int group = local / matrix->group_tiles;
  return {matrix, group, (local - group * matrix->group_tiles) * args.tile_rows};
}

__device__ __forceinline__ int find_pass(const Args& args, int unit) {
  return args.passes == 1 ? 0 : unit % args.passes;
}

// Tokens of a pass that has room for `most`.
__device__ __forceinline__ int count_tokens(const Args& args, int pass, int most) {
  return min(most, args.tokens - pass * most);
}

}  // namespace dscope::linear
