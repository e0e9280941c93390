// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/cache_view.h"
#include "kernels/common/rope.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"
#include "workloads/checkpoint/weights.h"

#include <cstdint>

namespace dscope {

// Compression of key-value history: every token adds one row of kv and score to its sequence's
// state; when it completes a block of `ratio` tokens, the block becomes one cache entry.
//
//   score row = x . Wgate + ape[position mod ratio];  kv row = x . Wkv        (projected before)
//   entry     = sum over rows r of softmax_r(score[r, c]) * kv[r, c]          (per channel c)
//     ratio 128: the 128 rows of the block, C = dim channels
//     ratio 4:   8 rows, C = 2 dim channels: the previous block's 4 rows with channels 0 .. dim-1
//                and this block's 4 rows with channels dim .. 2 dim-1; the first block has no
//                previous rows
//   entry is rounded to the activation type, RMS-normed with weight, roped at the position of its
//   block's first token, and stored as entry (position / ratio) of the sequence: in the KV cache,
//   or Hadamard-turned in the index cache.
// Source: the official reference model (Compressor).
//
// State [state slots, ring, 2, C] float32: per token kv, then score with ape added. The ring has
// 8 rows for ratio 4 and 128 for ratio 128; a token's row is position mod ring.
template <Activation Act>
struct CompressorParams {
  std::int64_t tokens = 0;  // T
  std::int64_t ratio = 4;   // 4 or 128
  std::int64_t dim = 512;   // of an entry
  std::int64_t rope_dim = 64;
  const float* kv = nullptr;     // [T, C]
  const float* score = nullptr;  // [T, C], without ape
  WeightMatrix ape;              // [ratio, C]
  WeightVector norm;             // [dim]
  double eps = 0;
  RopeView rope;
  const std::int64_t* positions = nullptr;    // [T]
  const std::int64_t* state_slots = nullptr;  // [T] which sequence's state
  float* state = nullptr;
  // [T] cache slot of the entry that this token would complete; read only where it does.
  const std::int64_t* entry_slots = nullptr;
  KvCacheView kv_cache;  // exactly one of the two has data
  IndexCacheView index_cache;
};

[[nodiscard]] constexpr std::int64_t compressor_ring(std::int64_t ratio) {
  return ratio == 4 ? 8 : ratio;
}
[[nodiscard]] constexpr std::int64_t compressor_channels(std::int64_t ratio, std::int64_t dim) {
  return ratio == 4 ? 2 * dim : dim;
}

template <Activation Act>
void reference_compressor(const CompressorParams<Act>& p);

// Params hold device pointers; tokens of one launch have different state slots. ape, kv and score
// begin at multiples of 16 bytes, dim is a multiple of 4 up to 512 (index keys: 32, 64 or 128), the
// caches are BF16 or FP8.
[[nodiscard]] Support supports(const CompressorParams<bf16_t>& p);
void launch_compressor(const CompressorParams<bf16_t>& p, Stream stream);

}  // namespace dscope
