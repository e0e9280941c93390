// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/cli/run_plan.h"
#include "profiler/cli/step_choices.h"
#include "profiler/profile/profile.h"
#include "workloads/op.h"
#include "workloads/op_costs.h"
#include "workloads/step_source.h"

#include <array>
#include <cstdint>

namespace dscope::cli {

// Adds up what the steps of a run were made of, for the document's workload section.
class WorkloadSummary {
 public:
  explicit WorkloadSummary(const RunPlan& plan);

  // One decoded step, with the experts that were chosen in it.
  void add(const StepShape& step, const StepChoices& choices);

  // Op totals are means per added step.
  [[nodiscard]] profile::Workload section(const StepChoices& choices) const;

 private:
  const RunPlan& plan_;
  ModelConfig model_;  // the layers that are decoded
  std::int64_t steps_ = 0;
  std::int64_t tokens_ = 0;
  std::int64_t batch_ = 0;
  std::int64_t context_min_ = 0;
  std::int64_t context_max_ = 0;
  double context_sum_ = 0;
  std::array<OpCost, kOpCount> totals_{};
  std::array<std::int64_t, kOpCount> calls_{};
};

}  // namespace dscope::cli
