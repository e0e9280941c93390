// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/compare.h"
#include "profiler/export/text.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <set>

namespace dscope::exporter {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kOpRows = 10;  // in the table; JSON and CSV have all

bool took_time(const Delta& delta) {
  return delta.a_ns.value_or(0) > 0 || delta.b_ns.value_or(0) > 0;
}

std::string signed_ns(double ns) {
  return fmt::format("{}{}", ns < 0 ? "-" : "+", format_ns(std::fabs(ns)));
}

Cell delta_cell(const Delta& delta) {
  const std::optional<double> ns = delta.delta_ns();
  return ns ? Cell(*ns, signed_ns(*ns)) : Cell();
}

Cell relative_cell(const Delta& delta) {
  const std::optional<double> share = delta.relative();
  return share ? Cell(*share, fmt::format("{:+.1f} %", *share * 100)) : Cell();
}

TextTable columns(const char* what) {
  return TextTable({{"level", ""},
                    {"id", ""},
                    {"label", what, Align::kLeft, 28},
                    {"a_ns", "A", Align::kRight},
                    {"b_ns", "B", Align::kRight},
                    {"delta_ns", "B - A", Align::kRight},
                    {"delta_low_ns", "", Align::kRight},
                    {"delta_high_ns", "", Align::kRight},
                    {"relative", "", Align::kRight},
                    {"verdict", "Verdict"},
                    {"reason", ""}});
}

void add(TextTable& table, const char* level, const Delta& delta) {
  const auto bound = [&](double Interval::*end) {
    return delta.noise ? Cell(CellValue((*delta.noise).*end), "") : Cell();
  };
  table.add_row({{std::string(level), ""},
                 {delta.id, ""},
                 delta.label,
                 ns_cell(delta.a_ns),
                 ns_cell(delta.b_ns),
                 delta_cell(delta),
                 bound(&Interval::low),
                 bound(&Interval::high),
                 relative_cell(delta),
                 std::string(name(delta.verdict)),
                 {delta.reason, ""}});
}

TextTable stage_rows(const Comparison& comparison) {
  TextTable table = columns("Stage");
  for (const Delta& stage : comparison.stages) {
    if (took_time(stage)) add(table, "stage", stage);
  }
  table.add_rule();
  add(table, "step", comparison.step);
  return table;
}

TextTable op_rows(const Comparison& comparison) {
  TextTable table = columns("Op");
  std::size_t rows = 0;
  for (const Delta& op : comparison.ops) {
    if (took_time(op) && rows++ < kOpRows) add(table, "op", op);
  }
  return table;
}

TextTable all_rows(const Comparison& comparison) {
  TextTable table = columns("");
  add(table, "step", comparison.step);
  for (const Delta& stage : comparison.stages) add(table, "stage", stage);
  for (const Delta& op : comparison.ops) add(table, "op", op);
  return table;
}

// Every reason once, in the order of the table.
std::vector<std::string> reasons(const Comparison& comparison) {
  std::vector<std::string> list;
  std::set<std::string> seen;
  const auto keep = [&](const Delta& delta) {
    if (delta.reason.empty() || !took_time(delta) || !seen.insert(delta.reason).second) return;
    list.push_back(fmt::format("{}: {}: {}", name(delta.verdict), delta.label, delta.reason));
  };
  keep(comparison.step);
  for (const Delta& stage : comparison.stages) keep(stage);
  return list;
}

std::string for_people(const Comparison& comparison, const GateResult* gate, Format format) {
  const bool markdown = format == Format::kMarkdown;
  const auto clean = markdown ? markdown_text : printable;
  std::string out = fmt::format("A: {}{}\nB: {}\n\n", clean(comparison.a), markdown ? "  " : "",
                                clean(comparison.b));
  out += stage_rows(comparison).render(format) + "\n";
  if (!comparison.ops.empty()) out += op_rows(comparison).render(format) + "\n";
  const auto line = [&](std::string_view label, const std::string& text) {
    out += markdown ? fmt::format("- {}{}{}\n", label, label.empty() ? "" : ": ", clean(text))
                    : fmt::format("{:<9}{}\n", label, clean(text));
  };
  line("Verdict", std::string(name(comparison.step.verdict)));
  for (const std::string& reason : reasons(comparison)) line("", reason);
  for (const std::string& note : comparison.notes) line("Note", note);
  if (gate != nullptr) {
    line("Gate", gate->passed ? "passed" : "FAILED");
    for (const std::string& reason : gate->reasons) line("", reason);
  }
  return out;
}

ordered_json optional_number(const std::optional<double>& number) {
  return number ? ordered_json(*number) : ordered_json(nullptr);
}

ordered_json to_json(const Delta& delta) {
  ordered_json out{{"id", delta.id},
                   {"label", delta.label},
                   {"a_ns", optional_number(delta.a_ns)},
                   {"b_ns", optional_number(delta.b_ns)},
                   {"delta_ns", optional_number(delta.delta_ns())},
                   {"relative", optional_number(delta.relative())},
                   {"verdict", name(delta.verdict)}};
  if (delta.noise) {
    out["delta_low_ns"] = delta.noise->low;
    out["delta_high_ns"] = delta.noise->high;
  }
  if (!delta.reason.empty()) out["reason"] = delta.reason;
  return out;
}

}  // namespace

ordered_json to_json(const Comparison& comparison, const GateResult* gate) {
  ordered_json out;
  out["verdict"] = name(comparison.step.verdict);
  out["a"] = comparison.a;
  out["b"] = comparison.b;
  out["step"] = to_json(comparison.step);
  out["stages"] = ordered_json::array();
  for (const Delta& stage : comparison.stages) out["stages"].push_back(to_json(stage));
  out["ops"] = ordered_json::array();
  for (const Delta& op : comparison.ops) {
    ordered_json entry = to_json(op);
    entry["stage"] = info(op.stage).id;
    if (!op.b_id.empty()) entry["b_id"] = op.b_id;
    out["ops"].push_back(std::move(entry));
  }
  out["notes"] = comparison.notes;
  if (gate != nullptr) out["gate"] = {{"passed", gate->passed}, {"reasons", gate->reasons}};
  return out;
}

std::string render(const Comparison& comparison, const GateResult* gate, Format format) {
  switch (format) {
    case Format::kJson:
      return to_json(comparison, gate).dump(2, ' ', false, ordered_json::error_handler_t::replace) +
             "\n";
    case Format::kCsv:
      return all_rows(comparison).render(format);
    case Format::kTable:
    case Format::kMarkdown:
      return for_people(comparison, gate, format);
  }
  return {};
}

}  // namespace dscope::exporter
