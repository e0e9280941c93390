// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/kernel_rows.h"

#include "profiler/export/report_facts.h"
#include "profiler/export/text.h"

#include <algorithm>

namespace dscope::exporter {
namespace {

Cell duration(std::int64_t ns) {
  return {ns, ns_cell(static_cast<double>(ns)).text};
}

}  // namespace

TextTable kernel_table(const profile::Profile& profile, std::size_t most) {
  TextTable table({{"name", "Op"},
                   {"stage", "Stage"},
                   {"count", "Calls", Align::kRight},
                   {"total_ns", "Total", Align::kRight},
                   {"share", "Of busy", Align::kRight},
                   {"min_ns", "Min", Align::kRight},
                   {"median_ns", "Median", Align::kRight},
                   {"p95_ns", "p95", Align::kRight},
                   {"p99_ns", "p99", Align::kRight},
                   {"max_ns", "Max", Align::kRight}});
  if (!profile.measurement) return table;
  const auto& kernels = profile.measurement->kernels;
  double all_ns = 0;
  for (const auto& kernel : kernels) all_ns += static_cast<double>(kernel.total_ns);
  for (std::size_t i = 0; i < std::min(most, kernels.size()); ++i) {
    const profile::KernelSummary& kernel = kernels[i];
    const double share = all_ns > 0 ? static_cast<double>(kernel.total_ns) / all_ns : 0;
    table.add_row({{kernel.name, kernel_label(kernel.name)},
                   {std::string(info(kernel.stage).id), stage_label(kernel.stage, profile)},
                   {kernel.count, std::to_string(kernel.count)},
                   duration(kernel.total_ns),
                   share_cell(share),
                   duration(kernel.min_ns),
                   duration(kernel.median_ns),
                   duration(kernel.p95_ns),
                   duration(kernel.p99_ns),
                   duration(kernel.max_ns)});
  }
  return table;
}

}  // namespace dscope::exporter
