// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/text_table.h"

#include "profiler/export/text.h"
#include "workloads/base/error.h"
#include "workloads/base/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace dscope::exporter {
namespace {

constexpr std::string_view kGap = "  ";

nlohmann::ordered_json to_json(const CellValue& value) {
  return std::visit(
      [](const auto& v) -> nlohmann::ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>) {
          return nullptr;
        } else {
          return v;
        }
      },
      value);
}

std::string csv_field(const CellValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return "";
  const std::string* text = std::get_if<std::string>(&value);
  if (text == nullptr) return to_json(value).dump();
  if (text->find_first_of(",\"\r\n") == std::string::npos) return *text;
  std::string quoted = "\"";
  for (const char c : *text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::string space(width - std::min(width, display_width(text)), ' ');
  return align == Align::kLeft ? text + space : space + text;
}

void trim_right(std::string& line) {
  line.erase(line.find_last_not_of(' ') + 1);
}

}  // namespace

std::optional<Format> format_from_id(std::string_view id) {
  const auto found = std::find(kFormatIds.begin(), kFormatIds.end(), id);
  if (found == kFormatIds.end()) return std::nullopt;
  return static_cast<Format>(found - kFormatIds.begin());
}

Cell ns_cell(std::optional<double> ns) {
  return ns ? Cell(*ns, format_ns(*ns)) : Cell();
}

Cell bytes_cell(std::optional<double> bytes) {
  return bytes ? Cell(*bytes, format_bytes(*bytes)) : Cell();
}

Cell share_cell(std::optional<double> share) {
  return share ? Cell(*share, fmt::format("{:.1f} %", *share * 100)) : Cell();
}

Cell number_cell(std::optional<double> number, int decimals) {
  if (!number) return {};
  return {*number, fmt::format("{:.{}f}", *number, decimals)};
}

std::string bar(double share, std::size_t width) {
  static constexpr std::array<std::string_view, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double columns = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
  const auto eighths = static_cast<std::size_t>(std::lround(columns * 8));
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  return out.append(kEighths[eighths % 8]);
}

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

void TextTable::add_row(std::vector<Cell> cells) {
  DSCOPE_REQUIRE(cells.size() == columns_.size(), "a row of {} columns has {} cells",
                 columns_.size(), cells.size());
  for (const Cell& cell : cells) {
    const double* number = std::get_if<double>(&cell.value);
    DSCOPE_REQUIRE(number == nullptr || std::isfinite(*number), "a cell's number must be finite");
  }
  rows_.push_back(std::move(cells));
}

void TextTable::add_rule() {
  rules_.push_back(rows_.size());
}

std::string TextTable::render(Format format) const {
  switch (format) {
    case Format::kTable:
      return render_table();
    case Format::kJson:
      return render_json();
    case Format::kCsv:
      return render_csv();
    case Format::kMarkdown:
      return render_markdown();
  }
  return {};
}

std::vector<std::size_t> TextTable::columns_with_text() const {
  std::vector<std::size_t> shown;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (std::any_of(rows_.begin(), rows_.end(),
                    [&](const auto& row) { return !row[c].text.empty(); })) {
      shown.push_back(c);
    }
  }
  return shown;
}

std::string TextTable::render_table() const {
  const std::vector<std::size_t> shown = columns_with_text();
  std::vector<std::size_t> widths;
  for (const std::size_t c : shown) {
    std::size_t width = display_width(columns_[c].title);
    for (const auto& row : rows_) {
      const std::size_t text = display_width(printable(row[c].text));
      width = std::max(width, std::min(text, columns_[c].max_width));
    }
    widths.push_back(width);
  }
  const auto line = [&](const auto& text_of_column) {
    std::string out;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (i > 0) out += kGap;
      out += padded(text_of_column(shown[i]), widths[i], columns_[shown[i]].align);
    }
    trim_right(out);
    return out + "\n";
  };
  std::size_t total = kGap.size() * (shown.empty() ? 0 : shown.size() - 1);
  for (const std::size_t width : widths) total += width;
  std::string rule;
  for (std::size_t i = 0; i < total; ++i) rule += "─";
  rule += "\n";

  std::string out = line([&](std::size_t c) { return columns_[c].title; }) + rule;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (std::find(rules_.begin(), rules_.end(), r) != rules_.end()) out += rule;
    out += line(
        [&](std::size_t c) { return shorten(printable(rows_[r][c].text), columns_[c].max_width); });
  }
  return out;
}

std::string TextTable::render_json() const {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& row : rows_) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (columns_[c].machine) object[columns_[c].key] = to_json(row[c].value);
    }
    list.push_back(std::move(object));
  }
  return list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string TextTable::render_csv() const {
  std::string out;
  const auto line = [&](const auto& field_of_column) {
    std::string separator;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (!columns_[c].machine) continue;
      out += separator + field_of_column(c);
      separator = ",";
    }
    out += "\n";
  };
  line([&](std::size_t c) { return csv_field(columns_[c].key); });
  for (const auto& row : rows_) line([&](std::size_t c) { return csv_field(row[c].value); });
  return out;
}

std::string TextTable::render_markdown() const {
  const std::vector<std::size_t> shown = columns_with_text();
  std::string out;
  const auto line = [&](const auto& text_of_column) {
    out += "|";
    for (const std::size_t c : shown) out += fmt::format(" {} |", text_of_column(c));
    out += "\n";
  };
  line([&](std::size_t c) { return markdown_text(columns_[c].title); });
  line([&](std::size_t c) { return columns_[c].align == Align::kLeft ? "---" : "---:"; });
  for (const auto& row : rows_) {
    line([&](std::size_t c) { return markdown_text(row[c].text); });
  }
  return out;
}

std::string TextTable::render_html() const {
  const std::vector<std::size_t> shown = columns_with_text();
  std::string out = "<table>\n<thead>";
  const auto line = [&](const char* tag, const auto& text_of_column) {
    out += "<tr>";
    for (const std::size_t c : shown) {
      const bool number = columns_[c].align == Align::kRight;
      out += fmt::format("<{0}{1}>{2}</{0}>", tag, number ? " class=\"number\"" : "",
                         escape_html(text_of_column(c)));
    }
    out += "</tr>\n";
  };
  line("th", [&](std::size_t c) { return columns_[c].title; });
  out += "</thead>\n<tbody>\n";
  for (const auto& row : rows_) line("td", [&](std::size_t c) { return row[c].text; });
  return out + "</tbody>\n</table>\n";
}

}  // namespace dscope::exporter
