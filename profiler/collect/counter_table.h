// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"
#include "workloads/stage.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope::collect {

// What counters are asked for.
enum class CounterGroup : std::uint8_t { kDram, kL2, kShared, kTensor };
inline constexpr std::array<std::string_view, 4> kCounterGroupIds{"dram", "l2", "shared", "tensor"};
// "all", or a list "dram,l2". Throws Error{kUsage} with the ids for anything else.
[[nodiscard]] std::vector<CounterGroup> parse_counter_groups(std::string_view list);

// A metric of CUPTI and what it becomes. Every name is known to all chips from compute capability
// 8.0 with DRAM of its own (the test asks CUPTI), so there is one list.
struct CounterMetric {
  const char* name;
  std::optional<CounterGroup> group;  // empty: always counted
  std::optional<double> profile::KernelCounters::*field;
  bool percent;  // of a peak: averaged by time; else added up
};
inline constexpr std::array<CounterMetric, 7> kCounterMetrics{{
    {"gpu__time_duration.sum", std::nullopt, &profile::KernelCounters::time_ns, false},
    {"fbpa__dram_read_bytes.sum", CounterGroup::kDram, &profile::KernelCounters::dram_read_bytes,
     false},
    {"fbpa__dram_write_bytes.sum", CounterGroup::kDram, &profile::KernelCounters::dram_write_bytes,
     false},
    {"lts__t_sectors_lookup_hit.sum", CounterGroup::kL2, &profile::KernelCounters::l2_hits, false},
    {"lts__t_sectors_lookup_miss.sum", CounterGroup::kL2, &profile::KernelCounters::l2_misses,
     false},
    {"l1tex__data_pipe_lsu_wavefronts_mem_shared.sum.pct_of_peak_sustained_elapsed",
     CounterGroup::kShared, &profile::KernelCounters::shared_utilisation, true},
    {"sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_elapsed", CounterGroup::kTensor,
     &profile::KernelCounters::tensor_utilisation, true},
}};

// The metrics of the groups, in the order of kCounterMetrics.
[[nodiscard]] std::vector<CounterMetric> counter_metrics(std::span<const CounterGroup> groups);

// A kernel as it was launched.
struct LaunchedKernel {
  std::string name;
  std::string op;  // empty: outside of all
  std::optional<Stage> stage;
};

// Adds up what was counted, by op and kernel.
class CounterTable {
 public:
  explicit CounterTable(std::vector<CounterMetric> metrics) : metrics_(std::move(metrics)) {}

  // `values` [metrics]; what is not finite was not counted.
  void add(const LaunchedKernel& kernel, std::span<const double> values);

  // Means per step of `steps` (> 0) steps, longest first.
  [[nodiscard]] std::vector<profile::KernelCounters> kernels(std::int64_t steps) const;

 private:
  struct Sums {
    Stage stage = Stage::kUnattributed;
    std::int64_t calls = 0;
    double time_ns = 0;
    std::vector<std::optional<double>> values;  // [metrics], percentages times ns
  };

  std::vector<CounterMetric> metrics_;
  std::map<std::pair<std::string, std::string>, Sums> rows_;  // by op and name
};

}  // namespace dscope::collect
