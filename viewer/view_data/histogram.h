// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dscope::view_data {

// Counts of values in bins of equal width (or ratio, when logarithmic).
struct Histogram {
  double low = 0;   // left edge of the first bin
  double high = 0;  // right edge of the last
  bool logarithmic = false;
  std::vector<std::int64_t> counts;
  std::int64_t total = 0;
  std::int64_t outside = 0;  // values that are not in [low, high], or not finite

  [[nodiscard]] std::int64_t most() const;           // largest count; 0 when there is none
  [[nodiscard]] double edge(std::size_t bin) const;  // left edge; bin == counts.size(): `high`
};

// Over [low, high]; several histograms of the same range can be laid over each other. Logarithmic
// needs low > 0.
[[nodiscard]] Histogram make_histogram(std::span<const double> values, double low, double high,
                                       std::size_t bins, bool logarithmic = false);

struct Range {
  double low = 0;
  double high = 0;
};
// The range of all finite values, a little widened when they are all equal; {0, 1} for none.
[[nodiscard]] Range range_of(std::span<const double> values);

}  // namespace dscope::view_data
