// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/predict.h"
#include "model/sweep.h"
#include "profiler/cli/configuration_options.h"
#include "profiler/cli/interrupt.h"
#include "profiler/cli/progress.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>

namespace dscope::cli {
namespace {

using exporter::Align;
using exporter::Cell;
using model::SweepAxis;
using model::SweepPoint;
using model::SweepResult;

struct SweepCommand {
  ConfigurationOptions configuration;
  std::vector<std::string> axes;
  std::string order = "tok_s";
  bool pareto = false;
  bool unfit = false;
  bool stages = false;
  std::optional<std::size_t> top;
  std::optional<int> threads;
  exporter::Format format = exporter::Format::kTable;
};

// What people see without asking for more.
constexpr std::size_t kRows = 20;

std::vector<SweepAxis> parse_axes(const std::vector<std::string>& texts) {
  std::vector<SweepAxis> axes;
  for (const std::string& text : texts) axes.push_back(model::parse_sweep_axis(text));
  // Devices before what is changed of them, whatever the order on the command line.
  const auto position = [](const SweepAxis& axis) {
    const auto& all = model::axes();
    return std::find_if(all.begin(), all.end(),
                        [&](const model::Axis& a) { return a.name == axis.name; }) -
           all.begin();
  };
  std::stable_sort(axes.begin(), axes.end(), [&](const SweepAxis& a, const SweepAxis& b) {
    return position(a) < position(b);
  });
  for (std::size_t i = 1; i < axes.size(); ++i) {
    if (axes[i].name == axes[i - 1].name) {
      throw usage_error("axis: {} is given twice", axes[i].name);
    }
  }
  return axes;
}

std::vector<const SweepPoint*> chosen(const SweepResult& result, const SweepCommand& o) {
  std::vector<const SweepPoint*> points;
  for (const SweepPoint& point : result.points) {
    if (point.pareto || !o.pareto) points.push_back(&point);
  }
  if (o.order == "tok_s_per_user") {
    std::stable_sort(points.begin(), points.end(), [](const auto* a, const auto* b) {
      return a->tok_s_per_user > b->tok_s_per_user;
    });
  }
  const bool people =
      o.format == exporter::Format::kTable || o.format == exporter::Format::kMarkdown;
  const std::size_t most = o.top.value_or(people ? kRows : points.size());
  if (points.size() > most) points.resize(most);
  return points;
}

exporter::TextTable table_of(const std::vector<const SweepPoint*>& points,
                             const std::vector<SweepAxis>& axes, const model::Configuration& base,
                             bool stages) {
  std::vector<exporter::Column> columns;
  for (const SweepAxis& axis : axes) columns.push_back({axis.name, axis.name, Align::kRight});
  columns.push_back({"tok_s", "tok/s", Align::kRight});
  columns.push_back({"tok_s_per_user", "tok/s per user", Align::kRight});
  columns.push_back({"step_ns", "Step", Align::kRight});
  columns.push_back({"pareto", "Pareto"});
  columns.push_back({"fits", "Fits"});
  if (stages) {
    for (const StageInfo& stage : kStages) {
      columns.push_back({fmt::format("{}_ns", stage.id), std::string(stage.label), Align::kRight});
    }
  }
  exporter::TextTable table(std::move(columns));
  for (const SweepPoint* point : points) {
    std::vector<Cell> row;
    for (std::string& value : model::point_values(axes, point->index)) {
      row.emplace_back(std::move(value));
    }
    row.push_back(exporter::number_cell(point->tok_s, 1));
    row.push_back(exporter::number_cell(point->tok_s_per_user, 1));
    row.push_back(exporter::ns_cell(point->step_ns));
    row.push_back({point->pareto, point->pareto ? "*" : ""});
    row.push_back({point->fits, point->fits ? "" : "no"});
    if (stages) {
      for (const double ns :
           model::predict_stages_ns(model::point_configuration(base, axes, point->index))) {
        row.push_back(ns > 0 ? exporter::ns_cell(ns) : Cell{0.0, ""});
      }
    }
    table.add_row(std::move(row));
  }
  return table;
}

void sweep(const SweepCommand& o, const Launch& launch) {
  const model::Configuration base = make_configuration(o.configuration);
  if (o.axes.empty()) throw usage_error("sweep: expected at least one --axis NAME=VALUES");
  const std::vector<SweepAxis> axes = parse_axes(o.axes);
  const std::uint64_t size = model::sweep_size(axes);
  Progress progress(launch.stderr_is_terminal, "predicting point", static_cast<std::int64_t>(size));
  model::SweepOptions options;
  options.threads = o.threads.value_or(static_cast<int>(std::thread::hardware_concurrency()));
  options.keep_unfit = o.unfit;
  options.stop = &interrupted();
  options.on_progress = [&](std::uint64_t done) {
    progress.update(static_cast<std::int64_t>(done));
  };
  const SweepResult result = model::sweep(base, axes, options);
  const std::vector<const SweepPoint*> points = chosen(result, o);
  print(table_of(points, axes, base, o.stages).render(o.format));
  if (points.size() < result.points.size()) {
    fmt::print(stderr, "{} of {} points shown{}\n", points.size(), result.points.size(),
               o.pareto ? " (Pareto front)" : "; --top N or --format csv for more");
  }
  if (result.impossible > 0) {
    fmt::print(stderr, "{} of {} points left out, the first because: {}\n", result.impossible, size,
               result.first_impossible);
  }
  if (result.stopped) {
    throw Error(ErrorKind::kInterrupted,
                fmt::format("interrupted: {} of {} points done", result.points.size(), size));
  }
}

}  // namespace

Run add_sweep(CLI::App& app, const Launch& launch) {
  const auto options = std::make_shared<SweepCommand>();
  add_configuration_options(app, options->configuration);
  app.add_option("--axis", options->axes,
                 "What to vary, and over what: tp=1,2,4,8 or batch=1:64 or context=1k:64k:x4 or "
                 "device=all; repeat for a grid. Constants of kernel sets work too")
      ->option_text("NAME=VALUES");
  app.add_option("--sort", options->order, "tok_s or tok_s_per_user")
      ->check(CLI::IsMember({"tok_s", "tok_s_per_user"}).description(""))
      ->option_text("KEY [tok_s]");
  app.add_flag("--pareto", options->pareto,
               "Only points that no other beats in both tok/s and tok/s per user");
  app.add_flag("--stages", options->stages, "Also show the time of every stage");
  app.add_flag("--unfit", options->unfit,
               "Also points that do not fit the memory of a GPU; else they are counted");
  app.add_option("--top", options->top, "Show so many points [20 in tables, all in CSV and JSON]")
      ->option_text("N");
  app.add_option("--threads", options->threads, "CPU threads [all]")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  add_format_option(app, options->format);
  app.footer(
      "Examples:\n  dscope sweep --axis tp=1,2,4,8 --axis batch=1:64\n"
      "  dscope sweep --kernel-set dscope --axis device=all --axis batch=1:64 --pareto\n"
      "  dscope sweep --axis depth=0:4 --acceptance 0.7 --draft 0.06 --format csv");
  return [options, launch] { sweep(*options, launch); };
}

}  // namespace dscope::cli
