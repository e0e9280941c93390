// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/cache_view.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"
#include "workloads/weight_matrix.h"

#include <cstddef>
#include <cstdint>

namespace dscope {

// One of the two sets of cache entries a query attends to.
struct SparseSet {
  KvCacheView cache;
  const std::int32_t* indices = nullptr;  // [T, width] cache slots; -1 is skipped
  std::int64_t width = 0;
  const std::int32_t* length = nullptr;  // [T] only the first length[t] indices count
};

// Sparse decode attention with one shared key-value head, keys = values. Per token t and head h,
// over all valid entries i of both sets, joined in one softmax:
//   s_i = scale * q[t, h] . kv_i        lse = ln(sum_i exp(s_i))
//   o   = sum_i exp(s_i) * kv_i / (sum_i exp(s_i) + exp(sink_h))
// The sink is not scaled. A row without any valid entry gives o = 0 and lse = +inf, as FlashMLA's
// reference does. lse excludes the sink.
template <Activation Act>
struct SparseMlaDecodeParams {
  std::int64_t tokens = 0;    // T
  std::int64_t heads = 0;     // H of this rank
  std::int64_t head_dim = 0;  // D, equal to the caches' dim
  const Act* q = nullptr;     // [T, H, D]
  SparseSet window;
  SparseSet compressed;            // width 0 in layers without compression
  WeightVector sink;               // [H]
  double scale = 0;                // head_dim^-0.5
  float* o = nullptr;              // [T, H, D], for the inverse RoPE behind it
  float* lse = nullptr;            // [T, H], may be null
  std::byte* workspace = nullptr;  // GPU only: sparse_mla_workspace_bytes(), zero before first use
};

template <Activation Act>
void reference_sparse_mla_decode(const SparseMlaDecodeParams<Act>& p);

struct SparseMlaConfig;  // sparse_mla_decode_config.h

// On the GPU, one launch: splits over the entries are merged by the last block of a token. FP8 or
// BF16 caches, both sets in the same format, head_dim a multiple of 64 up to 512, pages of a power
// of two entries. FP8 scales up to 2^7 (entries behind an RMS norm are far below); no NaN codes
// among the entries attended to.
[[nodiscard]] Support supports(const SparseMlaDecodeParams<bf16_t>& p);
// Enough for every configuration; one workspace serves all shapes up to the ones given.
[[nodiscard]] std::int64_t sparse_mla_workspace_bytes(std::int64_t tokens, std::int64_t heads,
                                                      std::int64_t head_dim);
// `config` null: pick_config() chooses for the current device.
void launch_sparse_mla_decode(const SparseMlaDecodeParams<bf16_t>& p, Stream stream,
                              const SparseMlaConfig* config = nullptr);

}  // namespace dscope
