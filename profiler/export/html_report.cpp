// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/html_report.h"

#include "profiler/export/counter_rows.h"
#include "profiler/export/kernel_rows.h"
#include "profiler/export/report_facts.h"
#include "profiler/export/stage_table.h"
#include "profiler/export/svg_bars.h"
#include "profiler/export/text.h"
#include "profiler/export/views.h"

namespace dscope::exporter {
namespace {

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body { font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #1f2430;
         background: #f6f7f9; margin: 0; }
  main { max-width: 940px; margin: 0 auto; padding: 24px 16px 48px; }
  h1 { font-size: 22px; margin: 8px 0 16px; }
  h2 { font-size: 17px; margin: 0 0 12px; }
  section { background: #fff; border: 1px solid #e4e7ec; border-radius: 8px; padding: 16px;
            margin: 0 0 16px; overflow-x: auto; }
  svg { max-width: 100%; height: auto; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 4px 12px 4px 0; text-align: left; vertical-align: top; }
  th { color: #6b7280; font-weight: 500; white-space: nowrap; }
  thead th, td { border-bottom: 1px solid #eef0f3; }
  td.number, th.number { text-align: right; white-space: nowrap; }
  td { overflow-wrap: anywhere; }
</style>
)";

constexpr std::size_t kTopOfStage = 5;
constexpr std::size_t kOpRows = 200;

std::string section(const std::string& title, const std::string& body) {
  return "<section>\n<h2>" + escape_html(title) + "</h2>\n" + body + "</section>\n";
}

std::string fact_table(const std::vector<Fact>& facts) {
  std::string out = "<table>\n";
  for (const Fact& fact : facts) {
    out += "<tr><th>" + escape_html(fact.label) + "</th><td>" + escape_html(fact.value) +
           "</td></tr>\n";
  }
  return out + "</table>\n";
}

std::string list(const std::vector<std::string>& items) {
  std::string out = "<ul>\n";
  for (const std::string& item : items) out += "<li>" + escape_html(item) + "</li>\n";
  return out + "</ul>\n";
}

}  // namespace

std::string html_report(const profile::Profile& profile) {
  const StageReport report = stage_report(profile);
  const std::string title = escape_html("Decode step, " + report.title);
  std::string out = std::string(kHead) + "<title>" + title + "</title>\n</head>\n<body>\n<main>\n";
  out += "<h1>" + title + "</h1>\n";
  out += "<section>\n" + stage_bar_svg(report) + fact_table(verdicts(report)) + "</section>\n";
  out += section("MoE, NCCL, FlashMLA, rest", stage_table(seed_report(profile)).render_html());
  out += section("Stages", stage_table(report).render_html());
  if (report.steps) out += "<section>\n" + step_bars_svg(profile) + "</section>\n";
  if (!profile.measurement->kernels.empty()) {
    out += "<section>\n" + op_bars_svg(profile) + "</section>\n";
    out += section("Longest of each stage", top_kernel_table(profile, kTopOfStage).render_html());
    out += section("Ops", kernel_table(profile, kOpRows).render_html());
  }
  if (profile.measurement->counters) {
    out += section("Hardware counters", counter_table(profile).render_html());
  }
  out += section("Run", fact_table(facts(profile)));
  if (profile.device && !profile.device->missing.empty()) {
    out += section("Not determined", list(profile.device->missing));
  }
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace dscope::exporter
