// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/named_profile.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace dscope::viewer {

// The step times of one document, in the bins that all share.
struct HistogramSeries {
  std::string name;
  std::size_t document = 0;  // index into what was asked for
  std::size_t samples = 0;
  std::vector<double> shares;  // of its samples, by bin: unequal numbers of steps stay comparable
  std::vector<std::size_t> counts;
  double median_ns = 0;
  std::size_t beyond = 0;  // samples right of the last bin
  std::string text;        // "a.json: 31 steps, median 97.5 ms, 2 beyond the axis"
};

struct Histogram {
  double low_ns = 0;
  double high_ns = 0;
  double bin_ns = 0;
  double most_share = 0;                // the tallest column
  bool untraced = false;                // times of untraced steps, which all documents have
  std::vector<HistogramSeries> series;  // documents with step times only
  std::string problem;                  // why there is nothing to draw

  [[nodiscard]] std::size_t bins() const {
    return series.empty() ? 0 : series.front().shares.size();
  }
};

// Step times, untraced where all have them, as exporter::compare() takes them. Bins by the rule of
// Freedman and Diaconis (1981) from the narrowest document, at most `most_bins` (>= 1); the axis
// ends soon after the 99th percentile of the slowest document, and what is beyond is counted.
[[nodiscard]] Histogram step_histogram(std::span<const NamedProfile> documents,
                                       std::size_t most_bins);

}  // namespace dscope::viewer
