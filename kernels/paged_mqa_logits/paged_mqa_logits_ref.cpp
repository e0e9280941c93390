// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dot.h"
#include "kernels/common/threads.h"
#include "kernels/paged_mqa_logits/paged_mqa_logits.h"

#include <algorithm>
#include <vector>

namespace dscope {

void reference_paged_mqa_logits(const PagedMqaLogitsParams& p) {
  const std::int64_t dim = p.cache.dim;
  std::vector<float> queries(static_cast<std::size_t>(p.heads * dim));
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    load_index_query(p.q, t * p.heads * dim, queries.data(), p.heads * dim);
    const std::int32_t* pages = p.page_table + t * p.page_table_stride;
    const float* weights = p.head_weights + t * p.heads;
#pragma omp parallel if (worth_threads(p.entries[t] * p.heads * dim))
    {
      std::vector<float> key(static_cast<std::size_t>(dim));
#pragma omp for
      for (std::int64_t j = 0; j < p.entries[t]; ++j) {
        const std::int64_t page = pages[j / p.cache.page_entries];
        const std::int64_t slot = page * p.cache.page_entries + j % p.cache.page_entries;
        const float scale = load_index_key(p.cache, slot, key.data());
        double sum = 0;
        for (std::int64_t h = 0; h < p.heads; ++h) {
          sum += weights[h] * std::max(dot(queries.data() + h * dim, key.data(), dim), 0.0);
        }
        p.logits[t * p.logits_stride + j] = static_cast<float>(sum * scale);
      }
    }
  }
}

}  // namespace dscope
