// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/count_histogram.h"

#include "workloads/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace dscope {
namespace {

constexpr int kSubBits = 9;
constexpr std::size_t kSubBuckets = std::size_t{1} << kSubBits;

// Values below 2 * kSubBuckets are their own bucket. Above, a value of kSubBits + 1 + shift bits
// keeps its kSubBits + 1 leading bits, and each shift has kSubBuckets buckets.
std::size_t bucket_of(std::uint64_t value) {
  if (value < 2 * kSubBuckets) return value;
  const int shift = static_cast<int>(std::bit_width(value)) - (kSubBits + 1);
  return static_cast<std::size_t>(shift) * kSubBuckets + (value >> shift);
}

std::int64_t largest_of(std::size_t bucket) {
  if (bucket < 2 * kSubBuckets) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = bucket / kSubBuckets - 1;
  const std::uint64_t leading = bucket - shift * kSubBuckets;
  return static_cast<std::int64_t>(((leading + 1) << shift) - 1);
}

}  // namespace

void CountHistogram::add(std::int64_t value) {
  DSCOPE_REQUIRE(value >= 0, "value must not be negative, got {}", value);
  const std::size_t bucket = bucket_of(static_cast<std::uint64_t>(value));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void CountHistogram::merge(const CountHistogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

std::int64_t CountHistogram::percentile(double share) const {
  DSCOPE_REQUIRE(share > 0 && share <= 1, "share must be above 0 and at most 1, got {}", share);
  // A hair of slack: 0.95 * 100 must ask for the 95th value however the product rounds.
  const double wanted = std::ceil(share * static_cast<double>(count_) - 1e-6);
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && static_cast<double>(seen) >= wanted) return std::min(largest_of(i), max_);
  }
  return max_;
}

Distribution CountHistogram::distribution() const {
  if (count_ == 0) return {};
  return {count_,           sum_ / static_cast<double>(count_),
          percentile(0.5),  percentile(0.95),
          percentile(0.99), max_};
}

void to_json(nlohmann::json& json, const Distribution& d) {
  json = {{"count", d.count}, {"mean", d.mean}, {"p50", d.p50},
          {"p95", d.p95},     {"p99", d.p99},   {"max", d.max}};
}

}  // namespace dscope
