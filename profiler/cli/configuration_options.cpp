// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/configuration_options.h"

#include "model/axes.h"
#include "profiler/cli/recorded_experts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace dscope::cli {
namespace {

std::string option_name(const model::Axis& axis) {
  std::string name = "--" + axis.name;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string description(const model::Axis& axis) {
  std::string text = axis.label + ": " + axis.help;
  if (axis.kind == model::Axis::Kind::kChoice && !axis.choices.empty()) {
    text += fmt::format(" ({})", fmt::join(axis.choices, ", "));
  }
  return text;
}

constexpr std::string_view kRecorded = "recorded:";

}  // namespace

void add_configuration_options(CLI::App& app, ConfigurationOptions& options) {
  const std::vector<model::Axis>& axes = model::axes();
  const model::Configuration defaults = model::default_configuration();
  options.values.resize(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::string text = description(axes[i]);
    if (axes[i].name == "routing") text += ", or recorded:FILE[:TENSOR]";
    app.add_option(option_name(axes[i]), options.values[i], text)
        ->group("Configuration")
        ->option_text(fmt::format("VALUE [{}]", axes[i].get(defaults)));
  }
  app.add_option("--set", options.assignments,
                 "Any of these by name, or a constant of the kernel set: launch_ns=900")
      ->group("Configuration")
      ->option_text("NAME=VALUE ...");
}

model::Configuration make_configuration(const ConfigurationOptions& options) {
  model::Configuration configuration = model::default_configuration();
  std::optional<std::string> recording;
  for (std::size_t i = 0; i < options.values.size(); ++i) {
    if (!options.values[i]) continue;
    const model::Axis& axis = model::axes()[i];
    if (axis.name == "routing" && options.values[i]->starts_with(kRecorded)) {
      recording = options.values[i]->substr(kRecorded.size());
    } else {
      axis.set(configuration, *options.values[i]);
    }
  }
  for (const std::string& assignment : options.assignments) {
    configuration = model::with(configuration, assignment);
  }
  if (recording) use_recorded_experts(configuration, *recording);
  return configuration;
}

}  // namespace dscope::cli
