// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/range_stack.h"

#include <algorithm>
#include <utility>

namespace dscope::collect {

RangeStack& RangeStack::of_thread() {
  thread_local RangeStack stack;
  return stack;
}

void RangeStack::push(Range range) {
  if (ranges_.size() == kMaxDepth) {
    ++too_deep_;
  } else {
    ranges_.push_back(std::move(range));
  }
}

std::optional<RangeStack::Range> RangeStack::pop(const void* domain) {
  if (too_deep_ > 0) {
    --too_deep_;
    return std::nullopt;
  }
  const auto last = std::find_if(ranges_.rbegin(), ranges_.rend(),
                                 [&](const Range& range) { return range.domain == domain; });
  if (last == ranges_.rend()) return std::nullopt;
  Range range = std::move(*last);
  ranges_.erase(std::prev(last.base()));
  return range;
}

std::optional<Stage> RangeStack::stage() const {
  for (auto range = ranges_.rbegin(); range != ranges_.rend(); ++range) {
    if (range->stage) return range->stage;
  }
  return std::nullopt;
}

std::string RangeStack::path() const {
  std::string path;
  for (const Range& range : ranges_) {
    if (!path.empty()) path += '/';
    path += range.name;
  }
  return path;
}

}  // namespace dscope::collect
