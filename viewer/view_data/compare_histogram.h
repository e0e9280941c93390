// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/histogram.h"
#include "viewer/view_data/named_profile.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace dscope::view_data {

// The step times of one document.
struct StepTimes {
  std::string name;
  std::size_t document = 0;  // index into what was asked for
  Histogram histogram;       // bins are the same for all documents
  double median_ns = 0;
  std::string text;  // "a.json: 31 steps, median 97.5 ms, 2 outside of the axis"
};

struct StepHistograms {
  bool untraced = false;          // times of untraced steps, which all documents have
  std::vector<StepTimes> series;  // documents with step times only
  std::string problem;            // why there is nothing to draw
};

// Step times, untraced where all documents have them, as exporter::compare() takes them. Bins by
// the rule of Freedman and Diaconis (1981) from the narrowest document, at most `most_bins` (>= 1);
// what is far out is counted, not drawn.
[[nodiscard]] StepHistograms step_histograms(std::span<const NamedProfile> documents,
                                             std::size_t most_bins);

}  // namespace dscope::view_data
