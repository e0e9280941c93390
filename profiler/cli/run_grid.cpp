// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/run_grid.h"

#include "profiler/cli/back_end.h"
#include "profiler/cli/forced_configs.h"
#include "profiler/cli/interrupt.h"
#include "profiler/cli/run_measurement.h"
#include "profiler/cli/run_plan.h"
#include "profiler/export/stage_table.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope::cli {
namespace {

// How kernels were launched, where not as the library decides; empty otherwise.
std::string forced(const RunOptions& o, fmt::format_string<std::int64_t> padding,
                   std::string_view separator) {
  std::vector<std::string> parts;
  if (o.config != "auto") parts.push_back(o.config);
  if (o.extra_shared > 0) parts.push_back(fmt::format(padding, std::int64_t{o.extra_shared}));
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string document_name(const RunOptions& o) {
  std::vector<std::string> parts;
  if (o.batch) parts.push_back(fmt::format("b{}", *o.batch));
  if (o.context) parts.push_back(fmt::format("c{}", *o.context));
  if (const std::string text = forced(o, "x{}", "_"); !text.empty()) parts.push_back(text);
  return fmt::format("{}.json", fmt::join(parts, "_"));
}

exporter::TextTable grid_table() {
  using exporter::Align;
  return exporter::TextTable({{"batch", "Batch", Align::kRight},
                              {"context", "Context", Align::kRight},
                              {"forced", "Forced"},
                              {"step_ns", "Step", Align::kRight},
                              {"traced_step_ns", "Traced", Align::kRight},
                              {"busy_ns", "Busy", Align::kRight},
                              {"tok_s", "tok/s", Align::kRight},
                              {"steps", "Steps", Align::kRight},
                              {"closure_error", "Closure", Align::kRight},
                              {"lost_records", "Lost", Align::kRight},
                              {"document", "Document"},
                              {"problem", "Problem", Align::kLeft, 60}});
}

exporter::Cell count_cell(std::optional<std::int64_t> count) {
  if (!count) return {};
  return {*count, std::to_string(*count)};
}

void add_result(exporter::TextTable& table, const RunOptions& o, const profile::Profile& document,
                const std::string& file) {
  const exporter::StageReport report = exporter::stage_report(document);
  const double step_ns = exporter::untraced_step_ns(report).value_or(report.step_ns);
  table.add_row({count_cell(o.batch), count_cell(o.context), forced(o, "+{} B", " "),
                 exporter::ns_cell(step_ns), exporter::ns_cell(report.step_ns),
                 exporter::ns_cell(report.step_busy_ns),
                 report.tok_s ? exporter::number_cell(*report.tok_s, 1) : exporter::Cell(),
                 count_cell(report.steps), exporter::share_cell(report.closure_error),
                 count_cell(report.losses.lost_records()), file, ""});
}

void add_problem(exporter::TextTable& table, const RunOptions& o, const std::string& problem) {
  table.add_row({count_cell(o.batch),
                 count_cell(o.context),
                 forced(o, "+{} B", " "),
                 {},
                 {},
                 {},
                 {},
                 {},
                 {},
                 {},
                 "",
                 problem});
}

// What stays the same over the grid.
class Grid {
 public:
  Grid(std::unique_ptr<Communicator> ranks, const Launch& launch)
      : launch_(launch), back_ends_(std::move(ranks), launch), table_(grid_table()) {}

  // Before any run(): CUPTI stays in the process once it has been attached.
  std::optional<profile::Perturbation> measure_untraced(const RunOptions& o) {
    if (!o.profile) return std::nullopt;
    RunPlan plan = back_ends_.plan(o);
    try {
      return cli::measure_untraced(o, plan, back_ends_, launch_);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::kUnavailable) throw;
      return std::nullopt;  // run() will say why
    }
  }

  // False: the user interrupted.
  bool run(const RunOptions& o, std::optional<profile::Perturbation> untraced) {
    RunPlan plan = back_ends_.plan(o);
    if (!chosen_) chosen_ = choose_source(o, plan);
    try {
      const BackEnd back_end = back_ends_.make(plan, o);
      RunResult result =
          run_configuration(plan, back_end, *chosen_, std::move(untraced), o, launch_);
      speaks_ = result.speaks;
      if (speaks_) keep(std::move(result), plan, o);
    } catch (const Error& e) {
      // Other configurations may fit.
      if (e.kind() != ErrorKind::kUnavailable) throw;
      add_problem(table_, o, e.what());
      problem_ = e.what();
    }
    return !interrupted();
  }

  // After an error that no other configuration will survive: what was measured stays.
  void add_failure(const RunOptions& o, const char* problem) { add_problem(table_, o, problem); }
  [[nodiscard]] bool has_results() const { return done_ > 0; }

  void print_table(exporter::Format format) const {
    if (chosen_ && !chosen_->note.empty()) fmt::print(stderr, "dscope: {}\n", chosen_->note);
    if (done_ == 0 && !problem_.empty()) {
      throw unavailable_error("no configuration could be run: {}", problem_);
    }
    if (!speaks_) return;
    print(table_.render(format));
  }

 private:
  void keep(RunResult result, const RunPlan& plan, const RunOptions& o) {
    if (result.document.measurement->steps.empty()) return;  // interrupted at once
    if (!device_) device_ = examine_machine(plan);
    add_machine(result.document, plan, *device_);
    std::string file;
    if (o.out) {
      file = (*o.out / document_name(o)).string();
      profile::write_profile(file, result.document);
    }
    add_result(table_, o, result.document, file);
    ++done_;
  }

  const Launch& launch_;
  BackEnds back_ends_;
  exporter::TextTable table_;
  std::optional<ChosenSource> chosen_;
  std::optional<profile::Device> device_;
  std::string problem_;  // of the last configuration that could not be run
  int done_ = 0;
  bool speaks_ = true;  // of several ranks, whether this one reports
};

}  // namespace

std::vector<RunOptions> configurations(const RunOptions& options) {
  using Values = std::vector<std::optional<std::int64_t>>;
  const auto values = [](const std::vector<std::int64_t>& given) {
    return given.empty() ? Values{std::nullopt} : Values(given.begin(), given.end());
  };
  std::vector<RunOptions> list;
  const auto configs = options.configs.empty() ? std::vector{options.config} : options.configs;
  const auto paddings =
      options.extra_shareds.empty() ? std::vector{options.extra_shared} : options.extra_shareds;
  for (const std::string& config : configs) (void)parse_forced_configs(config);
  RunOptions one = options;
  for (const auto& batch : values(options.batches)) {
    one.batch = batch;
    for (const auto& context : values(options.contexts)) {
      one.context = context;
      for (const std::string& config : configs) {
        one.config = config;
        for (const std::int64_t padding : paddings) {
          one.extra_shared = padding;
          list.push_back(one);
        }
      }
    }
  }
  if (list.size() > 1 && (options.trace || options.dump_logits || options.record_routing ||
                          options.record_selection)) {
    throw usage_error(
        "--trace, --dump-logits and --record-* write one file: give --batch, --context, --config "
        "and --extra-shared one value each");
  }
  if (list.size() > 1 && !options.counters.empty()) {
    throw usage_error(
        "--counters count one configuration: give --batch and --context one value each");
  }
  return list;
}

void run_grid(const std::vector<RunOptions>& grid, std::unique_ptr<Communicator> ranks,
              const Launch& launch) {
  const RunOptions& first = grid.front();
  if (first.out) std::filesystem::create_directories(*first.out);
  Grid run(std::move(ranks), launch);
  std::vector<std::optional<profile::Perturbation>> untraced;
  for (const RunOptions& o : grid) untraced.push_back(run.measure_untraced(o));
  std::exception_ptr failure;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    try {
      if (!run.run(grid[i], std::move(untraced[i]))) break;
    } catch (const std::exception& e) {
      if (!run.has_results()) throw;
      run.add_failure(grid[i], e.what());
      failure = std::current_exception();
      break;
    }
  }
  if (interrupted()) fmt::print(stderr, "dscope: interrupted; what was measured is kept\n");
  run.print_table(first.format);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace dscope::cli
