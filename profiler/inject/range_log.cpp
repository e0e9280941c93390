// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/range_log.h"

#include <utility>

namespace dscope::inject {

void RangeLog::add(ClosedRange range) {
  const std::lock_guard lock(mutex_);
  ++seen_;
  if (ranges_.size() >= kCapacity) {
    ++dropped_;
    return;
  }
  ranges_.push_back(std::move(range));
}

std::vector<ClosedRange> RangeLog::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(ranges_, {});
}

std::int64_t RangeLog::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

std::int64_t RangeLog::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

}  // namespace dscope::inject
