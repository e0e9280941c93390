// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/hadamard.h"
#include "kernels/common/threads.h"
#include "kernels/indexer_query/indexer_query.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dscope {

template <Activation Act>
void reference_indexer_query(const IndexerQueryParams<Act>& p) {
  const double norm = 1 / std::sqrt(static_cast<double>(p.dim * p.heads));
#pragma omp parallel for collapse(2) if (worth_threads(p.tokens * p.heads * p.dim))
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    for (std::int64_t h = 0; h < p.heads; ++h) {
      const std::int64_t head = t * p.heads + h;
      const Act* q = p.q + head * p.dim;
      std::vector<float> values(static_cast<std::size_t>(p.dim));
      std::transform(q, q + p.dim, values.begin(), [](Act v) { return to_float(v); });
      apply_rope(p.rope, values.data() + p.dim - p.rope_dim, p.positions[t]);
      hadamard(values.data(), p.dim);
      const float scale = store_index_query(p.out, head * p.dim, values.data(), p.dim);
      p.head_weights[head] = static_cast<float>(to_float(p.w[head]) * norm * scale);
    }
  }
}

template void reference_indexer_query(const IndexerQueryParams<float>&);
template void reference_indexer_query(const IndexerQueryParams<bf16_t>&);

}  // namespace dscope
