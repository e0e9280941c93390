// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "profiler/cli/command.h"

#include <optional>
#include <string>
#include <vector>

namespace dscope::cli {

// What `predict` and `sweep` take to describe a configuration: every axis of the model as an option
// of its name, "--kernel-set" for kernel_set, and --set for constants of the kernel set.
struct ConfigurationOptions {
  std::vector<std::optional<std::string>> values;  // by model::axes()
  std::vector<std::string> assignments;            // NAME=VALUE, in order
};

// The options, bound to `options`, which must outlive the app.
void add_configuration_options(CLI::App& app, ConfigurationOptions& options);

// default_configuration() with the options applied in the order of axes(), then the assignments.
// Recorded routing is read and counted here: as many tokens as the batch, averaged over the steps
// of the recording. Throws Error{kUsage} and, for files, Error{kInput}.
[[nodiscard]] model::Configuration make_configuration(const ConfigurationOptions& options);

}  // namespace dscope::cli
