// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dot.h"
#include "kernels/common/threads.h"
#include "kernels/norm_rope_cache/norm_rope_cache.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dscope {
namespace {

double inverse_rms(const std::vector<float>& x, double eps) {
  const auto n = static_cast<std::int64_t>(x.size());
  return 1 / std::sqrt(sum_of_squares(x.data(), n) / static_cast<double>(n) + eps);
}

}  // namespace

template <Activation Act>
void reference_q_norm_rope(const QNormRopeParams<Act>& p) {
#pragma omp parallel for collapse(2) if (worth_threads(p.tokens * p.heads * p.head_dim))
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    for (std::int64_t h = 0; h < p.heads; ++h) {
      Act* q = p.q + (t * p.heads + h) * p.head_dim;
      std::vector<float> head(static_cast<std::size_t>(p.head_dim));
      std::transform(q, q + p.head_dim, head.begin(), [](Act v) { return to_float(v); });
      const double scale = inverse_rms(head, p.eps);
      for (float& v : head) v = static_cast<float>(v * scale);
      apply_rope(p.rope, head.data() + p.head_dim - p.rope_dim, p.positions[t]);
      std::transform(head.begin(), head.end(), q, from_float<Act>);
    }
  }
}

template <Activation Act>
void reference_kv_norm_rope_store(const KvNormRopeStoreParams<Act>& p) {
  const std::int64_t dim = p.cache.dim;
  std::vector<float> entry(static_cast<std::size_t>(dim));
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    const Act* kv = p.kv + t * p.kv_stride;
    std::transform(kv, kv + dim, entry.begin(), [](Act v) { return to_float(v); });
    const double scale = inverse_rms(entry, p.eps);
    for (std::int64_t i = 0; i < dim; ++i) {
      entry[i] = static_cast<float>(entry[i] * scale * double{p.weight[i]});
    }
    apply_rope(p.rope, entry.data() + dim - p.cache.rope_dim, p.positions[t]);
    store_kv(p.cache, p.slots[t], entry.data());
  }
}

template <Activation Act>
void reference_inverse_rope(const InverseRopeParams<Act>& p) {
  std::vector<float> head(static_cast<std::size_t>(p.head_dim));
  for (std::int64_t row = 0; row < p.tokens * p.heads; ++row) {
    std::copy_n(p.x + row * p.head_dim, p.head_dim, head.begin());
    apply_rope(p.rope, head.data() + p.head_dim - p.rope_dim, p.positions[row / p.heads],
               /*inverse=*/true);
    std::transform(head.begin(), head.end(), p.o + row * p.head_dim, from_float<Act>);
  }
}

template void reference_q_norm_rope(const QNormRopeParams<float>&);
template void reference_q_norm_rope(const QNormRopeParams<bf16_t>&);
template void reference_kv_norm_rope_store(const KvNormRopeStoreParams<float>&);
template void reference_kv_norm_rope_store(const KvNormRopeStoreParams<bf16_t>&);
template void reference_inverse_rope(const InverseRopeParams<float>&);
template void reference_inverse_rope(const InverseRopeParams<bf16_t>&);

}  // namespace dscope
