// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/cli/back_end.h"
#include "profiler/cli/command.h"
#include "profiler/cli/run_options.h"
#include "profiler/cli/run_plan.h"
#include "profiler/collect/trace_source.h"
#include "profiler/profile/profile.h"

#include <memory>
#include <optional>
#include <string>

namespace dscope::cli {

// What times the steps of a run.
struct ChosenSource {
  std::unique_ptr<collect::TraceSource> source;
  bool cupti = false;
  std::string note;  // why it is not CUPTI where that was hoped for; may be empty
};

// With --profile, where CUPTI is to time the run: the whole workload with nothing attached to the
// process, so before choose_source(); the steps of `plan` are used up. Empty otherwise, and `plan`
// as it was: other sources are switched off for every other step of the run itself. Throws what
// decoding throws, and Error{kInterrupted}.
[[nodiscard]] std::optional<profile::Perturbation> measure_untraced(const RunOptions& options,
                                                                    RunPlan& plan,
                                                                    BackEnds& back_ends,
                                                                    const Launch& launch);

// Makes the source that --collector asks for. CUPTI is attached to the process by it, and knows the
// graphs that are captured from then on. Throws Error{kUnavailable} where --collector cupti cannot
// be had.
[[nodiscard]] ChosenSource choose_source(const RunOptions& options, const RunPlan& plan);

// This machine as a document describes it, with the bandwidth that floors refer to. Measures that,
// so it takes part of a second.
[[nodiscard]] profile::Device examine_machine(const RunPlan& plan);

// Completes a document of `plan` with the machine it was measured on, as examine_machine() gives
// it.
void add_machine(profile::Profile& document, const RunPlan& plan, const profile::Device& machine);

struct RunResult {
  profile::Profile document;  // complete but for the device section
  bool speaks = true;         // of several ranks, whether this one reports
  bool stopped = false;       // the user interrupted; what was measured is kept
};

// Decodes the workload of `plan` and accounts for the time. `untraced`: of the same configuration.
// Throws Error{kUsage} where no step was measured, and what decoding throws.
[[nodiscard]] RunResult run_configuration(RunPlan& plan, const BackEnd& back_end,
                                          const ChosenSource& source,
                                          std::optional<profile::Perturbation> untraced,
                                          const RunOptions& options, const Launch& launch);

}  // namespace dscope::cli
