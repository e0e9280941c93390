// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/command.h"
#include "profiler/export/counter_rows.h"
#include "profiler/export/html_report.h"
#include "profiler/export/markdown_report.h"
#include "profiler/export/stage_table.h"
#include "profiler/export/svg_bars.h"
#include "profiler/export/views.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <memory>
#include <optional>

namespace dscope::cli {
namespace {

struct ReportOptions {
  std::string document;
  std::string view = "report";
  std::string format = "table";
  std::size_t top = 5;
  std::optional<std::string> out;
};

// Whole reports and pictures, which are not tables.
struct Document {
  const char* format;
  std::string (*render)(const profile::Profile&);
};
constexpr Document kDocuments[] = {
    {"markdown", exporter::markdown_report},
    {"html", exporter::html_report},
    {"svg",
     [](const profile::Profile& document) {
       return exporter::stage_bar_svg(exporter::stage_report(document));
     }},
};

struct View {
  const char* id;
  std::string (*render)(const profile::Profile&, const ReportOptions&, exporter::Format);
};
constexpr View kViews[] = {
    {"report",
     [](const profile::Profile& document, const ReportOptions&, exporter::Format format) {
       return exporter::render(exporter::stage_report(document), format);
     }},
    {"stages",
     [](const profile::Profile& document, const ReportOptions&, exporter::Format format) {
       return exporter::render(exporter::stage_report(document), format);
     }},
    {"seed",
     [](const profile::Profile& document, const ReportOptions&, exporter::Format format) {
       return exporter::render(exporter::seed_report(document), format);
     }},
    {"kernels",
     [](const profile::Profile& document, const ReportOptions& options, exporter::Format format) {
       return exporter::top_kernel_table(document, options.top).render(format);
     }},
    {"counters",
     [](const profile::Profile& document, const ReportOptions&, exporter::Format format) {
       return exporter::counter_table(document).render(format);
     }},
    {"steps",
     [](const profile::Profile& document, const ReportOptions&, exporter::Format format) {
       return exporter::step_table(document).render(format);
     }},
};

std::vector<std::string> format_ids() {
  std::vector<std::string> ids(exporter::kFormatIds.begin(), exporter::kFormatIds.end());
  ids.insert(ids.end(), {"html", "svg"});
  return ids;
}

std::vector<std::string> view_ids() {
  std::vector<std::string> ids;
  for (const View& view : kViews) ids.emplace_back(view.id);
  return ids;
}

std::string render(const profile::Profile& document, const ReportOptions& options) {
  if (options.view == "report") {
    for (const Document& whole : kDocuments) {
      if (options.format == whole.format) return whole.render(document);
    }
  }
  const std::optional<exporter::Format> format = exporter::format_from_id(options.format);
  if (!format) {
    throw usage_error("--format {} is a whole report: it has no --view {}", options.format,
                      options.view);
  }
  for (const View& view : kViews) {
    if (options.view == view.id) return view.render(document, options, *format);
  }
  return {};
}

void report(const ReportOptions& options) {
  const std::string text = render(profile::read_profile(options.document), options);
  if (options.out) {
    write_text_file(*options.out, text);
  } else {
    print(text);
  }
}

}  // namespace

Run add_report(CLI::App& app, const Launch&) {
  const auto options = std::make_shared<ReportOptions>();
  app.add_option("document", options->document, "Profile document")
      ->required()
      ->option_text("PROFILE.json");
  app.add_option(
         "--view", options->view,
         "report (everything; the table is that of the stages), stages, seed (MoE, NCCL, "
         "FlashMLA, rest), kernels (the longest of each stage), counters (of the hardware, where "
         "run --counters read them, beside the bytes of op_costs) or steps (one row each)")
      ->check(CLI::IsMember(view_ids()).description(""))
      ->option_text("VIEW [report]");
  app.add_option("--top", options->top, "Kernels of each stage in the view of kernels")
      ->check(CLI::PositiveNumber)
      ->option_text("N [5]");
  app.add_option("--format", options->format,
                 "table, json, csv, markdown (for an issue thread), html (self-contained, with "
                 "pictures) or svg (the stage bar alone)")
      ->check(CLI::IsMember(format_ids()).description(""))
      ->option_text("FORMAT [table]");
  app.add_option("--out", options->out, "Write to a file")->option_text("FILE");
  app.footer(
      "Examples:\n  dscope report profile.json\n"
      "  dscope report profile.json --view seed --format markdown\n"
      "  dscope report profile.json --view kernels --top 3\n"
      "  dscope report profile.json --view counters --format markdown\n"
      "  dscope report profile.json --view steps --format csv --out steps.csv\n"
      "  dscope report profile.json --format html --out report.html");
  return [options] { report(*options); };
}

}  // namespace dscope::cli
