// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/op_time.h"

#include <array>
#include <vector>

namespace dscope::model {

// Time of one op over all its calls in a step.
struct TimedOp {
  PricedOp priced;
  OpTime one;  // of a call
};

// Time of one step of `tokens_per_sequence` tokens, in numbers alone.
struct StepTime {
  std::vector<TimedOp> ops;
  std::array<LimitedTime, kStageCount> stages;  // the idle GPU included
  double launches = 0;
  [[nodiscard]] double total_ns() const;
};
[[nodiscard]] StepTime step_time(const StepContext& context);

}  // namespace dscope::model
