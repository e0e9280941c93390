// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/kernel_constants.h"
#include "model/kernel_set.h"
#include "profiler/cli/command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace dscope::cli {
namespace {

using exporter::Align;
using exporter::Cell;

struct KernelSetsOptions {
  std::string name;  // empty: list all
  exporter::Format format = exporter::Format::kTable;
};

std::string list_kernel_sets(exporter::Format format) {
  exporter::TextTable table({{"name", "Kernel set"},
                             {"label", "What"},
                             {"fitted", "Fitted", Align::kRight},
                             {"measured", "Measured", Align::kRight},
                             {"derived", "Derived", Align::kRight},
                             {"assumed", "Assumed", Align::kRight},
                             {"calibration_id", "Calibration"}});
  for (const model::KernelSet& set : model::kernel_sets()) {
    std::map<std::string, std::int64_t> sources;
    for (const auto& [name, constant] : set.constants) ++sources[constant.source];
    std::vector<Cell> row{set.name, set.label};
    for (const char* source : {"fitted", "measured", "derived", "assumed"}) {
      row.push_back({sources[source], std::to_string(sources[source])});
    }
    row.emplace_back(set.calibration_id);
    table.add_row(std::move(row));
  }
  return table.render(format);
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : std::string();
}

Cell number_cell(const std::optional<double>& value) {
  if (!value) return {};
  return {*value, number(value)};
}

std::string show_kernel_set(const std::string& name, exporter::Format format) {
  const model::KernelSet set = model::find_kernel_set(name);
  if (format == exporter::Format::kJson) return nlohmann::json(set).dump(2) + "\n";
  exporter::TextTable traits(
      {{"trait", "Trait"}, {"holds", "Holds"}, {"help", "Meaning", Align::kLeft, 90}});
  for (const model::TraitInfo& info : model::kernel_traits()) {
    const bool holds = set.trait(info.name);
    traits.add_row(
        {std::string(info.name), Cell{holds, holds ? "yes" : "no"}, std::string(info.help)});
  }
  exporter::TextTable constants({{"constant", "Constant"},
                                 {"value", "Value", Align::kRight},
                                 {"low", "Low", Align::kRight},
                                 {"high", "High", Align::kRight},
                                 {"unit", "Unit"},
                                 {"source", "Source"},
                                 {"help", "Meaning", Align::kLeft, 70},
                                 {"where", "Where", Align::kLeft, 70}});
  for (const model::ConstantInfo& info : model::kernel_constants()) {
    const model::Constant& c = set.constants.at(info.name);
    constants.add_row({info.name, number_cell(c.value), number_cell(c.low), number_cell(c.high),
                       info.unit, c.source, info.help, c.where});
  }
  if (format == exporter::Format::kCsv) return constants.render(format);
  return fmt::format("{}: {}\n{}\n\n{}\n{}", set.name, set.label, set.description,
                     traits.render(format), constants.render(format));
}

}  // namespace

Run add_kernel_sets(CLI::App& app, const Launch&) {
  const auto options = std::make_shared<KernelSetsOptions>();
  app.add_option("name", options->name,
                 "Show one kernel set with the source of every constant: a name, or a file of "
                 "your own")
      ->option_text("[NAME|FILE.json]");
  add_format_option(app, options->format);
  app.footer(
      "Examples:\n  dscope kernel-sets\n  dscope kernel-sets sglang-24692\n"
      "  dscope kernel-sets dscope --format json");
  return [options] {
    print(options->name.empty() ? list_kernel_sets(options->format)
                                : show_kernel_set(options->name, options->format));
  };
}

}  // namespace dscope::cli
