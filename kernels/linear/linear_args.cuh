// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

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
};

struct Args {
  const bf16_t* x = nullptr;
  std::int64_t x_stride = 0;
  int tokens = 0;
  int cols = 0;          // K
  int split = 1;         // S
  int slice_values = 0;  // K / S
  int batches = 0;       // of prefetch * W chunks in a slice
  int window_batches = 0;
  int stage_stride = 0;  // bytes
  bool quantise = false;
  bool float_out = false;
  int tiles = 0;
  int tiles_per_block = 0;
  int first_tiles = 0;  // tiles of matrix 0
  MatrixArgs matrices[2];
};

// Where a tile's rows are.
struct Tile {
  const MatrixArgs* matrix;
  int group;
  int first_row;  // within the group
};

__device__ __forceinline__ Tile find_tile(const Args& args, int index, int tile_rows) {
  const bool second = index >= args.first_tiles;
  const MatrixArgs* matrix = &args.matrices[second ? 1 : 0];
  const int local = second ? index - args.first_tiles : index;
  const int group = local / matrix->group_tiles;
  return {matrix, group, (local - group * matrix->group_tiles) * tile_rows};
}

}  // namespace dscope::linear
