// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"

#include <cstddef>
#include <deque>
#include <vector>

namespace dscope::importer {

// Collects activities whose number is not known beforehand. A growing vector would need up to three
// times their size at its last move; here they lie in pieces, which are given back one by one while
// the final list is filled.
class ActivityStore {
 public:
  void add(const collect::Activity& activity) {
    if (pieces_.empty() || pieces_.back().size() == kPiece) pieces_.emplace_back().reserve(kPiece);
    pieces_.back().push_back(activity);
    ++size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  // Appends everything to `to`; the store is empty afterwards.
  void move_to(BulkVector<collect::Activity>& to) {
    to.reserve(to.size() + size_);
    for (; !pieces_.empty(); pieces_.pop_front()) {
      to.insert(to.end(), pieces_.front().begin(), pieces_.front().end());
    }
    size_ = 0;
  }

 private:
  // Beyond the 32 MiB up to which malloc keeps freed memory for itself; untouched pages cost
  // nothing.
  static constexpr std::size_t kPiece = 640'000;
  static_assert(kPiece * sizeof(collect::Activity) > (32 << 20));
  std::deque<std::vector<collect::Activity>> pieces_;
  std::size_t size_ = 0;
};

}  // namespace dscope::importer
