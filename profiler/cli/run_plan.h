// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/cli/command.h"
#include "profiler/cli/int_tensor.h"
#include "profiler/cli/run_options.h"
#include "workloads/checkpoint/weights.h"
#include "workloads/decode_workload.h"
#include "workloads/step_source.h"
#include "workloads/traces/serving_steps.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace dscope::cli {

// What a run will do, once options, files and the machine have been put together.
struct RunPlan {
  DecodeWorkload workload;  // batch, context and steps as the step source has them
  std::unique_ptr<WeightSource> weights;
  std::unique_ptr<StepSource> steps;
  const traces::ServingSteps* trace = nullptr;  // `steps`, when they come from a request trace
  std::optional<IntTensor> input_ids;           // teacher forcing
  std::string source;                           // "fixed", or the file the steps come from
  ParallelLayout layout;
  std::int64_t max_context = 0;
  std::int64_t total_steps = 0;  // 0: not known in advance
  int threads = 1;
  bool cuda = false;  // the back end

  [[nodiscard]] bool whole_sequences() const { return input_ids.has_value(); }
};

// Resolves `options`; nothing is decoded yet. Throws Error{kUsage} for options that contradict each
// other, Error{kInput} for files, Error{kUnavailable} for a back end this build does not have.
[[nodiscard]] RunPlan make_run_plan(const RunOptions& options, const Launch& launch);

}  // namespace dscope::cli
