// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/activation_quant.cuh"
#include "kernels/device/memory.cuh"
#include "kernels/device/weight_fragment.cuh"
#include "kernels/linear/linear_args.cuh"
#include "kernels/linear/linear_config.h"

#include <cstdint>

// Bringing tokens into shared memory for linear.cuh, in the order its fragments need.
namespace dscope::linear {

// Which tokens are staged.
struct Window {
  int group = -1;
  int pass = -1;
  int index = -1;  // along K
  friend __device__ bool operator==(const Window& a, const Window& b) {
    return a.group == b.group && a.pass == b.pass && a.index == b.index;
  }
};

// Visits this thread's 16-byte pieces (8 values) of a staged area of `rows` rows: visit(row, piece,
// inside). Every thread makes the same number of visits, so that visits may use shuffles; with
// `pieces` a multiple of 16, 16 neighbouring lanes are at pieces 16 i .. 16 i + 15 of one row.
template <class Visit>
__device__ __forceinline__ void visit_pieces(int rows, int pieces, Visit visit) {
  const int threads = static_cast<int>(blockDim.x);
  const int rows_on = threads / pieces;
  const int pieces_on = threads % pieces;
  int row = static_cast<int>(threadIdx.x) / pieces;
  int piece = static_cast<int>(threadIdx.x) % pieces;
  for (int base = 0; base < rows * pieces; base += threads) {
    visit(row, piece, row < rows);
    row += rows_on;
    piece += pieces_on;
    if (piece >= pieces) {
      piece -= pieces;
      ++row;
    }
  }
}

// Copies a window of the tokens of a pass to shared memory, one row for each slice and token, and
// arranges it in place. Needs a barrier before (nobody reads the old window) and after.
template <WeightFormat kFormat, LinearConfig kConfig>
__device__ __forceinline__ void stage(const Args& args, const Window& window, int pass_tokens,
                                      std::byte* x) {
  constexpr int kValues = device::Fragment<kFormat>::kValues;
  const int padded = (args.slice_values + kValues - 1) / kValues * kValues;
  const int window_values = args.window_batches * kConfig.prefetch * kConfig.warps * kValues;
  const int first = window.index * window_values;
  const int stored = min(window_values, padded - first) / 8;  // pieces of a row
  const int pieces = args.quantise ? (stored + 15) / 16 * 16 : stored;
  const int rows = args.split * pass_tokens;
  const auto place = [&](int row, int piece) {
    return reinterpret_cast<uint4*>(x + row * args.stage_stride +
                                    device::staged_offset<kFormat>(piece));
  };
  visit_pieces(rows, pieces, [&](int row, int piece, bool inside) {
    if (!inside || piece >= stored) return;
    const int slice = row / pass_tokens;
    const int token = window.pass * 8 * kConfig.column_tiles + row - slice * pass_tokens;
    const int k = first + 8 * piece;
    const bool valid = k < args.slice_values;
    const bf16_t* source = args.x + token * args.x_stride + std::int64_t{window.group} * args.cols +
                           slice * args.slice_values + (valid ? k : 0);
    device::copy_async_16(place(row, piece), source, valid);
  });
  device::commit_copies();
  device::wait_for_copies<0>();
  // A thread sees its own copies without a barrier.
  if (args.quantise) {
    visit_pieces(rows, pieces, [&](int row, int piece, bool inside) {
      const bool mine = inside && piece < stored;
      const uint4 v = mine ? *place(row, piece) : uint4{0, 0, 0, 0};
      const uint4 rounded = device::permute_staged<kFormat>(device::fake_quantise_group(v));
      if (mine) *place(row, piece) = rounded;
    });
  } else if (kFormat == WeightFormat::kFp8) {
    visit_pieces(rows, pieces, [&](int row, int piece, bool inside) {
      if (inside) *place(row, piece) = device::permute_staged<kFormat>(*place(row, piece));
    });
  }
}

}  // namespace dscope::linear
