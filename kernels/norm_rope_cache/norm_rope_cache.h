// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/cache_view.h"
#include "kernels/common/rope.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"
#include "workloads/weight_matrix.h"

#include <cstdint>

namespace dscope {

// Queries, in place: every head is divided by sqrt(mean(q^2) + eps) over its D dims (no weight),
// then its last rope_dim dims are roped at the token's position.
template <Activation Act>
struct QNormRopeParams {
  std::int64_t tokens = 0;    // T
  std::int64_t heads = 0;     // H of this rank
  std::int64_t head_dim = 0;  // D
  std::int64_t rope_dim = 0;
  Act* q = nullptr;                         // [T, H, D]
  const std::int64_t* positions = nullptr;  // [T]
  RopeView rope;
  double eps = 0;
};

template <Activation Act>
void reference_q_norm_rope(const QNormRopeParams<Act>& p);

// On the GPU: any head_dim, fastest for multiples of 8 up to 512 with rope_dim a multiple of 8 up
// to 64.
[[nodiscard]] Support supports(const QNormRopeParams<bf16_t>& p);
void launch_q_norm_rope(const QNormRopeParams<bf16_t>& p, Stream stream);

// The token's key-value entry: RMS norm with weight over D, RoPE on the last dims, rounded once by
// the cache's format, stored at the token's slot of the window cache.
template <Activation Act>
struct KvNormRopeStoreParams {
  std::int64_t tokens = 0;                  // T
  const Act* kv = nullptr;                  // [T, D]
  std::int64_t kv_stride = 0;               // elements between tokens
  WeightVector weight;                      // [D]
  const std::int64_t* positions = nullptr;  // [T]
  const std::int64_t* slots = nullptr;      // [T] where in the cache
  RopeView rope;
  KvCacheView cache;
  double eps = 0;
};

template <Activation Act>
void reference_kv_norm_rope_store(const KvNormRopeStoreParams<Act>& p);

// On the GPU: caches in FP8 or BF16.
[[nodiscard]] Support supports(const KvNormRopeStoreParams<bf16_t>& p);
void launch_kv_norm_rope_store(const KvNormRopeStoreParams<bf16_t>& p, Stream stream);

// Attention output: RoPE turned back on the last dims of every head, at the query's position. The
// input is float32: fused kernels have it in registers, so the output is rounded once.
template <Activation Act>
struct InverseRopeParams {
  std::int64_t tokens = 0;    // T
  std::int64_t heads = 0;     // H of this rank
  std::int64_t head_dim = 0;  // D
  std::int64_t rope_dim = 0;
  const float* x = nullptr;                 // [T, H, D]
  Act* o = nullptr;                         // [T, H, D]
  const std::int64_t* positions = nullptr;  // [T]
  RopeView rope;
};

template <Activation Act>
void reference_inverse_rope(const InverseRopeParams<Act>& p);

// On the GPU: as the queries.
[[nodiscard]] Support supports(const InverseRopeParams<bf16_t>& p);
void launch_inverse_rope(const InverseRopeParams<bf16_t>& p, Stream stream);

}  // namespace dscope
