// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

// How much a median, and a difference of two medians, can be trusted. Nothing is assumed about the
// shape of the noise: step times have long tails.
namespace dscope::exporter {

struct Interval {
  double low = 0;
  double high = 0;
};

// About 95 % confidence for the median of the population.
//   n >= 6: order statistics, the ranks from the normal approximation of the binomial distribution:
//           the samples at positions floor((n - 1.96 sqrt(n)) / 2) from either end.
//   2..5:   too few for that; the range of the samples, widened by itself on either side.
//   1:      one sample says nothing about noise: empty.
[[nodiscard]] std::optional<Interval> median_interval(std::vector<double> samples);

// Of median(b) - median(a), from the two intervals by the method of variance estimates recovery
// (Zou and Donner, 2008). Empty when either is.
[[nodiscard]] std::optional<Interval> difference_interval(const std::vector<double>& a,
                                                          const std::vector<double>& b);

}  // namespace dscope::exporter
