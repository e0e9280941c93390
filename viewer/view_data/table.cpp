// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/table.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <variant>

namespace dscope::view_data {
namespace {

// Numbers before text.
struct SortKey {
  int kind = 2;  // 0 number, 1 text, 2 missing
  double number = 0;
  const std::string* text = nullptr;
};

SortKey key_of(const exporter::Cell& cell) {
  const exporter::CellValue& value = cell.value;
  if (const auto* i = std::get_if<std::int64_t>(&value)) return {0, static_cast<double>(*i)};
  if (const auto* d = std::get_if<double>(&value)) return {0, *d};
  if (const auto* b = std::get_if<bool>(&value)) return {0, *b ? 1.0 : 0.0};
  if (const auto* s = std::get_if<std::string>(&value)) return {1, 0, s};
  if (!cell.text.empty()) return {1, 0, &cell.text};
  return {};
}

bool before(const SortKey& a, const SortKey& b, bool descending) {
  if (a.kind == 2 || b.kind == 2) return a.kind < b.kind;
  if (a.kind != b.kind) return descending ? a.kind > b.kind : a.kind < b.kind;
  if (a.kind == 0) return descending ? a.number > b.number : a.number < b.number;
  return descending ? *a.text > *b.text : *a.text < *b.text;
}

}  // namespace

void Table::add(std::vector<exporter::Cell> cells, std::optional<Stage> stage, std::string key) {
  cells.resize(columns.size());
  rows.push_back({std::move(cells), stage, std::move(key), std::nullopt});
}

void drop_empty_columns(Table& table) {
  for (std::size_t c = table.columns.size(); c-- > 0;) {
    const bool used = std::any_of(table.rows.begin(), table.rows.end(),
                                  [&](const TableRow& row) { return !row.cells[c].text.empty(); });
    if (used || table.rows.empty()) continue;
    const auto at = static_cast<std::ptrdiff_t>(c);
    table.columns.erase(table.columns.begin() + at);
    for (TableRow& row : table.rows) row.cells.erase(row.cells.begin() + at);
    if (table.tone_column != SIZE_MAX && table.tone_column > c) --table.tone_column;
  }
}

std::vector<std::size_t> sorted_order(const Table& table, std::size_t column, bool descending) {
  std::vector<std::size_t> order(table.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (column >= table.columns.size()) return order;
  std::vector<SortKey> keys;
  keys.reserve(order.size());
  for (const TableRow& row : table.rows) keys.push_back(key_of(row.cells[column]));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return before(keys[a], keys[b], descending);
  });
  return order;
}

std::string to_csv(const Table& table, const std::vector<std::size_t>& order) {
  exporter::TextTable text(table.columns);
  if (order.empty()) {
    for (const TableRow& row : table.rows) text.add_row(row.cells);
  } else {
    for (const std::size_t row : order) text.add_row(table.rows[row].cells);
  }
  return text.render(exporter::Format::kCsv);
}

}  // namespace dscope::view_data
