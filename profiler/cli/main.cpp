// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/command.h"
#include "profiler/cli/interrupt.h"
#include "profiler/cli/version.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

using dscope::cli::Launch;
using dscope::cli::Run;

struct Command {
  const char* name;
  const char* summary;
  Run (*add)(CLI::App&, const Launch&);
};

// In the order of a day's work: run, look, predict, look things up.
constexpr Command kCommands[] = {
    {"run", "Decode and account for the time", dscope::cli::add_run},
    {"inject", "Record any program that uses CUDA", dscope::cli::add_inject},
    {"import", "Account for the time in a trace of another profiler", dscope::cli::add_import},
    {"report", "Show a profile document", dscope::cli::add_report},
    {"compare", "Compare two profile documents, with a verdict", dscope::cli::add_compare},
#if DSCOPE_HAVE_BENCH
    {"bench", "Run the micro-benchmarks", dscope::cli::add_bench},
#endif
    {"predict", "Predict a decode step on hardware that is not here", dscope::cli::add_predict},
    {"sweep", "Predict a grid of configurations and rank them", dscope::cli::add_sweep},
    {"advise", "Rank what would make a decode step faster", dscope::cli::add_advise},
    {"calibrate", "Fit the constants of a kernel set to measurements", dscope::cli::add_calibrate},
    {"validate", "Compare predictions with measurements", dscope::cli::add_validate},
    {"devices", "List the GPUs of the catalogue", dscope::cli::add_devices},
    {"models", "List the model presets", dscope::cli::add_models},
    {"kernel-sets", "List how well sets of kernels use the hardware", dscope::cli::add_kernel_sets},
    {"interconnects", "List how GPUs of one box reach each other", dscope::cli::add_interconnects},
    {"doctor", "Say what this machine can do", dscope::cli::add_doctor},
};

// Ranks that a launcher started: Open MPI, or any launcher that speaks PMI.
int ranks_from_environment() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    if (const char* value = std::getenv(name); value != nullptr) return std::atoi(value);
  }
  return 1;
}

// Where programs of this user keep what they can make again; empty where that is not known.
std::filesystem::path tuning_file_from_environment() {
  for (const auto& [name, below] : {std::pair{"XDG_CACHE_HOME", "dscope/tuning.json"},
                                    std::pair{"HOME", ".cache/dscope/tuning.json"}}) {
    const char* folder = std::getenv(name);
    if (folder != nullptr && *folder != 0) return std::filesystem::path(folder) / below;
  }
  return {};
}

// CLI11 would only say that a subcommand is missing.
void check_command_name(int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return;
  throw dscope::usage_error("unknown command \"{}\": expected one of {}\nTry 'dscope --help'.",
                            argv[1], fmt::join(names, ", "));
}

int run_main(int argc, char** argv) {
  check_command_name(argc, argv);
  CLI::App app("DecodeScope: run the DeepSeek-V4 decode step and account for every microsecond.",
               "dscope");
  app.set_version_flag("--version", dscope::cli::version_text());
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 ok, 1 failure, 2 usage, 3 not available in this build or on this "
      "machine.\n'dscope COMMAND --help' shows a command's options and examples.");
  Launch launch;
  launch.command_line.assign(argv, argv + argc);
  launch.ranks = ranks_from_environment();
  launch.stderr_is_terminal = isatty(STDERR_FILENO) != 0;
  launch.tuning_file = tuning_file_from_environment();
  launch.environment = [](const char* name) -> const char* { return std::getenv(name); };
  std::map<const CLI::App*, Run> runs;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    runs[sub] = command.add(*sub, launch);
  }
  if (argc < 2) throw dscope::usage_error("expected a command\n\n{}", app.help());
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);  // --help, --version
  } catch (const CLI::ParseError& e) {
    const auto chosen = app.get_subcommands();
    const std::string command = chosen.empty() ? "dscope" : "dscope " + chosen.front()->get_name();
    throw dscope::usage_error("{}\nTry '{} --help'.", e.what(), command);
  }
  runs.at(app.get_subcommands().front())();
  return 0;
}

}  // namespace

// The only place where exceptions end.
int main(int argc, char** argv) try {
  dscope::cli::install_interrupt_handler();
  return run_main(argc, argv);
} catch (const dscope::Error& e) {
  fmt::print(stderr, "dscope: {}\n", e.what());
  return dscope::exit_code(e.kind());
} catch (const std::exception& e) {
  fmt::print(stderr, "dscope: internal error: {}\n", e.what());
  return 1;
}
