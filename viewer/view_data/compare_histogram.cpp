// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/compare_histogram.h"

#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dscope::view_data {
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

struct Bins {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  double width = std::numeric_limits<double>::infinity();
  std::size_t count = 1;
};

// Widens the bins by one document's times. What lies more than three interquartile ranges outside
// of the quartiles is "far out" (Tukey, 1977): a few such steps would squeeze all others.
void cover(Bins& bins, const std::vector<double>& times) {
  const double first = profile::percentile(times, 0.25);
  const double third = profile::percentile(times, 0.75);
  const double range = third - first;
  const double fence = 3 * std::max(range, 0.01 * third);
  const auto [smallest, largest] = std::minmax_element(times.begin(), times.end());
  bins.low = std::min(bins.low, std::max(*smallest, first - fence));
  bins.high = std::max(bins.high, std::min(*largest, third + fence));
  if (range > 0) {
    bins.width = std::min(bins.width, 2 * range / std::cbrt(static_cast<double>(times.size())));
  }
}

// For all documents together.
Bins choose_bins(const std::vector<std::vector<double>>& times, std::size_t most_bins) {
  Bins bins;
  for (const std::vector<double>& list : times) cover(bins, list);
  if (!(bins.high > bins.low)) {  // all steps took the same time
    const double margin = std::max(1.0, 0.01 * bins.high);
    bins.low = std::max(0.0, bins.low - margin);
    bins.high += margin;
  }
  // The width is infinite where no document has a spread.
  const double wanted = std::max(8.0, std::ceil((bins.high - bins.low) / bins.width));
  bins.count = static_cast<std::size_t>(std::min(wanted, static_cast<double>(most_bins)));
  return bins;
}

StepTimes step_times_of(const NamedProfile& document, const std::vector<double>& times,
                        const Bins& bins) {
  StepTimes series;
  series.name = document.name;
  series.histogram = make_histogram(times, bins.low, bins.high, bins.count);
  series.median_ns = profile::median(times);
  series.text = fmt::format("{}: {} step{}, median {}", document.name, times.size(),
                            times.size() == 1 ? "" : "s", format_ns(series.median_ns));
  if (series.histogram.outside > 0) {
    series.text += fmt::format(", {} outside of the axis", series.histogram.outside);
  }
  return series;
}

}  // namespace

StepHistograms step_histograms(std::span<const NamedProfile> documents, std::size_t most_bins) {
  DSCOPE_REQUIRE(most_bins >= 1, "at least one bin is needed, got {}", most_bins);
  StepHistograms result;
  result.untraced =
      !documents.empty() && std::all_of(documents.begin(), documents.end(),
                                        [](const auto& d) { return has_untraced(*d.profile); });
  std::vector<std::vector<double>> times;
  std::vector<std::size_t> places;
  for (std::size_t d = 0; d < documents.size(); ++d) {
    std::vector<double> list = step_times(*documents[d].profile, result.untraced);
    if (list.empty()) continue;
    times.push_back(std::move(list));
    places.push_back(d);
  }
  if (times.empty()) {
    result.problem = "No document holds measured steps.";
    return result;
  }
  const Bins bins = choose_bins(times, most_bins);
  for (std::size_t i = 0; i < times.size(); ++i) {
    result.series.push_back(step_times_of(documents[places[i]], times[i], bins));
    result.series.back().document = places[i];
  }
  return result;
}

}  // namespace dscope::view_data
