// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/command.h"
#include "profiler/export/html_report.h"
#include "profiler/export/markdown_report.h"
#include "profiler/export/stage_table.h"
#include "profiler/export/svg_bars.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/json_util.h"

#include <memory>
#include <optional>

namespace dscope::cli {
namespace {

struct ReportFormat {
  const char* id;
  std::string (*render)(const profile::Profile&);
};

template <exporter::Format kFormat>
std::string stage_table(const profile::Profile& document) {
  return exporter::render(exporter::stage_report(document), kFormat);
}

constexpr ReportFormat kFormats[] = {
    {"table", stage_table<exporter::Format::kTable>},
    {"json", stage_table<exporter::Format::kJson>},
    {"csv", stage_table<exporter::Format::kCsv>},
    {"markdown", exporter::markdown_report},
    {"html", exporter::html_report},
    {"svg",
     [](const profile::Profile& document) {
       return exporter::stage_bar_svg(exporter::stage_report(document));
     }},
};

struct ReportOptions {
  std::string document;
  std::string format = "table";
  std::optional<std::string> out;
};

std::vector<std::string> format_ids() {
  std::vector<std::string> ids;
  for (const ReportFormat& format : kFormats) ids.emplace_back(format.id);
  return ids;
}

void report(const ReportOptions& options) {
  const profile::Profile document = profile::read_profile(options.document);
  for (const ReportFormat& format : kFormats) {
    if (options.format != format.id) continue;
    const std::string text = format.render(document);
    if (options.out) {
      write_text_file(*options.out, text);
    } else {
      print(text);
    }
  }
}

}  // namespace

Run add_report(CLI::App& app, const Launch&) {
  const auto options = std::make_shared<ReportOptions>();
  app.add_option("document", options->document, "Profile document")
      ->required()
      ->option_text("PROFILE.json");
  app.add_option("--format", options->format,
                 "table, json, csv, markdown (for an issue thread), html (self-contained, with "
                 "pictures) or svg (the stage bar alone)")
      ->check(CLI::IsMember(format_ids()).description(""))
      ->option_text("FORMAT [table]");
  app.add_option("--out", options->out, "Write to a file")->option_text("FILE");
  app.footer(
      "Examples:\n  dscope report profile.json\n"
      "  dscope report profile.json --format html --out report.html");
  return [options] { report(*options); };
}

}  // namespace dscope::cli
