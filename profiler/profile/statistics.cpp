// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/profile/statistics.h"

#include "workloads/base/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dscope::profile {

double mean(std::span<const double> values) {
  DSCOPE_REQUIRE(!values.empty(), "the mean of no samples");
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median(std::vector<double> values) {
  return percentile(std::move(values), 0.5);
}

double median(std::span<const std::int64_t> values) {
  return median(std::vector<double>(values.begin(), values.end()));
}

double mad(const std::vector<double>& values) {
  const double middle = median(values);
  std::vector<double> deviations;
  deviations.reserve(values.size());
  for (double value : values) deviations.push_back(std::fabs(value - middle));
  return median(std::move(deviations));
}

double percentile(std::vector<double> values, double fraction) {
  DSCOPE_REQUIRE(!values.empty(), "a percentile of no samples");
  DSCOPE_REQUIRE(fraction >= 0 && fraction <= 1, "a percentile's fraction is from 0 to 1, got {}",
                 fraction);
  const double position = fraction * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), at, values.end());
  const double low = *at;
  const double part = position - static_cast<double>(below);
  if (part == 0) return low;
  return low + part * (*std::min_element(at + 1, values.end()) - low);
}

}  // namespace dscope::profile
