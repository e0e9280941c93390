// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/trace_source.h"
#include "profiler/profile/profile.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace dscope::collect {

// The size of one step, as recorded with its sample.
struct StepInfo {
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::int64_t max_context = 0;
};

// What a session runs. The session never knows what a step is made of.
struct StepRunner {
  // Prepares the next step, untimed. Empty at the end of the workload.
  std::function<std::optional<StepInfo>()> prepare;
  // Runs the prepared step to completion: this is timed. Its ranges go to the session's source.
  std::function<void()> run;
};

enum class Untraced : std::uint8_t { kNone, kEveryOther, kAll };

struct SessionOptions {
  // Steps that are run first and not sampled; traced, unless no step is. What is captured for them
  // is captured as it will be measured. They consume steps of the workload.
  std::int64_t warmup_steps = 1;
  // Steps of which only the wall time is taken. Compared with the traced ones it shows what tracing
  // costs; only traced steps give stage times.
  Untraced untraced = Untraced::kNone;
  const std::atomic<bool>* stop = nullptr;  // checked before every step
  // Called after every traced step with its events (a trace file); the list is reused afterwards.
  std::function<void(const ActivityList&)> on_activities;
  // Called after every step, warm-up included, with the number of steps run.
  std::function<void(std::int64_t)> on_progress;
};

struct SessionResult {
  profile::Measurement measurement;
  bool stopped = false;  // by the stop flag, before the workload ended
};

// Runs steps until the workload ends or `stop` is set; the step that is running is finished and
// kept. The source is left recording nothing. Memory grows only with the raw samples: about 400
// bytes a step and 8 bytes for every op name; events are dropped after each step. Exceptions of the
// runner pass through.
[[nodiscard]] SessionResult run_session(TraceSource& source, const StepRunner& runner,
                                        const SessionOptions& options);

}  // namespace dscope::collect
