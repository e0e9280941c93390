// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/histogram.h"

#include "viewer/view_data/axis.h"

#include <algorithm>
#include <cmath>

namespace dscope::view_data {
namespace {

Scale scale_of(bool logarithmic) {
  return logarithmic ? Scale::kLog : Scale::kLinear;
}

}  // namespace

std::int64_t Histogram::most() const {
  return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
}

double Histogram::edge(std::size_t bin) const {
  if (counts.empty()) return low;
  return value_at(static_cast<double>(bin) / static_cast<double>(counts.size()), low, high,
                  scale_of(logarithmic));
}

Histogram make_histogram(std::span<const double> values, double low, double high, std::size_t bins,
                         bool logarithmic) {
  Histogram result;
  result.low = low;
  result.high = high;
  result.logarithmic = logarithmic && low > 0;
  result.counts.assign(std::max<std::size_t>(1, bins), 0);
  const auto last = static_cast<std::int64_t>(result.counts.size()) - 1;
  for (const double value : values) {
    if (!std::isfinite(value) || value < low || value > high) {
      ++result.outside;
      continue;
    }
    const double at = position(value, low, high, scale_of(result.logarithmic));
    const auto bin = static_cast<std::int64_t>(at * static_cast<double>(result.counts.size()));
    ++result.counts[static_cast<std::size_t>(std::clamp<std::int64_t>(bin, 0, last))];
    ++result.total;
  }
  return result;
}

Range range_of(std::span<const double> values) {
  bool any = false;
  Range range;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    range.low = any ? std::min(range.low, value) : value;
    range.high = any ? std::max(range.high, value) : value;
    any = true;
  }
  if (!any) return {0, 1};
  if (range.low == range.high) {
    const double margin = range.low == 0 ? 0.5 : std::abs(range.low) * 0.05;
    return {range.low - margin, range.high + margin};
  }
  return range;
}

}  // namespace dscope::view_data
