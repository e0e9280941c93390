// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/command.h"
#include "profiler/inject/launch_environment.h"
#include "profiler/inject/settings.h"
#include "workloads/base/error.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dscope::cli {
namespace {

namespace fs = std::filesystem;

struct InjectOptions {
  inject::Settings settings;
  std::string library;
  std::vector<std::string> command;
};

// Beside this program, where the build and an installation put it.
fs::path default_library() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (const char* place : {"libdscope_inject.so", "../lib/libdscope_inject.so"}) {
    const fs::path file = program.parent_path() / place;
    if (fs::exists(file, error)) return fs::canonical(file, error);
  }
  return {};
}

// Becomes the command: signals, exit code and terminal are its own.
[[noreturn]] void execute(const std::vector<std::string>& command) {
  std::vector<std::string> words = command;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  throw usage_error("{}: cannot be run: {}", words.front(), std::strerror(errno));
}

void inject_into(InjectOptions& o, const Launch& launch) {
  const fs::path library = o.library.empty() ? default_library() : fs::absolute(o.library);
  if (library.empty() || !fs::exists(library)) {
    throw unavailable_error(
        "libdscope_inject.so is not beside this program: builds without the CUDA Toolkit have none "
        "(--library FILE names one)");
  }
  if ((o.settings.window.steps || o.settings.window.skip_steps > 0) &&
      o.settings.window.step_range.empty()) {
    throw usage_error("--steps and --skip-steps count NVTX ranges: --step-range says which");
  }
  o.settings.folder = fs::absolute(o.settings.folder).string();
  fs::create_directories(o.settings.folder);
  const char* const path = launch.environment("PATH");
  const fs::path program = inject::find_command(o.command.front(), path != nullptr ? path : "");
  if (!program.empty()) o.settings.cupti_found = inject::find_cupti(program).string();
  for (const auto& [name, value] :
       inject::launch_environment(o.settings, library, launch.environment)) {
    (void)setenv(name.c_str(), value.c_str(), 1);
  }
  execute(o.command);
}

}  // namespace

Run add_inject(CLI::App& app, const Launch& launch) {
  const auto o = std::make_shared<InjectOptions>();
  inject::Settings& settings = o->settings;
  inject::Window& window = settings.window;
  app.add_option("COMMAND", o->command, "The command and its arguments, after --")->required();
  app.add_option("--out", settings.folder, "Folder for the traces, one of each process [.]")
      ->option_text("FOLDER");
  app.add_option("--delay", window.delay_s, "Begin so long after the first CUDA call [0]")
      ->check(CLI::NonNegativeNumber)
      ->group("When to record")
      ->option_text("SECONDS");
  app.add_option("--duration", window.duration_s, "Record so long [to the end]")
      ->check(CLI::PositiveNumber)
      ->group("When to record")
      ->option_text("SECONDS");
  app.add_option("--step-range", window.step_range, "The NVTX range that is one step")
      ->group("When to record")
      ->option_text("NAME");
  app.add_option("--skip-steps", window.skip_steps, "Let so many steps pass first [0]")
      ->check(CLI::NonNegativeNumber)
      ->group("When to record")
      ->option_text("N");
  app.add_option("--steps", window.steps, "Record so many steps [to the end]")
      ->check(CLI::PositiveNumber)
      ->group("When to record")
      ->option_text("N");
  app.add_flag("--on-signal", window.on_signal, "Begin when SIGUSR2 comes, end when it comes again")
      ->group("When to record");
  app.add_option("--cupti", settings.cupti,
                 "The libcupti to use [the one the process loads, or its Python environment has]")
      ->option_text("FILE");
  app.add_option("--library", o->library, "libdscope_inject.so [beside this program]")
      ->option_text("FILE");
  app.add_flag("--quiet", settings.quiet, "No lines on the command's stderr");
  app.footer(
      "Runs a command unchanged and records every kernel, copy and NVTX range of each of its\n"
      "processes that uses CUDA. The file FOLDER/trace.PID.dscope is whole at any moment.\n\n"
      "Examples:\n"
      "  dscope inject --out traces -- python decode.py\n"
      "  dscope inject --delay 60 --duration 5 -- python -m sglang.launch_server --model M\n"
      "  dscope inject --step-range decode --skip-steps 10 --steps 100 -- python decode.py\n"
      "  dscope import traces/trace.*.dscope");
  return [o, &launch] { inject_into(*o, launch); };
}

}  // namespace dscope::cli
