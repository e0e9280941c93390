// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/activation_quant.cuh"
#include "kernels/device/memory.cuh"
#include "kernels/device/weight_fragment.cuh"
#include "kernels/linear/linear_args.cuh"
#include "kernels/linear/linear_config.h"

#include <cstdint>

// Bringing tokens into shared memory for linear.cuh, where its fragments need them.
namespace dscope::linear {

// Which tokens are staged: where along K, for which pass, of which group.
struct Window {
  int group;
  int pass;
  int index;

  [[nodiscard]] __device__ __forceinline__ int number(const Args& args) const {
    return (group * args.passes + pass) * args.windows + index;
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

// The staged windows: the one that is read and, where there are two buffers, the one that is filled
// behind its back. One barrier a window: behind it everybody's copies are there, and nobody reads
// the window before any more, whose place the next request takes.
template <WeightFormat kFormat, LinearConfig kConfig>
class Stage {
 public:
  __device__ __forceinline__ Stage(const Args& args, std::byte* x) : args_(args), x_(x) {}

  [[nodiscard]] __device__ __forceinline__ const std::byte* x() const { return x_ + at_; }

  // Has all threads see a window.
  __device__ __forceinline__ void open(const Window& window) {
    const int number = window.number(args_);
    if (number == staged_) return;
    if (!expected_) {
      if (args_.buffer_bytes == 0) __syncthreads();  // the only buffer is not being read
      request(window);
    }
    at_ = args_.buffer_bytes - at_;
    device::wait_for_copies<0>();
    if (args_.quantise) quantise(window);
    __syncthreads();
    staged_ = number;
    expected_ = false;
  }

  // Lets the window come that is opened next, whichever is open now.
  __device__ __forceinline__ void expect(const Window& window) {
    if (args_.buffer_bytes == 0 || window.number(args_) == staged_) return;
    request(window);
    expected_ = true;
  }

 private:
  static constexpr int kValues = device::Fragment<kFormat>::kValues;

  // Visits the pieces of a window: visit(place, row, k, inside), k the first value in its slice.
  template <class Visit>
  __device__ __forceinline__ void each_piece(const Window& window, std::byte* x,
                                             Visit visit) const {
    const int padded = (args_.slice_values + kValues - 1) / kValues * kValues;
    const int window_values = args_.window_batches * linear_prefetch(kFormat, kConfig) *
                              (kConfig.warps / args_.row_warps) * kValues;
    const int first = window.index * window_values;
    const int stored = min(window_values, padded - first) / 8;  // pieces of a row
    const int pieces = args_.quantise ? (stored + 15) / 16 * 16 : stored;
    const int tokens = count_tokens(args_, window.pass, 8 * kConfig.column_tiles);
    visit_pieces(split_of<kConfig>(args_) * tokens, pieces, [&](int row, int piece, bool inside) {
      std::byte* const place = x + row * args_.stage_stride + device::staged_offset<kFormat>(piece);
      visit(reinterpret_cast<uint4*>(place), row, first + 8 * piece, inside && piece < stored);
    });
  }

  // Starts copying into the buffer that is not read; one row for each slice and token.
  __device__ __forceinline__ void request(const Window& window) {
    const int first_token = window.pass * 8 * kConfig.column_tiles;
    const int tokens = count_tokens(args_, window.pass, 8 * kConfig.column_tiles);
    const bf16_t* const from = args_.x + std::int64_t{window.group} * args_.cols;
    each_piece(
        window, x_ + (args_.buffer_bytes - at_), [&](uint4* place, int row, int k, bool inside) {
          if (!inside) return;
          const int slice = split_of<kConfig>(args_) == 1 ? 0 : row / tokens;
          const int token = first_token + row - slice * tokens;
          const bool valid = k < args_.slice_values;
          device::copy_async_16(
              place, from + token * args_.x_stride + slice * args_.slice_values + (valid ? k : 0),
              valid);
        });
    device::commit_copies();
  }

  // In place; a thread sees its own copies without a barrier.
  __device__ __forceinline__ void quantise(const Window& window) const {
    each_piece(window, x_ + at_, [](uint4* place, int, int, bool inside) {
      const uint4 v = inside ? *place : uint4{0, 0, 0, 0};
      const uint4 rounded = device::fake_quantise_group(v);
      if (inside) *place = rounded;
    });
  }

  const Args& args_;
  std::byte* x_;
  int at_ = 0;       // offset of the buffer that is read
  int staged_ = -1;  // number of the window that is open
  bool expected_ = false;
};

}  // namespace dscope::linear
