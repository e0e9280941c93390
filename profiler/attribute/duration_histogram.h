// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/saturating.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace dscope::attribute {

// Counts of durations in buckets whose width grows with the value: exact below 256 ns, at most
// 1/128 of the value above, so that a quantile (the middle of its bucket) is right to within 0.4 %.
// Memory is bounded by the range of values, not by their number.
class DurationHistogram {
 public:
  void add(std::int64_t duration_ns) {  // >= 0
    const std::size_t bucket = bucket_of(static_cast<std::uint64_t>(duration_ns));
    if (bucket >= counts_.size()) counts_.resize(bucket + 1, 0);
    ++counts_[bucket];
    ++count_;
    total_ns_ = profile::add_saturating(total_ns_, duration_ns);
    min_ns_ = std::min(min_ns_, duration_ns);
    max_ns_ = std::max(max_ns_, duration_ns);
  }

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t total_ns() const { return total_ns_; }
  [[nodiscard]] std::int64_t min_ns() const { return count_ == 0 ? 0 : min_ns_; }
  [[nodiscard]] std::int64_t max_ns() const { return max_ns_; }

  // The nearest-rank quantile: the smallest value that at least `fraction` of all do not exceed.
  [[nodiscard]] std::int64_t quantile(double fraction) const {
    const auto rank = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::ceil(fraction * static_cast<double>(count_))));
    std::int64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen >= rank) return std::clamp(middle_of(bucket), min_ns_, max_ns_);
    }
    return 0;
  }

 private:
  // Values of b bits keep their 8 upper bits: 128 buckets for every power of two.
  static std::size_t bucket_of(std::uint64_t value) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - 8);
    return static_cast<std::size_t>(shift) * 128 + static_cast<std::size_t>(value >> shift);
  }
  static std::int64_t middle_of(std::size_t bucket) {
    if (bucket < 256) return static_cast<std::int64_t>(bucket);
    const auto shift = static_cast<int>((bucket - 128) / 128);
    const auto upper_bits =
        static_cast<std::int64_t>(bucket - static_cast<std::size_t>(shift) * 128);
    return (upper_bits << shift) + (std::int64_t{1} << (shift - 1));
  }

  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
  std::int64_t total_ns_ = 0;
  std::int64_t min_ns_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ns_ = 0;
};

}  // namespace dscope::attribute
