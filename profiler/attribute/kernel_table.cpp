// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/kernel_table.h"

#include "profiler/profile/saturating.h"

#include <algorithm>

namespace dscope::attribute {

std::size_t KernelTable::row(std::string_view name, Stage stage, std::string_view op) {
  const auto [entry, added] =
      index_.try_emplace({std::string(name), stage, std::string(op)}, rows_.size());
  if (added) rows_.emplace_back();
  return entry->second;
}

void KernelTable::add(std::size_t index, std::size_t step, std::int64_t own_ns,
                      std::int64_t waited_ns) {
  Row& row = rows_[index];
  if (step != step_) in_step_ = 0;
  step_ = step;
  if (row.durations.count() == 0) row.position = in_step_;
  ++in_step_;
  row.durations.add(own_ns);
  row.waited_ns = profile::add_saturating(row.waited_ns, waited_ns);
  if (step >= row.step_ns.size()) row.step_ns.resize(step + 1, 0);
  row.step_ns[step] = profile::add_saturating(row.step_ns[step], own_ns);
}

std::vector<profile::KernelSummary> KernelTable::summaries(std::size_t steps) const {
  std::vector<profile::KernelSummary> list;
  for (const auto& [key, index] : index_) {
    const Row& row = rows_[index];
    profile::KernelSummary kernel;
    kernel.name = key.name;
    kernel.stage = key.stage;
    if (!key.op.empty()) kernel.op = key.op;
    kernel.count = row.durations.count();
    kernel.total_ns = row.durations.total_ns();
    if (row.waited_ns > 0) kernel.waited_ns = row.waited_ns;
    kernel.min_ns = row.durations.min_ns();
    kernel.median_ns = row.durations.quantile(0.5);
    kernel.p95_ns = row.durations.quantile(0.95);
    kernel.p99_ns = row.durations.quantile(0.99);
    kernel.max_ns = row.durations.max_ns();
    kernel.position = row.position;
    kernel.step_ns = row.step_ns;
    kernel.step_ns.resize(steps, 0);
    list.push_back(std::move(kernel));
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& x, const auto& y) { return x.total_ns > y.total_ns; });
  return list;
}

}  // namespace dscope::attribute
