// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/inject/range_log.h"

#include <utility>

namespace dscope::inject {

void RangeLog::wake_on(std::string name, std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_name_ = std::move(name);
  wake_ = std::move(wake);
}

void RangeLog::add(ClosedRange range) {
  const std::lock_guard lock(mutex_);
  const bool wakes = wake_ && range.name == wake_name_;
  ++seen_;
  if (ranges_.size() < kCapacity) {
    ranges_.push_back(std::move(range));
  } else {
    ++dropped_;
  }
  if (wakes) wake_();
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
