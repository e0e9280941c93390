// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/cache_view.h"
#include "kernels/common/rope.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"

#include <cstdint>

namespace dscope {

// Epilogue of the indexer's query projection, per token and head: RoPE on the last rope_dim dims,
// Hadamard turn, rounding to the index cache's format; and the head's weight in the score,
//   W[t, h] = w[t, h] * index_dim^-0.5 * index_heads^-0.5 * s_q[t, h]
// with s_q the scale of the FP8 query (1 in other formats).
template <Activation Act>
struct IndexerQueryParams {
  std::int64_t tokens = 0;  // T
  std::int64_t heads = 0;   // index_heads, Hi
  std::int64_t dim = 128;   // index_dim, Di
  std::int64_t rope_dim = 64;
  const Act* q = nullptr;                   // [T, Hi, Di], projected
  const Act* w = nullptr;                   // [T, Hi], projected head weights
  const std::int64_t* positions = nullptr;  // [T]
  RopeView rope;
  IndexQueryView out;             // [T, Hi, Di]
  float* head_weights = nullptr;  // [T, Hi]
};

template <Activation Act>
void reference_indexer_query(const IndexerQueryParams<Act>& p);

// Params hold device pointers; dims are 32, 64 or 128, output is BF16 or FP8.
[[nodiscard]] Support supports(const IndexerQueryParams<bf16_t>& p);
void launch_indexer_query(const IndexerQueryParams<bf16_t>& p, Stream stream);

}  // namespace dscope
