// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/analyse.h"
#include "profiler/attribute/stage_rules.h"
#include "profiler/cli/command.h"
#include "profiler/cli/interrupt.h"
#include "profiler/cli/progress.h"
#include "profiler/cli/version.h"
#include "profiler/export/chrome_trace.h"
#include "profiler/export/stage_table.h"
#include "profiler/import/activity_file_reader.h"
#include "profiler/import/trace.h"
#include "profiler/import/trace_document.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

namespace dscope::cli {
namespace {

struct ImportOptions {
  std::vector<std::filesystem::path> traces;
  std::optional<std::filesystem::path> out;
  std::optional<std::filesystem::path> save;
  std::optional<std::filesystem::path> perfetto;
  std::optional<std::filesystem::path> rules;
  bool no_neighbours = false;
  exporter::Format format = exporter::Format::kTable;
};

importer::Trace read(const ImportOptions& o, const Launch& launch) {
  constexpr double kPercent = 100;
  Progress progress(launch.stderr_is_terminal, "reading, percent", static_cast<int>(kPercent));
  importer::ReadOptions options;
  options.stop = &interrupted();
  options.on_progress = [&](double done) {
    progress.update(static_cast<std::int64_t>(done * kPercent));
  };
  return importer::read_traces(o.traces, options);
}

// Attribution of a trace without work would have nothing to say, and a table of zeros is worse.
void check_has_work(const importer::Trace& trace) {
  const auto& activities = trace.list.activities;
  if (std::any_of(activities.begin(), activities.end(),
                  [](const auto& a) { return collect::is_work(a.kind); })) {
    return;
  }
  throw input_error(
      "{}: expected kernels or copies of a GPU, found {} ranges and calls of the host alone: was "
      "the trace recorded with CUDA activities?",
      fmt::join(trace.sources, ", "), activities.size());
}

attribute::Analysis analyse(importer::Trace& trace, const ImportOptions& o) {
  std::optional<attribute::StageRules> rules;
  if (o.rules) rules = attribute::StageRules::from_file(*o.rules);
  attribute::AnalyseOptions options;
  options.rules = rules ? &*rules : nullptr;
  options.neighbours = !o.no_neighbours;
  options.stop = &interrupted();
  return attribute::analyse(trace.list, options);
}

// What did not make it into the table, on stderr: stdout is the table's.
void report_skipped(const importer::Trace& trace) {
  for (const importer::Skipped& skipped : trace.skipped) {
    fmt::print(stderr, "dscope: not used: {} {}\n", skipped.count, skipped.reason);
  }
  for (const std::string& missing : trace.device.missing) {
    fmt::print(stderr, "dscope: not known: {}\n", missing);
  }
}

void write_perfetto(const importer::Trace& trace, const attribute::Analysis& analysis,
                    const std::filesystem::path& path) {
  exporter::ChromeTraceWriter writer(path);
  writer.add(trace.list);
  writer.add_stages(trace.list, analysis);
  writer.finish();
}

void run_import(const ImportOptions& o, const Launch& launch) {
  importer::Trace trace = read(o, launch);
  check_has_work(trace);
  // A saved trace says what it was found to be, by the rules of then; others of now ask again.
  const bool as_saved = trace.measurement && !o.rules && !o.no_neighbours;
  attribute::Analysis analysis;
  if (!as_saved || o.perfetto) analysis = analyse(trace, o);
  if (!as_saved) trace.measurement = std::move(analysis.measurement);
  profile::Profile document =
      importer::document_of(trace, *trace.measurement, make_provenance(launch.command_line));
  if (o.perfetto) write_perfetto(trace, analysis, *o.perfetto);
  if (o.save) {
    importer::write_activity_file(trace, *o.save);
    document.measurement->trace_file = o.save->string();
  }
  if (o.out) profile::write_profile(*o.out, document);
  report_skipped(trace);
  print(exporter::render(exporter::stage_report(document), o.format));
}

}  // namespace

Run add_import(CLI::App& app, const Launch& launch) {
  const auto options = std::make_shared<ImportOptions>();
  app.add_option("trace", options->traces,
                 "PyTorch, SGLang or vLLM trace (.json, .json.gz), Nsight Systems export "
                 "(.sqlite), or a saved\ntrace (.dscope); the format is found from the content. "
                 "Several, or a folder of them: the ranks of one run, side by side")
      ->required()
      ->option_text("TRACE...");
  app.add_option("--out", options->out, "Write the profile document")->option_text("PROFILE.json");
  app.add_option("--save", options->save,
                 "Write the trace with its stages and steps, for dscope-viewer and for reading "
                 "again")
      ->option_text("TRACE.dscope");
  app.add_option("--perfetto", options->perfetto,
                 "Write the trace as JSON for ui.perfetto.dev, with a track for each stage and one "
                 "for waiting in collectives")
      ->option_text("TRACE.json");
  app.add_option("--rules", options->rules,
                 "Rules of your own, before the built-in ones: which names are which stage, which "
                 "ranges are steps")
      ->option_text("RULES.json");
  app.add_flag("--no-neighbours", options->no_neighbours,
               "Leave kernels without a name or range of a stage unattributed instead of giving "
               "them that of their neighbours");
  add_format_option(app, options->format);
  app.footer(
      "Examples:\n"
      "  dscope import eager-TP-0.trace.json.gz --out profile.json\n"
      "  dscope import run-TP-0.trace.json.gz run-TP-1.trace.json.gz --save run.dscope\n"
      "  dscope import profiler-output/ --out profile.json\n"
      "  dscope import run.dscope --perfetto perfetto.json\n"
      "  nsys export --type sqlite report.nsys-rep && dscope import report.sqlite --format json");
  return [options, &launch] { run_import(*options, launch); };
}

}  // namespace dscope::cli
