// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline.h"

#include <algorithm>

namespace dscope::view_data {

void Row::finish() {
  slices_.shrink_to_fit();
  sums_.clear();
  sums_.reserve(slices_.size() / kBlock + 1);
  StageSums sum{};
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    if (i % kBlock == 0) sums_.push_back(sum);
    sum[static_cast<std::size_t>(slices_[i].stage)] += slices_[i].length_ns();
  }
}

std::size_t Row::first_after(std::int64_t time_ns) const {
  const auto found = std::partition_point(
      slices_.begin(), slices_.end(), [&](const Slice& slice) { return slice.end_ns <= time_ns; });
  return static_cast<std::size_t>(found - slices_.begin());
}

std::uint32_t Row::at(std::int64_t time_ns) const {
  const std::size_t index = first_after(time_ns);
  if (index == slices_.size() || slices_[index].start_ns > time_ns) return kNoSlice;
  return static_cast<std::uint32_t>(index);
}

Row::StageSums Row::before(std::int64_t time_ns) const {
  const std::size_t end = first_after(time_ns);
  if (slices_.empty()) return {};
  const std::size_t block = std::min(end / kBlock, sums_.size() - 1);
  StageSums sum = sums_[block];
  for (std::size_t i = block * kBlock; i < end; ++i) {
    sum[static_cast<std::size_t>(slices_[i].stage)] += slices_[i].length_ns();
  }
  if (end < slices_.size() && slices_[end].start_ns < time_ns) {
    sum[static_cast<std::size_t>(slices_[end].stage)] += time_ns - slices_[end].start_ns;
  }
  return sum;
}

std::size_t Lane::slices() const {
  std::size_t count = 0;
  for (const Row& row : rows) count += row.size();
  return count;
}

}  // namespace dscope::view_data
