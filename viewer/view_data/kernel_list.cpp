// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/kernel_list.h"

#include "profiler/export/kernel_rows.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace dscope::view_data {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_among(Stage stage, std::span<const Stage> stages) {
  return stages.empty() || std::find(stages.begin(), stages.end(), stage) != stages.end();
}

}  // namespace

Table keep_columns(const Table& table, std::span<const std::string_view> keys) {
  std::vector<std::size_t> kept;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (std::find(keys.begin(), keys.end(), table.columns[c].key) != keys.end()) kept.push_back(c);
  }
  Table narrow = table;
  narrow.columns.clear();
  narrow.tone_column = SIZE_MAX;
  for (const std::size_t c : kept) {
    if (c == table.tone_column) narrow.tone_column = narrow.columns.size();
    narrow.columns.push_back(table.columns[c]);
  }
  for (TableRow& row : narrow.rows) {
    std::vector<exporter::Cell> cells;
    for (const std::size_t c : kept) cells.push_back(std::move(row.cells[c]));
    row.cells = std::move(cells);
  }
  return narrow;
}

Table without_empty_columns(Table table) {
  for (std::size_t c = table.columns.size(); c-- > 1;) {
    const auto is_empty = [&](const TableRow& row) { return row.cells[c].text.empty(); };
    if (!std::all_of(table.rows.begin(), table.rows.end(), is_empty)) continue;
    table.columns.erase(table.columns.begin() + static_cast<std::ptrdiff_t>(c));
    for (TableRow& row : table.rows) {
      row.cells.erase(row.cells.begin() + static_cast<std::ptrdiff_t>(c));
    }
  }
  return table;
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto equal = [](char a, char b) { return lower(a) == lower(b); };
  return part.empty() ||
         std::search(text.begin(), text.end(), part.begin(), part.end(), equal) != text.end();
}

KernelList kernel_list(const profile::Profile& profile, std::span<const Stage> stages,
                       std::string_view search, std::size_t most) {
  const exporter::TextTable all = exporter::kernel_table(profile);
  KernelList list;
  list.table.id = "kernels";
  list.table.title = "Kernels";
  list.table.empty_text = "No kernel matches.";
  list.table.columns = all.columns();
  double all_ns = 0;
  double matching_ns = 0;
  // kernel_table() has one row for each kernel, in the same order.
  for (std::size_t i = 0; i < all.rows().size(); ++i) {
    const profile::KernelSummary& kernel = profile.measurement->kernels[i];
    const auto total_ns = static_cast<double>(kernel.total_ns);
    all_ns += total_ns;
    if (!is_among(kernel.stage, stages) || !contains_ignoring_case(kernel.name, search)) continue;
    matching_ns += total_ns;
    if (list.matching++ >= most) continue;
    list.table.add(all.rows()[i], kernel.stage, kernel.name);
  }
  list.all = all.rows().size();
  list.summary =
      fmt::format("{} of {} kernels, {} in all, {:.1f} % of the busy time", list.matching, list.all,
                  format_ns(matching_ns), all_ns > 0 ? matching_ns / all_ns * 100 : 0.0);
  return list;
}

}  // namespace dscope::view_data
