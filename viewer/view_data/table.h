// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/text_table.h"
#include "workloads/stage.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace dscope::view_data {

struct TableRow {
  std::vector<exporter::Cell> cells;  // one per column
  std::optional<Stage> stage;         // a swatch of its colour stands before the first cell
  std::string key;                    // what a click selects: stage id, kernel name; may be empty
  std::optional<double> tone;         // -1 good .. +1 bad: tints `tone_column`; empty or 0: no tint
};

// Rows for the data table widget and for CSV. The same cells serve the command line's tables: what
// is sorted and exported are their values, what is drawn are their texts.
struct Table {
  std::string id;     // [a-z0-9_]: the name of the CSV file
  std::string title;  // for people
  // A column with a max_width of 0 is exported and not drawn.
  std::vector<exporter::Column> columns;
  std::vector<TableRow> rows;
  std::size_t tone_column = SIZE_MAX;
  std::string empty_text = "Nothing to show.";  // stands where the rows would be

  void add(std::vector<exporter::Cell> cells, std::optional<Stage> stage = std::nullopt,
           std::string key = {});
};

// Takes out the columns in which no row has a text.
void drop_empty_columns(Table& table);

// Row numbers in order of a column's values: numbers before text, missing values last in either
// direction; equal ones stay in their order. `column` out of range: the order of the rows.
[[nodiscard]] std::vector<std::size_t> sorted_order(const Table& table, std::size_t column,
                                                    bool descending);

// With a heading line, full precision, in the given order of rows (empty: all, as they are).
[[nodiscard]] std::string to_csv(const Table& table, const std::vector<std::size_t>& order = {});

}  // namespace dscope::view_data
