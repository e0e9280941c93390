// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/threads.h"
#include "kernels/topk/topk.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace dscope {

void reference_topk(const TopKParams& p) {
#pragma omp parallel for if (worth_threads(p.tokens * p.logits_stride))
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    const float* logits = p.logits + t * p.logits_stride;
    std::vector<std::int32_t> order(static_cast<std::size_t>(p.entries[t]));
    std::iota(order.begin(), order.end(), 0);
    const auto kept = static_cast<std::ptrdiff_t>(std::min(p.k, p.entries[t]));
    if (p.entries[t] > p.k) {
      std::nth_element(order.begin(), order.begin() + kept - 1, order.end(),
                       [logits](std::int32_t a, std::int32_t b) {
                         return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
                       });
      std::sort(order.begin(), order.begin() + kept);
    }
    std::int32_t* selected = p.selected + t * p.k;
    std::fill(std::copy_n(order.begin(), kept, selected), selected + p.k, -1);
  }
}

}  // namespace dscope
