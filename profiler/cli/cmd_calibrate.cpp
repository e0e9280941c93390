// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/calibrate.h"
#include "model/validation/grid.h"
#include "profiler/cli/command.h"
#include "profiler/cli/interrupt.h"
#include "profiler/cli/progress.h"
#include "profiler/cli/version.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <memory>
#include <optional>

namespace dscope::cli {
namespace {

struct CalibrateArguments {
  std::vector<std::string> documents;
  std::vector<std::string> held_out;
  std::string kernel_set;
  std::vector<std::string> fit;
  double smallest_stage_us = 5;
  bool all = false;
  std::optional<std::string> out;
  std::optional<std::string> calibration;
  exporter::Format format = exporter::Format::kTable;
};

struct Data {
  std::vector<model::Measured> fitted;
  std::vector<model::Measured> held_out;
  std::vector<std::string> sources;  // of what is fitted, for people
};

bool is_grid(const nlohmann::json& json) {
  return json.is_object() && json.contains("schema") && json["schema"] == "dscope.grid";
}

// A profile document, or a grid: of that a third is fitted and the rest held out, unless `all`.
void read(const std::string& path, bool hold_out, bool all, Data& data) {
  const nlohmann::json json = read_json_file(path);
  if (!is_grid(json)) {
    if (!hold_out) data.sources.push_back(path);
    (hold_out ? data.held_out : data.fitted)
        .push_back(model::measured(profile::from_json(json, path), path));
    return;
  }
  const model::Grid grid = model::grid_from_json(json, path);
  for (const model::GridPoint& point : grid.points) {
    const bool fitted = !hold_out && (all || model::is_calibration_point(point));
    (fitted ? data.fitted : data.held_out).push_back(model::measured(grid, point));
  }
  if (hold_out) return;
  data.sources.push_back(fmt::format("{} ({} points, {}, driver {}, CUDA {}, commit {})", path,
                                     grid.points.size(), grid.gpu, grid.driver, grid.cuda,
                                     grid.git_sha));
}

exporter::Cell percent(double error) {
  return {error, fmt::format("{:+.1f} %", 100 * error)};
}

exporter::TextTable constants_table(const model::Calibrated& result) {
  using exporter::Align;
  exporter::TextTable table({{"constant", "Constant"},
                             {"value", "Value", Align::kRight},
                             {"low", "Low", Align::kRight},
                             {"high", "High", Align::kRight},
                             {"unit", "Unit"}});
  const auto number = [](std::optional<double> value) {
    return value ? exporter::Cell{*value, fmt::format("{:.4g}", *value)} : exporter::Cell{};
  };
  for (const profile::FittedConstant& c : result.calibration.constants) {
    table.add_row({c.name, number(c.value), number(c.low), number(c.high), c.unit});
  }
  return table;
}

exporter::TextTable errors_table(const model::Calibrated& result) {
  using exporter::Align;
  exporter::TextTable table({{"source", "Configuration"},
                             {"use", "Use"},
                             {"measured_ns", "Measured", Align::kRight},
                             {"predicted_ns", "Predicted", Align::kRight},
                             {"error", "Error", Align::kRight},
                             {"worst_stage", "Worst stage"},
                             {"worst_stage_error", "Its error", Align::kRight}});
  const auto add = [&](const std::vector<model::ConfigurationError>& errors, const char* use) {
    for (const model::ConfigurationError& e : errors) {
      const model::StageError* worst = nullptr;
      for (const model::StageError& s : e.stages) {
        if (worst == nullptr || std::abs(s.error) > std::abs(worst->error)) worst = &s;
      }
      table.add_row({e.source, use, exporter::ns_cell(e.measured_ns),
                     exporter::ns_cell(e.predicted_ns), percent(e.error),
                     worst ? exporter::Cell(std::string(info(worst->stage).id)) : exporter::Cell{},
                     worst ? percent(worst->error) : exporter::Cell{}});
    }
  };
  add(result.fitted, "fitted");
  add(result.left_out, "left out");
  add(result.held_out, "held out");
  return table;
}

std::string render(const model::Calibrated& result, exporter::Format format) {
  const exporter::TextTable errors = errors_table(result);
  if (format == exporter::Format::kCsv) return errors.render(format);
  const exporter::TextTable constants = constants_table(result);
  if (format == exporter::Format::kJson) {
    nlohmann::ordered_json json{{"kernel_set", result.kernel_set.name},
                                {"calibration_id", result.calibration.id}};
    json["held_out_error"] = nullptr;
    if (result.calibration.held_out_error) {
      json["held_out_error"] = *result.calibration.held_out_error;
    }
    json["constants"] = nlohmann::ordered_json::parse(constants.render(format));
    json["configurations"] = nlohmann::ordered_json::parse(errors.render(format));
    return json.dump(2) + "\n";
  }
  std::string text =
      fmt::format("Kernel set {}, calibration {}\n\n{}\n{}", result.kernel_set.name,
                  result.calibration.id, constants.render(format), errors.render(format));
  if (result.calibration.held_out_error) {
    text += fmt::format("\nMedian error of a step {}: {:.1f} %\n",
                        result.held_out.empty() ? "left out of the fit" : "held out",
                        100 * *result.calibration.held_out_error);
  }
  return text;
}

profile::Profile document_of(const model::Calibrated& result, const Launch& launch,
                             const std::vector<std::string>& sources) {
  profile::Profile document;
  document.provenance = make_provenance(launch.command_line);
  document.provenance->kind = profile::Kind::kPredicted;
  document.provenance->sources = sources;
  document.calibration = result.calibration;
  return document;
}

void calibrate(const CalibrateArguments& arguments, const Launch& launch) {
  const model::KernelSet start = model::find_kernel_set(arguments.kernel_set);
  Data data;
  for (const std::string& path : arguments.documents) read(path, false, arguments.all, data);
  for (const std::string& path : arguments.held_out) read(path, true, false, data);
  model::CalibrateOptions options;
  constexpr double kNsPerUs = 1e3;
  options.smallest_stage_ns = arguments.smallest_stage_us * kNsPerUs;
  options.leave_one_out = data.held_out.empty();  // else those say how far the fit holds
  options.where = fmt::format("fitted to {} configurations of {}", data.fitted.size(),
                              fmt::join(data.sources, ", "));
  for (const std::string& text : arguments.fit) {
    options.constants.push_back(model::parse_free_constant(text));
  }
  Progress progress(launch.stderr_is_terminal, "calibrating", 0);
  options.fit.progress = [&](int done, int) {
    progress.update(done);
    if (interrupted()) throw Error(ErrorKind::kInterrupted, "calibration stopped");
  };
  const model::Calibrated result = model::calibrate(start, data.fitted, data.held_out, options);
  if (arguments.out) {
    write_text_file(*arguments.out, model::to_text(result.kernel_set));
  }
  if (arguments.calibration) {
    profile::write_profile(*arguments.calibration,
                           document_of(result, launch, arguments.documents));
  }
  print(render(result, arguments.format));
}

}  // namespace

Run add_calibrate(CLI::App& app, const Launch& launch) {
  const auto arguments = std::make_shared<CalibrateArguments>();
  app.add_option("documents", arguments->documents,
                 "Measured profile documents of one kernel set, or a grid (of which a third is "
                 "fitted and the rest held out)")
      ->required()
      ->option_text("DOC.json...");
  app.add_option("--kernel-set", arguments->kernel_set,
                 "The kernel set they were measured with: a name or a file")
      ->required()
      ->option_text("NAME");
  app.add_option("--fit", arguments->fit,
                 "Constants to fit, with bounds where the set has none or others are wanted "
                 "(dscope kernel-sets show NAME lists them)")
      ->required()
      ->option_text("NAME[=LOW:HIGH]...");
  app.add_option("--hold-out", arguments->held_out, "Documents that are only predicted")
      ->option_text("DOC.json...");
  app.add_flag("--all", arguments->all, "Of a grid: fit every point");
  app.add_option("--smallest-stage-us", arguments->smallest_stage_us,
                 "Shorter stage times are left out [5]")
      ->check(CLI::NonNegativeNumber)
      ->option_text("US");
  app.add_option("--out", arguments->out, "Write the kernel set with the fitted constants")
      ->option_text("SET.json");
  app.add_option("--calibration", arguments->calibration,
                 "Write a profile document with constants, residuals and held-out errors")
      ->option_text("PROFILE.json");
  add_format_option(app, arguments->format);
  app.footer(
      "A fit that the documents do not determine is refused, with the reason.\n\n"
      "Examples:\n"
      "  dscope calibrate model/validation/h200_grid/h200.json --kernel-set dscope \\\n"
      "    --fit dram_efficiency launch_ns --out dscope.json\n"
      "  dscope calibrate a.json b.json --hold-out c.json --kernel-set dscope "
      "--fit launch_ns=200:5000");
  return [arguments, launch] { calibrate(*arguments, launch); };
}

}  // namespace dscope::cli
