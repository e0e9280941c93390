// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <vector>

namespace dscope {

// What a CountHistogram says about its values; all 0 when there are none. Percentiles are nearest
// rank: the smallest value that at least that share of all values does not exceed.
struct Distribution {
  std::int64_t count = 0;
  double mean = 0;
  std::int64_t p50 = 0;
  std::int64_t p95 = 0;
  std::int64_t p99 = 0;
  std::int64_t max = 0;
};

// {"count", "mean", "p50", "p95", "p99", "max"}.
void to_json(nlohmann::json& json, const Distribution& distribution);

// Distribution of any number of non-negative integers in bounded memory. Values below 1024 are
// counted one by one; above, each power of two is cut into 512 equal buckets, so that a percentile
// is at most 0.2 % too high (never above the maximum). Count and maximum are exact, and the mean is
// until the sum passes 2^53. At most 29,000 buckets (230 kB), reached only with values near 2^63.
class CountHistogram {
 public:
  void add(std::int64_t value);  // 0 or more: anything else is a caller's mistake
  void merge(const CountHistogram& other);
  [[nodiscard]] std::int64_t percentile(double share) const;  // share in (0, 1]; 0 when empty
  [[nodiscard]] Distribution distribution() const;

 private:
  std::vector<std::int64_t> buckets_;
  std::int64_t count_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace dscope
