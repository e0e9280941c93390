// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

namespace dscope {

// A stable sort for what is nearly in order, as traces are: written by several recorders one after
// another, or with a few records late. What breaks the order is taken out, sorted by itself, and
// merged in again: O(n) for a few such records or a few sequences, O(n log n) for anything.
template <class List, class Before = std::less<>>
void sort_nearly_sorted(List& list, Before before = {}) {
  std::vector<typename List::value_type> late;
  auto kept = list.begin();
  for (auto at = list.begin(); at != list.end(); ++at) {
    if (kept == list.begin() || !before(*at, *std::prev(kept))) {
      if (kept != at) *kept = std::move(*at);
      ++kept;
    } else {
      late.push_back(std::move(*at));
    }
  }
  if (late.empty()) return;
  // Most of it is late: there is no order to make use of.
  const bool is_order = late.size() < list.size() / 4 * 3;
  if (is_order) {
    sort_nearly_sorted(late, before);
  } else {
    std::stable_sort(late.begin(), late.end(), before);
  }
  // From the back, so that nothing is overwritten. Of equal ones what was late comes last: it came
  // after something greater than itself, which those that were kept did not.
  auto to = list.end();
  while (!late.empty()) {
    const bool from_kept = kept != list.begin() && before(late.back(), *std::prev(kept));
    if (from_kept) {
      *--to = std::move(*--kept);
    } else {
      *--to = std::move(late.back());
      late.pop_back();
    }
  }
}

}  // namespace dscope
