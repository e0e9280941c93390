// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/counter_table.h"

#include "workloads/base/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace dscope::collect {

std::vector<CounterGroup> parse_counter_groups(std::string_view list) {
  std::vector<CounterGroup> groups;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view id = list.substr(begin, end - begin);
    begin = end + 1;
    const auto found = std::find(kCounterGroupIds.begin(), kCounterGroupIds.end(), id);
    if (found == kCounterGroupIds.end() && id != "all") {
      throw usage_error("--counters={}: expected all, or some of {}; found \"{}\"", list,
                        fmt::join(kCounterGroupIds, ", "), id);
    }
    for (std::size_t i = 0; i < kCounterGroupIds.size(); ++i) {
      if (id == "all" || id == kCounterGroupIds[i]) groups.push_back(static_cast<CounterGroup>(i));
    }
  }
  return groups;
}

std::vector<CounterMetric> counter_metrics(std::span<const CounterGroup> groups) {
  std::vector<CounterMetric> metrics;
  for (const CounterMetric& metric : kCounterMetrics) {
    if (!metric.group || std::find(groups.begin(), groups.end(), *metric.group) != groups.end()) {
      metrics.push_back(metric);
    }
  }
  return metrics;
}

void CounterTable::add(const LaunchedKernel& kernel, std::span<const double> values) {
  DSCOPE_REQUIRE(values.size() == metrics_.size(), "{} values of {} metrics", values.size(),
                 metrics_.size());
  Sums& sums = rows_[{kernel.op, kernel.name}];
  sums.values.resize(metrics_.size());
  if (kernel.stage) sums.stage = *kernel.stage;
  ++sums.calls;
  // The time is the first metric of every list.
  const double time_ns = std::isfinite(values.front()) ? values.front() : 0;
  sums.time_ns += time_ns;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    sums.values[i] = sums.values[i].value_or(0) + values[i] * (metrics_[i].percent ? time_ns : 1);
  }
}

std::vector<profile::KernelCounters> CounterTable::kernels(std::int64_t steps) const {
  DSCOPE_REQUIRE(steps > 0, "{} steps were counted", steps);
  std::vector<profile::KernelCounters> list;
  for (const auto& [key, sums] : rows_) {
    profile::KernelCounters& row = list.emplace_back();
    if (!key.first.empty()) row.op = key.first;
    row.name = key.second;
    row.stage = sums.stage;
    row.calls = static_cast<double>(sums.calls) / static_cast<double>(steps);
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      if (!sums.values[i]) continue;
      if (!metrics_[i].percent) {
        row.*metrics_[i].field = *sums.values[i] / static_cast<double>(steps);
      } else if (sums.time_ns > 0) {
        row.*metrics_[i].field = *sums.values[i] / sums.time_ns / 100;
      }
    }
  }
  std::stable_sort(list.begin(), list.end(), [](const auto& x, const auto& y) {
    return x.time_ns.value_or(0) > y.time_ns.value_or(0);
  });
  return list;
}

}  // namespace dscope::collect
