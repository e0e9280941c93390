// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dscope::inject {

// When an injected process is recorded. Everything holds together: recording begins when the delay
// is over and, with `on_signal`, when the signal has come; it ends with whatever comes first.
struct Window {
  double delay_s = 0;                 // after the first CUDA call
  std::optional<double> duration_s;   // of recording
  std::optional<std::int64_t> steps;  // ranges called `step_range` that were recorded
  std::int64_t skip_steps = 0;        // that pass before recording begins
  std::string step_range;             // NVTX range; needed for steps and skip_steps
  bool on_signal = false;             // SIGUSR2 begins and ends it, any number of times
};

// What `dscope inject` tells the library, through the environment.
struct Settings {
  std::string folder = ".";  // where trace.PID.dscope is written
  std::string cupti;         // file of libcupti; empty: the one that the process has loaded
  std::string cupti_found;   // or, where it has none, this; or what the loader finds
  Window window;
  bool quiet = false;  // no lines on stderr
};

// NAME=VALUE for every setting that is not the default. Names begin with DSCOPE_INJECT_.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> to_environment(
    const Settings& settings);

// The reverse. `get` answers null for what is not set; what cannot be read is ignored and said in
// `problems`.
[[nodiscard]] Settings from_environment(const std::function<const char*(const char*)>& get,
                                        std::vector<std::string>& problems);

}  // namespace dscope::inject
