// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/step_source.h"

#include "workloads/base/error.h"

namespace dscope {

FixedSteps::FixedSteps(std::int64_t batch, std::int64_t context, std::int64_t steps)
    : batch_(batch), context_(context), steps_(steps) {
  if (batch < 1) throw usage_error("batch: expected at least 1, got {}", batch);
  if (context < 1) throw usage_error("context: expected at least 1 token, got {}", context);
  if (steps < 1) throw usage_error("steps: expected at least 1, got {}", steps);
}

bool FixedSteps::next(StepShape& step) {
  if (done_ == steps_) return false;
  step.sequences.clear();
  for (std::int64_t slot = 0; slot < batch_; ++slot) {
    step.sequences.push_back({slot, context_ + done_, slot, done_ == 0});
  }
  step.time_s = 0;
  ++done_;
  return true;
}

}  // namespace dscope
