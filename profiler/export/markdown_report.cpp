// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/markdown_report.h"

#include "profiler/export/counter_rows.h"
#include "profiler/export/kernel_rows.h"
#include "profiler/export/report_facts.h"
#include "profiler/export/stage_table.h"
#include "profiler/export/text.h"
#include "profiler/export/views.h"

#include <fmt/format.h>

namespace dscope::exporter {
namespace {

constexpr std::size_t kOpRows = 30;
constexpr std::size_t kTopOfStage = 3;

std::string fact_table(const std::vector<Fact>& facts) {
  TextTable table({{"label", ""}, {"value", ""}});
  for (const Fact& fact : facts) table.add_row({fact.label, fact.value});
  return table.render(Format::kMarkdown);
}

}  // namespace

std::string markdown_report(const profile::Profile& profile) {
  const StageReport report = stage_report(profile);
  std::string out = fmt::format("# Decode step, {}\n\n", markdown_text(report.title));
  out += fact_table(verdicts(report));
  out += "\n## MoE, NCCL, FlashMLA, rest\n\n" + render(seed_report(profile), Format::kMarkdown);
  out += "\n## Stages\n\n" + render(report, Format::kMarkdown);
  if (!profile.measurement->kernels.empty()) {
    out += "\n## Longest of each stage\n\n" +
           top_kernel_table(profile, kTopOfStage).render(Format::kMarkdown);
    out += "\n## Ops\n\n" + kernel_table(profile, kOpRows).render(Format::kMarkdown);
    if (const std::size_t all = profile.measurement->kernels.size(); all > kOpRows) {
      out += fmt::format("\n{} more are in the document.\n", all - kOpRows);
    }
  }
  if (profile.measurement->counters) {
    out += "\n## Hardware counters\n\n" + counter_table(profile).render(Format::kMarkdown);
  }
  out += "\n## Run\n\n" + fact_table(facts(profile));
  if (profile.device && !profile.device->missing.empty()) {
    out += "\nNot determined:\n\n";
    for (const std::string& reason : profile.device->missing) {
      out += fmt::format("- {}\n", markdown_text(reason));
    }
  }
  return out;
}

}  // namespace dscope::exporter
