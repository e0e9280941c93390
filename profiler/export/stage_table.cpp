// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/stage_table.h"

#include "profiler/export/report_facts.h"
#include "profiler/export/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace dscope::exporter {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kBarWidth = 14;

template <class T>
void set_if(ordered_json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

TextTable stage_columns(const StageReport& report) {
  const char* time_title = report.steps ? "Time/step" : "Time";
  return TextTable({{"id", ""},
                    {"label", "Stage"},
                    {"time_ns", time_title, Align::kRight},
                    {"total_ns", "", Align::kRight},
                    {"share", "Share", Align::kRight},
                    {"bar", "", Align::kLeft, kBarWidth, false},
                    {"launches", "Calls", Align::kRight},
                    {"wait_ns", "Wait", Align::kRight},
                    {"bytes", "Bytes", Align::kRight},
                    {"gbps", "GB/s", Align::kRight},
                    {"floor_ns", "Floor", Align::kRight},
                    {"p95_ns", "p95", Align::kRight},
                    {"p99_ns", "p99", Align::kRight}});
}

// Cells for programs that people see elsewhere or not at all.
Cell hidden(CellValue value) {
  return {std::move(value), ""};
}

void add_stage(TextTable& table, const StageRow& row, double largest_share) {
  table.add_row({hidden(row.id), row.label, ns_cell(row.time_ns), hidden(row.total_ns),
                 share_cell(row.share), bar(row.share / std::max(largest_share, 1e-9), kBarWidth),
                 row.stage == Stage::kGap ? hidden(row.launches) : number_cell(row.launches),
                 ns_cell(row.wait_ns), bytes_cell(row.bytes), number_cell(row.gbps, 1),
                 ns_cell(row.floor_ns), ns_cell(row.p95_ns), ns_cell(row.p99_ns)});
}

double largest_share(const StageReport& report) {
  double largest = 0;
  for (const StageRow& row : report.stages) largest = std::max(largest, row.share);
  return largest;
}

// A total line: the sums stand for programs in the JSON of the report, not in its rows.
void add_total(TextTable& table, const StageReport& report, const char* label, double ns,
               std::int64_t total_ns) {
  const double share =
      report.wall_ns > 0 ? static_cast<double>(total_ns) / static_cast<double>(report.wall_ns) : 0;
  table.add_row({Cell(), label, ns_cell(ns), Cell(), share_cell(share), Cell(), Cell(), Cell(),
                 Cell(), Cell(), Cell(), Cell(), Cell()});
}

TextTable machine_table(const StageReport& report) {
  TextTable table = stage_columns(report);
  for (const StageRow& row : report.stages) add_stage(table, row, 1);
  return table;
}

std::string heading(const StageReport& report) {
  const std::string steps =
      report.steps ? fmt::format("{} step{}", *report.steps, *report.steps == 1 ? "" : "s")
                   : "no step marks";
  const std::string untraced =
      untraced_step_ns(report)
          ? fmt::format(" traced, {} untraced", report.perturbation->untraced_steps)
          : "";
  const std::string devices =
      report.devices > 1 ? fmt::format(" on each of {} devices", report.devices) : "";
  return printable(report.title + ", " + steps + untraced + devices);
}

std::string verdict_lines(const StageReport& report) {
  std::string out;
  for (const Fact& fact : verdicts(report)) {
    out += fmt::format("{:<8}  {}\n", fact.label, printable(fact.value));
  }
  return out;
}

// What analysis found beside the times.
void add_findings(ordered_json& out, const StageReport& report) {
  if (report.comm) {
    ordered_json& comm = out["comm"] = ordered_json::object();
    if (!report.comm->split.empty()) comm["split"] = report.comm->split;
    set_if(comm, "wait_ns", report.comm->wait_ns);
    set_if(comm, "transfer_ns", report.comm->transfer_ns);
    set_if(comm, "launch_ns", report.comm->launch_ns);
    set_if(comm, "exposed_ns", report.comm->exposed_ns);
    set_if(comm, "hidden_ns", report.comm->hidden_ns);
  }
  if (report.label_sources.empty()) return;
  out["label_sources"] = ordered_json::array();
  for (const profile::LabelTotals& totals : report.label_sources) {
    ordered_json source{
        {"source", totals.source}, {"count", totals.count}, {"time_ns", totals.time_ns}};
    set_if(source, "confidence", totals.confidence);
    out["label_sources"].push_back(std::move(source));
  }
  out["unattributed_names"] = ordered_json::array();
  for (const profile::UnattributedName& name : report.unattributed) {
    out["unattributed_names"].push_back(
        {{"name", name.name}, {"count", name.count}, {"time_ns", name.time_ns}});
  }
}

}  // namespace

std::optional<double> untraced_step_ns(const StageReport& report) {
  return report.perturbation ? report.perturbation->untraced_step_ns : std::nullopt;
}

TextTable stage_table(const StageReport& report) {
  TextTable table = stage_columns(report);
  const double largest = largest_share(report);
  for (const StageRow& row : report.stages) {
    if (row.total_ns > 0) add_stage(table, row, largest);
  }
  table.add_rule();
  add_total(table, report, "Busy", report.step_busy_ns, report.busy_ns);
  const std::optional<double> untraced_ns = untraced_step_ns(report);
  const char* step = !report.steps ? "Whole trace" : untraced_ns ? "Step, traced" : "Step";
  add_total(table, report, step, report.step_ns, report.wall_ns);
  if (untraced_ns) {
    table.add_row({Cell(), "Step, untraced", ns_cell(*untraced_ns), Cell(), Cell(), Cell(), Cell(),
                   Cell(), Cell(), Cell(), Cell(), Cell(), Cell()});
  }
  return table;
}

nlohmann::ordered_json to_json(const StageReport& report) {
  ordered_json out;
  out["kind"] = profile::id(report.kind);
  out["title"] = report.title;
  out["steps"] = report.steps ? ordered_json(*report.steps) : ordered_json(nullptr);
  out["devices"] = report.devices;
  if (!report.steps_from.empty()) out["steps_from"] = report.steps_from;
  out["excluded_steps"] = report.excluded_steps;
  out["wall_ns"] = report.wall_ns;
  out["busy_ns"] = report.busy_ns;
  out["gap_ns"] = report.gap_ns;
  out["step_ns"] = report.step_ns;
  set_if(out, "untraced_step_ns", untraced_step_ns(report));
  set_if(out, "tok_s", report.tok_s);
  set_if(out, "traced_tok_s", report.traced_tok_s);
  out["closure_error"] = report.closure_error;
  out["lost_records"] = report.losses.lost_records();
  ordered_json losses = ordered_json::object();
  for (const profile::LossInfo& loss : profile::kLosses) {
    losses[loss.key] = report.losses.*loss.counter;
  }
  out["losses"] = std::move(losses);
  out["stages"] = ordered_json::array();
  for (const StageRow& row : report.stages) {
    ordered_json stage{{"id", row.id},           {"label", row.label},
                       {"time_ns", row.time_ns}, {"total_ns", row.total_ns},
                       {"share", row.share},     {"launches", row.launches}};
    set_if(stage, "p95_ns", row.p95_ns);
    set_if(stage, "p99_ns", row.p99_ns);
    set_if(stage, "wait_ns", row.wait_ns);
    set_if(stage, "bytes", row.bytes);
    set_if(stage, "gbps", row.gbps);
    set_if(stage, "floor_ns", row.floor_ns);
    out["stages"].push_back(std::move(stage));
  }
  add_findings(out, report);
  if (report.perturbation) {
    const PerturbationSummary& p = *report.perturbation;
    ordered_json& perturbation = out["perturbation"] = ordered_json{{"method", p.method}};
    set_if(perturbation, "untraced_step_ns", p.untraced_step_ns);
    set_if(perturbation, "slowdown", p.slowdown);
    set_if(perturbation, "range_cost_ns", p.range_cost_ns);
    set_if(perturbation, "ranges_per_step", p.ranges_per_step);
  }
  return out;
}

std::string render(const StageReport& report, Format format) {
  switch (format) {
    case Format::kJson:
      return to_json(report).dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    case Format::kCsv:
      return machine_table(report).render(format);
    case Format::kMarkdown:
      return stage_table(report).render(format);
    case Format::kTable:
      return heading(report) + "\n\n" + stage_table(report).render(format) + "\n" +
             verdict_lines(report);
  }
  return {};
}

}  // namespace dscope::exporter
