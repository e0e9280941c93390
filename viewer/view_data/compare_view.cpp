// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/compare_view.h"

#include "viewer/view_data/finite.h"
#include "viewer/view_data/kernel_list.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace dscope::view_data {
namespace {

using exporter::Comparison;
using exporter::Delta;
using exporter::Verdict;

std::string ns_text(const std::optional<double>& ns) {
  return ns ? format_ns(*ns) : "-";
}

std::string signed_ns(double ns) {
  return (ns < 0 ? "-" : "+") + format_ns(std::fabs(ns));
}

std::string delta_text(const CompareCell& cell) {
  if (!cell.delta_ns) return "-";
  std::string text = signed_ns(*cell.delta_ns);
  if (cell.relative) text += fmt::format(" ({:+.1f} %)", *cell.relative * 100);
  return text;
}

std::vector<std::string> explain(const CompareCell& cell, const std::string& reason) {
  std::vector<std::string> lines{std::string(exporter::name(cell.verdict))};
  if (cell.noise) {
    lines.push_back(fmt::format("{} to {}, about 95 % confidence", signed_ns(cell.noise->low),
                                signed_ns(cell.noise->high)));
  }
  if (!reason.empty()) lines.push_back(reason);
  return lines;
}

CompareCell cell_of(const Delta& delta) {
  CompareCell cell;
  cell.ns = finite(delta.b_ns);
  cell.delta_ns = finite(delta.delta_ns());
  cell.relative = finite(delta.relative());
  if (delta.noise && std::isfinite(delta.noise->low) && std::isfinite(delta.noise->high)) {
    cell.noise = delta.noise;
  }
  cell.verdict = delta.verdict;
  cell.text = delta_text(cell);
  cell.explanation = explain(cell, delta.reason);
  return cell;
}

CompareCell missing_cell() {
  CompareCell cell;
  cell.text = "-";
  cell.explanation = {"not in this document"};
  return cell;
}

CompareRow row_of(const Delta& delta, std::size_t documents) {
  CompareRow row;
  row.id = delta.id;
  row.label = delta.label;
  row.stage = delta.stage;
  row.base_ns = finite(delta.a_ns);
  row.base_text = ns_text(row.base_ns);
  row.others.assign(documents, missing_cell());
  return row;
}

using RowKey = std::pair<std::string, Stage>;

// The same rows of several comparisons joined. What only one comparison has is a row, too.
std::vector<CompareRow> join(const std::vector<Comparison>& comparisons,
                             std::vector<Delta> Comparison::*list) {
  std::vector<CompareRow> rows;
  std::map<RowKey, std::size_t> places;
  for (std::size_t d = 0; d < comparisons.size(); ++d) {
    for (const Delta& delta : comparisons[d].*list) {
      const auto [place, added] = places.try_emplace({delta.id, delta.stage}, rows.size());
      if (added) rows.push_back(row_of(delta, comparisons.size()));
      rows[place->second].others[d] = cell_of(delta);
    }
  }
  return rows;
}

bool took_time(const CompareRow& row) {
  const auto any = [](const std::optional<double>& ns) { return ns.value_or(0) > 0; };
  return any(row.base_ns) || std::any_of(row.others.begin(), row.others.end(),
                                         [&](const CompareCell& cell) { return any(cell.ns); });
}

bool is_same_everywhere(const CompareRow& row) {
  return std::all_of(row.others.begin(), row.others.end(),
                     [](const CompareCell& cell) { return cell.verdict == Verdict::kSame; });
}

std::size_t hide(std::vector<CompareRow>& rows, const CompareViewOptions& options) {
  return std::erase_if(rows, [&](const CompareRow& row) {
    return !took_time(row) || (options.hide_same && is_same_everywhere(row)) ||
           !contains_ignoring_case(row.label, options.search);
  });
}

// The largest difference of any document.
double most(const CompareRow& row, std::optional<double> CompareCell::*value) {
  double largest = 0;
  for (const CompareCell& cell : row.others) {
    largest = std::max(largest, std::fabs((cell.*value).value_or(0)));
  }
  // What only one document has differs by all of its time.
  for (const CompareCell& cell : row.others) {
    if (value != &CompareCell::delta_ns || cell.delta_ns) continue;
    largest = std::max({largest, row.base_ns.value_or(0), cell.ns.value_or(0)});
  }
  return largest;
}

void sort(std::vector<CompareRow>& rows, CompareSort by) {
  const auto largest_first = [&](std::optional<double> CompareCell::*value) {
    std::stable_sort(rows.begin(), rows.end(), [&](const CompareRow& x, const CompareRow& y) {
      return most(x, value) > most(y, value);
    });
  };
  switch (by) {
    case CompareSort::kStage:
      std::stable_sort(rows.begin(), rows.end(),
                       [](const CompareRow& x, const CompareRow& y) { return x.stage < y.stage; });
      break;
    case CompareSort::kDelta:
      largest_first(&CompareCell::delta_ns);
      break;
    case CompareSort::kRelative:
      largest_first(&CompareCell::relative);
      break;
    case CompareSort::kName:
      std::stable_sort(rows.begin(), rows.end(),
                       [](const CompareRow& x, const CompareRow& y) { return x.label < y.label; });
      break;
  }
}

std::string headline(const CompareRow& step, const CompareCell& cell) {
  if (!step.base_ns || !cell.ns) return "";
  std::string text = fmt::format("{} to {}", step.base_text, ns_text(cell.ns));
  return cell.relative ? fmt::format("{:+.1f} %, {}", *cell.relative * 100, text) : text;
}

// The comparison knows its two documents as A and B.
std::string with_names(const std::string& reason, const std::string& a, const std::string& b) {
  if (reason.starts_with("A ")) return a + reason.substr(1);
  if (reason.starts_with("B ")) return b + reason.substr(1);
  return reason;
}

// A document without any time in these rows has no columns next to those that have.
bool has_times(const CompareView& view, std::span<const CompareRow> rows, std::size_t document) {
  return view.others.size() == 1 || std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
           return row.others[document].ns.has_value();
         });
}

std::string counted(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string hidden_text(const CompareView& view) {
  std::string text = counted(view.ops.size(), "kernel");
  if (view.hidden_stages + view.hidden_ops == 0) return text;
  return fmt::format("{}; hidden: {}, {}", text, counted(view.hidden_stages, "stage"),
                     counted(view.hidden_ops, "kernel"));
}

// Of the table with one document.
constexpr std::size_t kDifferenceColumn = 3;

void add_columns(Table& table, const CompareView& view, std::size_t document) {
  using exporter::Align;
  const auto key = [&](const char* what) {
    return view.others.size() == 1 ? std::string(what) : fmt::format("{}_{}", what, document + 1);
  };
  table.columns.push_back({key("ns"), view.others[document], Align::kRight});
  table.columns.push_back({key("delta_ns"), "Difference", Align::kRight});
  table.columns.push_back({key("low_ns"), "At least", Align::kRight});
  table.columns.push_back({key("high_ns"), "At most", Align::kRight});
  table.columns.push_back({key("verdict"), "Verdict"});
}

exporter::Cell signed_cell(std::optional<double> ns) {
  return ns ? exporter::Cell(*ns, signed_ns(*ns)) : exporter::Cell();
}

void add_cells(std::vector<exporter::Cell>& cells, const CompareCell& cell) {
  cells.push_back(exporter::ns_cell(cell.ns));
  cells.push_back(cell.delta_ns ? exporter::Cell(*cell.delta_ns, cell.text) : exporter::Cell());
  cells.push_back(signed_cell(cell.noise ? std::optional(cell.noise->low) : std::nullopt));
  cells.push_back(signed_cell(cell.noise ? std::optional(cell.noise->high) : std::nullopt));
  cells.emplace_back(std::string(exporter::name(cell.verdict)));
}

// Full colour from a difference of a fifth on; only what is decided has one.
double tone_of(const CompareCell& cell) {
  const double size = std::min(1.0, 0.35 + std::fabs(cell.relative.value_or(1)) * 5);
  if (cell.verdict == Verdict::kSlower) return size;
  return cell.verdict == Verdict::kFaster ? -size : 0;
}

}  // namespace

Comparisons compare_all(std::span<const NamedProfile> documents, std::size_t base,
                        double threshold) {
  Comparisons result;
  if (documents.size() < 2 || base >= documents.size()) {
    result.problem = "Comparing takes two documents or more: open another one.";
    return result;
  }
  result.base = documents[base].name;
  for (std::size_t d = 0; d < documents.size(); ++d) {
    if (d == base) continue;
    result.others.push_back(documents[d].name);
    result.list.push_back(exporter::compare(*documents[base].profile, *documents[d].profile,
                                            {.threshold = drawable(threshold)}));
  }
  return result;
}

CompareView compare_view(const Comparisons& from, const CompareViewOptions& options) {
  CompareView view;
  view.problem = from.problem;
  if (from.list.empty()) return view;
  view.base = from.base;
  view.others = from.others;
  const std::vector<Comparison>& comparisons = from.list;
  view.step = row_of(comparisons.front().step, comparisons.size());
  for (std::size_t d = 0; d < comparisons.size(); ++d) {
    view.step.others[d] = cell_of(comparisons[d].step);
  }
  for (std::size_t d = 0; d < comparisons.size(); ++d) {
    view.headlines.push_back(headline(view.step, view.step.others[d]));
    view.reasons.push_back(with_names(comparisons[d].step.reason, view.base, view.others[d]));
    for (const std::string& note : comparisons[d].notes) {
      auto known = std::find_if(view.notes.begin(), view.notes.end(),
                                [&](const CompareNote& other) { return other.text == note; });
      if (known == view.notes.end()) known = view.notes.insert(known, {note, {}});
      known->documents.push_back(d);
    }
  }
  view.stages = join(comparisons, &Comparison::stages);
  view.ops = join(comparisons, &Comparison::ops);
  view.hidden_stages = hide(view.stages, options);
  view.hidden_ops = hide(view.ops, options);
  if (options.stage) {
    view.hidden_ops +=
        std::erase_if(view.ops, [&](const CompareRow& row) { return row.stage != *options.stage; });
  }
  sort(view.stages, options.sort);
  sort(view.ops, options.sort);
  if (view.ops.size() > options.most_ops) {
    view.hidden_ops += view.ops.size() - options.most_ops;
    view.ops.resize(options.most_ops);
  }
  view.hidden_text = hidden_text(view);
  return view;
}

Table compare_table(const CompareView& view, std::span<const CompareRow> rows, std::string id,
                    std::string title) {
  using exporter::Align;
  Table table;
  table.id = std::move(id);
  table.title = std::move(title);
  table.empty_text = "No row is left by the filters.";
  table.columns = {{"name", "Name"}, {"base_ns", view.base, Align::kRight}};
  std::vector<std::size_t> shown;
  for (std::size_t d = 0; d < view.others.size(); ++d) {
    if (has_times(view, rows, d)) shown.push_back(d);
  }
  for (const std::size_t d : shown) add_columns(table, view, d);
  if (view.others.size() == 1) table.tone_column = kDifferenceColumn;
  for (const CompareRow& row : rows) {
    std::vector<exporter::Cell> cells{row.label, exporter::ns_cell(row.base_ns)};
    for (const std::size_t d : shown) add_cells(cells, row.others[d]);
    table.add(std::move(cells), row.stage, row.id);
    if (view.others.size() == 1) table.rows.back().tone = tone_of(row.others.front());
  }
  return table;
}

}  // namespace dscope::view_data
