// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/compare_histogram.h"

#include "profiler/profile/statistics.h"
#include "viewer/view_data/finite.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dscope::viewer {
namespace {

using profile::Profile;

bool has_untraced(const Profile& profile) {
  return profile.measurement && profile.measurement->perturbation &&
         !profile.measurement->perturbation->untraced_wall_ns.empty();
}

std::vector<double> step_times(const Profile& profile, bool untraced) {
  std::vector<double> times;
  if (!profile.measurement) return times;
  if (untraced) {
    for (const std::int64_t ns : profile.measurement->perturbation->untraced_wall_ns) {
      times.push_back(static_cast<double>(ns));
    }
    return times;
  }
  for (const profile::StepSample& step : profile.measurement->steps) {
    times.push_back(static_cast<double>(step.wall_ns));
  }
  return times;
}

double bin_width(const std::vector<double>& times) {
  const double range = profile::percentile(times, 0.75) - profile::percentile(times, 0.25);
  return 2 * range / std::cbrt(static_cast<double>(times.size()));
}

// Low, high and width of the bins for all documents together.
void choose_bins(Histogram& histogram, const std::vector<std::vector<double>>& times,
                 std::size_t most_bins) {
  double width = std::numeric_limits<double>::infinity();
  double high = 0;
  double low = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& list : times) {
    const double of_list = bin_width(list);
    if (of_list > 0) width = std::min(width, of_list);
    low = std::min(low, *std::min_element(list.begin(), list.end()));
    const double p99 = profile::percentile(list, 0.99);
    // Ordinary maxima belong to the picture; a step ten times as long as the rest does not.
    const double largest = *std::max_element(list.begin(), list.end());
    high = std::max(high, std::min(largest, p99 + 0.25 * (p99 - low)));
  }
  double range = high - low;
  if (!(range > 0)) {  // all steps took the same time
    range = std::max(1.0, 0.02 * high);
    low = std::max(0.0, low - range / 2);
  }
  // The width is infinite where no document has a spread.
  const double bins =
      std::min(std::max(std::ceil(range / width), 8.0), static_cast<double>(most_bins));
  histogram.low_ns = low;
  histogram.bin_ns = range / bins;
  histogram.high_ns = low + range;
}

HistogramSeries series_of(const Histogram& histogram, std::size_t bins,
                          const NamedProfile& document, const std::vector<double>& times) {
  HistogramSeries series;
  series.name = document.name;
  series.samples = times.size();
  series.counts.assign(bins, 0);
  for (const double ns : times) {
    const double place = (ns - histogram.low_ns) / histogram.bin_ns;
    if (ns > histogram.high_ns * (1 + 1e-12)) {
      ++series.beyond;
    } else {
      const auto bin = static_cast<std::size_t>(std::max(0.0, place));
      ++series.counts[std::min(bin, bins - 1)];
    }
  }
  for (const std::size_t count : series.counts) {
    series.shares.push_back(static_cast<double>(count) / static_cast<double>(times.size()));
  }
  series.median_ns = profile::median(times);
  series.text = fmt::format("{}: {} steps, median {}", document.name, series.samples,
                            format_ns(series.median_ns));
  if (series.beyond > 0) series.text += fmt::format(", {} beyond the axis", series.beyond);
  return series;
}

}  // namespace

Histogram step_histogram(std::span<const NamedProfile> documents, std::size_t most_bins) {
  DSCOPE_REQUIRE(most_bins >= 1, "at least one bin is needed, got {}", most_bins);
  Histogram histogram;
  histogram.untraced =
      !documents.empty() && std::all_of(documents.begin(), documents.end(),
                                        [](const auto& d) { return has_untraced(*d.profile); });
  std::vector<std::vector<double>> times;
  std::vector<std::size_t> places;
  for (std::size_t d = 0; d < documents.size(); ++d) {
    std::vector<double> list = step_times(*documents[d].profile, histogram.untraced);
    if (list.empty()) continue;
    times.push_back(std::move(list));
    places.push_back(d);
  }
  if (times.empty()) {
    histogram.problem = "No document holds measured steps.";
    return histogram;
  }
  choose_bins(histogram, times, most_bins);
  const double exact = (histogram.high_ns - histogram.low_ns) / histogram.bin_ns;
  const auto bins = static_cast<std::size_t>(std::max(1.0, std::round(exact)));
  for (std::size_t i = 0; i < times.size(); ++i) {
    histogram.series.push_back(series_of(histogram, bins, documents[places[i]], times[i]));
    histogram.series.back().document = places[i];
    const std::vector<double>& shares = histogram.series.back().shares;
    histogram.most_share =
        std::max(histogram.most_share, *std::max_element(shares.begin(), shares.end()));
  }
  return histogram;
}

}  // namespace dscope::viewer
