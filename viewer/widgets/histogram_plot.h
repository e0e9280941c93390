// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/histogram.h"
#include "viewer/widgets/ui.h"

#include <optional>
#include <span>
#include <string>

namespace dscope::viewer {

struct HistogramSeries {
  view_data::Histogram histogram;
  view_data::Color color;
  std::string label;
  std::optional<double> median;  // marked by a line
};

// Histograms of one range laid over each other, as shares of their totals when there are several
// (counts differ), as counts when there is one.
void histogram_plot(const Ui& ui, const char* id, ImVec2 size,
                    std::span<const HistogramSeries> series, view_data::Unit unit);

}  // namespace dscope::viewer
