// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline.h"

#include <algorithm>

namespace dscope::view_data {

void Row::finish() {
  sums_.clear();
  ends_.clear();
  sums_.reserve(slices_.size() / kBlock + 1);
  ends_.reserve(slices_.size() / kBlock);
  StageSums sum{};
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    if (i % kBlock == 0) sums_.push_back(sum);
    sum[static_cast<std::size_t>(slices_[i].stage)] += slices_[i].length_ns();
    longest_ns_ = std::max(longest_ns_, slices_[i].length_ns());
    if (i % kBlock == kBlock - 1) ends_.push_back(slices_[i].end_ns);
  }
  if (slices_.size() % kBlock == 0) sums_.push_back(sum);
}

std::size_t Row::first_after(std::int64_t time_ns) const {
  const auto block = static_cast<std::size_t>(
      std::upper_bound(ends_.begin(), ends_.end(), time_ns) - ends_.begin());
  const auto begin = slices_.begin() + static_cast<std::ptrdiff_t>(block * kBlock);
  const auto end =
      slices_.begin() + static_cast<std::ptrdiff_t>(std::min(slices_.size(), (block + 1) * kBlock));
  const auto found =
      std::partition_point(begin, end, [&](const Slice& slice) { return slice.end_ns <= time_ns; });
  return static_cast<std::size_t>(found - slices_.begin());
}

std::uint32_t Row::at(std::int64_t time_ns) const {
  const std::size_t index = first_after(time_ns);
  if (index == slices_.size() || slices_[index].start_ns > time_ns) return kNoSlice;
  return static_cast<std::uint32_t>(index);
}

Row::StageSums Row::before(std::int64_t time_ns) const {
  const std::size_t end = first_after(time_ns);
  const std::size_t block = end / kBlock;
  if (block >= sums_.size()) return {};  // finish() was not called: nothing is known
  StageSums sum = sums_[block];
  for (std::size_t i = block * kBlock; i < end; ++i) {
    sum[static_cast<std::size_t>(slices_[i].stage)] += slices_[i].length_ns();
  }
  if (end < slices_.size() && slices_[end].start_ns < time_ns) {
    sum[static_cast<std::size_t>(slices_[end].stage)] += time_ns - slices_[end].start_ns;
  }
  return sum;
}

const Row::StageSums& Row::before_roughly(std::int64_t time_ns, std::size_t& blocks) const {
  blocks = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), time_ns) -
                                    ends_.begin());
  return sums_[blocks];
}

std::size_t Lane::slices() const {
  std::size_t count = 0;
  for (const Row& row : rows) count += row.size();
  return count;
}

}  // namespace dscope::view_data
