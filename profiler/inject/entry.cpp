// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// What CUDA and NVTX look for in an injected library.
#include "profiler/inject/nvtx_tap.h"
#include "profiler/inject/recorder.h"
#include "profiler/inject/settings.h"

#include <signal.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string>
#include <vector>

namespace {

using dscope::inject::Recorder;
using dscope::inject::Settings;

// Never destroyed: threads of the program may still launch work while the process exits.
std::atomic<Recorder*> recorder{nullptr};

void on_signal(int signal) {
  if (Recorder* const target = recorder.load()) target->on_signal(signal);
}

void finish() {
  if (Recorder* const target = recorder.load()) target->finish();
}

// Only where the program does not handle the signal itself: what it does then is its own business,
// and the file is whole anyway.
void handle(int signal) {
  struct sigaction old {};
  if (sigaction(signal, nullptr, &old) != 0 || old.sa_handler != SIG_DFL) return;
  struct sigaction ours {};
  ours.sa_handler = &on_signal;
  ours.sa_flags = SA_RESTART;
  (void)sigaction(signal, &ours, nullptr);
}

void start() {
  std::vector<std::string> problems;
  const Settings settings = dscope::inject::from_environment(
      [](const char* name) -> const char* { return std::getenv(name); }, problems);
  try {
    recorder = new Recorder(settings);
  } catch (const std::exception& e) {
    problems.emplace_back(e.what());
  }
  for (const std::string& problem : problems) {
    (void)std::fprintf(stderr, "dscope inject: %s\n", problem.c_str());
  }
  if (recorder.load() == nullptr) return;
  (void)std::atexit(&finish);
  handle(SIGTERM);
  if (settings.window.on_signal) handle(SIGUSR2);
}

}  // namespace

// CUDA calls it when the driver is initialised (CUDA_INJECTION64_PATH); 1: success. The program
// runs on whatever happens here.
extern "C" __attribute__((visibility("default"))) int InitializeInjection() {
  static std::once_flag once;
  std::call_once(once, &start);
  return 1;
}

// NVTX calls it for every copy of itself (NVTX_INJECTION64_PATH); 1: success.
extern "C" __attribute__((visibility("default"))) int InitializeInjectionNvtx2(
    const void* (*get_export_table)(unsigned)) {
  return dscope::inject::tap_nvtx(get_export_table) ? 1 : 0;
}
