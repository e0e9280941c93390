// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/noise.h"

#include "profiler/profile/statistics.h"

#include <algorithm>
#include <cmath>

namespace dscope::exporter {

std::optional<Interval> median_interval(std::vector<double> samples) {
  constexpr std::size_t kEnoughForRanks = 6;
  const std::size_t n = samples.size();
  if (n < 2) return std::nullopt;
  std::sort(samples.begin(), samples.end());
  if (n < kEnoughForRanks) {
    const double range = samples.back() - samples.front();
    return Interval{samples.front() - range, samples.back() + range};
  }
  const double count = static_cast<double>(n);
  const auto rank = static_cast<std::size_t>(std::max(0.0, (count - 1.96 * std::sqrt(count)) / 2));
  return Interval{samples[rank], samples[n - 1 - rank]};
}

std::optional<Interval> difference_interval(const std::vector<double>& a,
                                            const std::vector<double>& b) {
  const std::optional<Interval> of_a = median_interval(a);
  const std::optional<Interval> of_b = median_interval(b);
  if (!of_a || !of_b) return std::nullopt;
  const double median_a = profile::median(a);
  const double median_b = profile::median(b);
  const double difference = median_b - median_a;
  return Interval{difference - std::hypot(median_b - of_b->low, of_a->high - median_a),
                  difference + std::hypot(of_b->high - median_b, median_a - of_a->low)};
}

}  // namespace dscope::exporter
