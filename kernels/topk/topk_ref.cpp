// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/threads.h"
#include "kernels/topk/topk.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace dscope {
namespace {

// Whether token t's row of `forced` replaces the choice by logits.
bool is_forced(const TopKParams& p, std::int64_t t) {
  return p.forced != nullptr && p.forced[t * p.k] != kNotForced;
}

// In front of the parallel loop: an exception must not leave it.
void check_forced(const TopKParams& p) {
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    if (!is_forced(p, t)) continue;
    for (std::int64_t i = 0; i < p.k; ++i) {
      const std::int32_t entry = p.forced[t * p.k + i];
      DSCOPE_REQUIRE(entry >= -1 && entry < p.entries[t],
                     "forced: entry {} of token {}, which has {} live entries", entry, t,
                     p.entries[t]);
    }
  }
}

void choose(const TopKParams& p, std::int64_t t, std::int32_t* selected) {
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
  std::fill(std::copy_n(order.begin(), kept, selected), selected + p.k, -1);
}

}  // namespace

void reference_topk(const TopKParams& p) {
  check_forced(p);
#pragma omp parallel for if (worth_threads(p.tokens * p.logits_stride))
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    std::int32_t* selected = p.selected + t * p.k;
    if (is_forced(p, t)) {
      std::copy_n(p.forced + t * p.k, p.k, selected);
    } else {
      choose(p, t, selected);
    }
    if (p.slots == nullptr) continue;
    const std::int32_t* pages = p.page_table + t * p.page_table_stride;
    std::transform(selected, selected + p.k, p.slots + t * p.k, [&](std::int32_t entry) {
      if (entry < 0) return entry;
      return static_cast<std::int32_t>(pages[entry / p.page_entries] * p.page_entries +
                                       entry % p.page_entries);
    });
  }
}

}  // namespace dscope
