// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dscope::exporter {

// The values of --format, everywhere.
enum class Format : std::uint8_t { kTable, kJson, kCsv, kMarkdown };
inline constexpr std::array<std::string_view, 4> kFormatIds{"table", "json", "csv", "markdown"};
[[nodiscard]] std::optional<Format> format_from_id(std::string_view id);

// What a cell is for programs: CSV and JSON carry it in full precision. monostate: no value, an
// empty CSV field and JSON null. Numbers must be finite.
using CellValue = std::variant<std::monostate, std::string, std::int64_t, double, bool>;

struct Cell {
  CellValue value;
  std::string text;  // for people

  Cell() = default;
  Cell(std::string both) : value(both), text(std::move(both)) {}  // NOLINT: cells are values
  Cell(const char* both) : Cell(std::string(both)) {}             // NOLINT
  Cell(CellValue machine, std::string people)
      : value(std::move(machine)), text(std::move(people)) {}
};

// Cells of quantities: the full number for programs, a short form with its unit for people. An
// empty optional gives an empty cell.
[[nodiscard]] Cell ns_cell(std::optional<double> ns);
[[nodiscard]] Cell bytes_cell(std::optional<double> bytes);
[[nodiscard]] Cell share_cell(std::optional<double> share);  // 0.452 is "45.2 %"
[[nodiscard]] Cell number_cell(std::optional<double> number, int decimals = 0);

// A bar of block characters for a share of 1, `width` columns long at 1.
[[nodiscard]] std::string bar(double share, std::size_t width);

enum class Align : std::uint8_t { kLeft, kRight };

struct Column {
  std::string key;    // JSON key and CSV header; carries the unit
  std::string title;  // heading of table and Markdown
  Align align = Align::kLeft;
  std::size_t max_width = 48;  // longer text is cut with an ellipsis, in the table only
  bool machine = true;         // false: for people only (bars), left out of JSON and CSV
};

// Rows of cells in four formats. A column without any text is left out of table and Markdown. Text
// may hold any bytes: invalid UTF-8 and control characters are replaced where people read, escaped
// where programs read.
class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns);
  void add_row(std::vector<Cell> cells);  // one per column
  void add_rule();                        // a horizontal line before the next row (table only)

  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  [[nodiscard]] const std::vector<std::vector<Cell>>& rows() const { return rows_; }

  // Ends with a newline; JSON is an array of objects.
  [[nodiscard]] std::string render(Format format) const;
  [[nodiscard]] std::string render_html() const;  // a <table>, for reports

 private:
  [[nodiscard]] std::vector<std::size_t> columns_with_text() const;
  [[nodiscard]] std::string render_table() const;
  [[nodiscard]] std::string render_json() const;
  [[nodiscard]] std::string render_csv() const;
  [[nodiscard]] std::string render_markdown() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
  std::vector<std::size_t> rules_;  // row numbers that have a line before them
};

}  // namespace dscope::exporter
