// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/export/text_table.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace dscope::cli {

// What main knows and commands need: nothing below main looks at the environment.
struct Launch {
  std::vector<std::string> command_line;
  int ranks = 1;  // started side by side by mpirun
  bool stderr_is_terminal = false;
  std::filesystem::path tuning_file;  // where tuned configurations are kept; may be empty
  // A variable of the environment, null where not set, for commands that start other programs.
  std::function<const char*(const char*)> environment;
};

// A subcommand registers its options on `app` and returns what runs when it was chosen. Parsed
// values live as long as the returned function.
using Run = std::function<void()>;

Run add_run(CLI::App& app, const Launch& launch);
Run add_report(CLI::App& app, const Launch& launch);
Run add_import(CLI::App& app, const Launch& launch);
Run add_inject(CLI::App& app, const Launch& launch);
Run add_bench(CLI::App& app, const Launch& launch);  // only where DSCOPE_HAVE_BENCH is 1
Run add_compare(CLI::App& app, const Launch& launch);
Run add_devices(CLI::App& app, const Launch& launch);
Run add_models(CLI::App& app, const Launch& launch);
Run add_calibrate(CLI::App& app, const Launch& launch);
Run add_validate(CLI::App& app, const Launch& launch);
Run add_advise(CLI::App& app, const Launch& launch);
Run add_kernel_sets(CLI::App& app, const Launch& launch);
Run add_interconnects(CLI::App& app, const Launch& launch);
Run add_predict(CLI::App& app, const Launch& launch);
Run add_sweep(CLI::App& app, const Launch& launch);
Run add_doctor(CLI::App& app, const Launch& launch);

// --format with its four values, bound to `format`.
void add_format_option(CLI::App& app, exporter::Format& format);

// --tuning, the file of tuned kernel configurations; `file` holds its default.
void add_tuning_option(CLI::App& app, std::filesystem::path& file);
// Lets launchers use that file where it exists. Throws Error{kInput} for one that cannot be read.
void load_tuning(const std::filesystem::path& file);

// Prints to stdout and makes sure it arrived: a full disk or a closed pipe is an error, not
// silence.
void print(const std::string& text);

}  // namespace dscope::cli
