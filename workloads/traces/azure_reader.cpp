// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/azure_reader.h"

#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"
#include "workloads/traces/timestamp.h"

#include <algorithm>

namespace dscope::traces {
namespace {

constexpr std::array<std::string_view, 3> kColumns{"TIMESTAMP", "ContextTokens", "GeneratedTokens"};
constexpr std::size_t kNowhere = SIZE_MAX;

// Calls use(index, cell) for each cell, spaces around it removed.
template <class Use>
void for_each_cell(std::string_view row, Use use) {
  for (std::size_t index = 0, begin = 0; begin <= row.size(); ++index) {
    const std::size_t comma = std::min(row.find(',', begin), row.size());
    std::string_view cell = row.substr(begin, comma - begin);
    while (cell.starts_with(' ')) cell.remove_prefix(1);
    while (cell.ends_with(' ')) cell.remove_suffix(1);
    use(index, cell);
    begin = comma + 1;
  }
}

// Where kColumns stand in the header; kNowhere for those that do not.
std::array<std::size_t, 3> find_columns(std::string_view header) {
  std::array<std::size_t, 3> columns{kNowhere, kNowhere, kNowhere};
  for_each_cell(header, [&](std::size_t index, std::string_view cell) {
    const auto* column = std::find(kColumns.begin(), kColumns.end(), cell);
    if (column == kColumns.end()) return;
    columns[static_cast<std::size_t>(column - kColumns.begin())] = index;
  });
  return columns;
}

std::optional<std::int64_t> parse_tokens(std::string_view cell) {
  const auto value = parse_number<std::int64_t>(cell);
  return value && *value >= 0 && *value <= kMaxRequestTokens ? value : std::nullopt;
}

}  // namespace

AzureReader::AzureReader(LineReader lines_in) : RowReader(std::move(lines_in)) {
  const bool any = lines().next();
  columns_ = find_columns(any ? lines().text() : "");
  std::string missing;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i] != kNowhere) continue;
    missing += fmt::format("{}{}", missing.empty() ? "" : ", ", kColumns[i]);
  }
  if (!missing.empty()) {
    throw input_error("{}: line {}: expected the columns {}, found none called {} in \"{}\"",
                      lines().path(), lines().number(), fmt::join(kColumns, ", "), missing,
                      excerpt(lines().text()));
  }
}

bool AzureReader::recognises(std::string_view first_line) {
  const auto columns = find_columns(first_line);
  return columns[1] != kNowhere || columns[2] != kNowhere;
}

std::string AzureReader::parse_row(std::string_view row, Request& request) {
  std::array<std::optional<std::string_view>, 3> cells;
  for_each_cell(row, [&](std::size_t index, std::string_view cell) {
    const auto* column = std::find(columns_.begin(), columns_.end(), index);
    if (column != columns_.end()) cells[static_cast<std::size_t>(column - columns_.begin())] = cell;
  });
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i]) continue;
    return fmt::format("{}: expected a value, found the end of the line", kColumns[i]);
  }
  const auto time_ns = parse_timestamp_ns(*cells[0]);
  if (!time_ns) {
    return fmt::format("{}: expected a time like 2023-11-16 18:17:03.9799600, found \"{}\"",
                       kColumns[0], excerpt(*cells[0]));
  }
  std::array<std::int64_t*, 3> tokens{nullptr, &request.input_tokens, &request.output_tokens};
  for (std::size_t i = 1; i < cells.size(); ++i) {
    const auto value = parse_tokens(*cells[i]);
    if (!value) {
      return fmt::format("{}: expected an integer from 0 to {}, found \"{}\"", kColumns[i],
                         kMaxRequestTokens, excerpt(*cells[i]));
    }
    *tokens[i] = *value;
  }
  if (!origin_ns_) origin_ns_ = time_ns;
  request.arrival_s = static_cast<double>(*time_ns - *origin_ns_) * 1e-9;
  return {};
}

}  // namespace dscope::traces
