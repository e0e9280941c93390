// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/text_table.h"

#include "workloads/base/error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace dscope::exporter {
namespace {

TextTable sample() {
  TextTable table({{"name", "Name"},
                   {"time_ns", "Time", Align::kRight},
                   {"bar", "", Align::kLeft, 10, false},
                   {"hidden", "Hidden"},
                   {"empty", "Empty"}});
  table.add_row({"short", ns_cell(1500), bar(0.5, 4), {std::int64_t{7}, ""}, Cell()});
  table.add_rule();
  table.add_row({"a, \"b\"|c", Cell(), Cell(), {true, ""}, Cell()});
  return table;
}

TEST(TextTable, Table) {
  EXPECT_EQ(sample().render(Format::kTable),
            "Name         Time\n"
            "─────────────────────\n"
            "short     1.50 us  ██\n"
            "─────────────────────\n"
            "a, \"b\"|c\n");
}

TEST(TextTable, Json) {
  const auto json = nlohmann::json::parse(sample().render(Format::kJson));
  EXPECT_EQ(json, nlohmann::json::parse(R"([
    {"name": "short", "time_ns": 1500.0, "hidden": 7, "empty": null},
    {"name": "a, \"b\"|c", "time_ns": null, "hidden": true, "empty": null}])"));
}

TEST(TextTable, Csv) {
  EXPECT_EQ(sample().render(Format::kCsv),
            "name,time_ns,hidden,empty\n"
            "short,1500.0,7,\n"
            "\"a, \"\"b\"\"|c\",,true,\n");
}

TEST(TextTable, Markdown) {
  EXPECT_EQ(sample().render(Format::kMarkdown),
            "| Name | Time |  |\n"
            "| --- | ---: | --- |\n"
            "| short | 1.50 us | ██ |\n"
            "| a, \"b\"\\|c |  |  |\n");
}

TEST(TextTable, Html) {
  TextTable table({{"name", "Name"}, {"n", "N", Align::kRight}});
  table.add_row({"<a>", number_cell(1.25, 1)});
  EXPECT_EQ(table.render_html(),
            "<table>\n<thead><tr><th>Name</th><th class=\"number\">N</th></tr>\n</thead>\n"
            "<tbody>\n<tr><td>&lt;a&gt;</td><td class=\"number\">1.2</td></tr>\n</tbody>\n"
            "</table>\n");
}

TEST(TextTable, LongTextIsCutOnlyInTheTable) {
  TextTable table({{"name", "Name", Align::kLeft, 6}});
  table.add_row({"0123456789"});
  EXPECT_EQ(table.render(Format::kTable), "Name\n──────\n01234…\n");
  EXPECT_EQ(table.render(Format::kCsv), "name\n0123456789\n");
  EXPECT_EQ(table.render(Format::kMarkdown), "| Name |\n| --- |\n| 0123456789 |\n");
}

TEST(TextTable, AnyBytesInCells) {
  TextTable table(std::vector<Column>{{"name", "Name"}});
  table.add_row({"\xff\x1b[0m\nü"});
  EXPECT_EQ(table.render(Format::kTable),
            "Name\n───────\n\xEF\xBF\xBD\xEF\xBF\xBD[0m\xEF\xBF\xBDü\n");
  EXPECT_EQ(nlohmann::json::parse(table.render(Format::kJson))[0]["name"],
            "\xEF\xBF\xBD\x1b[0m\nü");
}

TEST(TextTable, EmptyTable) {
  const TextTable table(std::vector<Column>{{"name", "Name"}});
  EXPECT_EQ(table.render(Format::kJson), "[]\n");
  EXPECT_EQ(table.render(Format::kCsv), "name\n");
}

TEST(TextTable, RowsMustFit) {
  TextTable table({{"a", "A"}, {"b", "B"}});
  EXPECT_THROW(table.add_row({"one"}), Error);
  EXPECT_THROW(table.add_row({"one", Cell(CellValue(std::nan("")), "")}), Error);
}

TEST(Cells, NumberFormats) {
  EXPECT_EQ(ns_cell(std::nullopt).text, "");
  EXPECT_EQ(share_cell(0.4567).text, "45.7 %");
  EXPECT_EQ(bytes_cell(8192).text, "8.19 kB");
  EXPECT_EQ(number_cell(3.14159, 2).text, "3.14");
}

TEST(Bar, EighthsOfAColumn) {
  EXPECT_EQ(bar(0, 4), "");
  EXPECT_EQ(bar(1, 4), "████");
  EXPECT_EQ(bar(0.375, 4), "█▌");  // 1.5 columns
  EXPECT_EQ(bar(7, 2), "██");
  EXPECT_EQ(bar(-1, 2), "");
}

TEST(Format, Ids) {
  EXPECT_EQ(format_from_id("markdown"), Format::kMarkdown);
  EXPECT_EQ(format_from_id("xml"), std::nullopt);
}

}  // namespace
}  // namespace dscope::exporter
