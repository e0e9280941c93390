// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/trace_source.h"

#include <cstdint>
#include <vector>

namespace dscope::collect {

// Which step is recorded in which detail, so that one run finds out what recording costs: blocks of
// steps take the details in turn. Drift (clocks, temperature) then falls on all of them alike.
class TraceRotation {
 public:
  struct Step {
    TraceDetail detail = TraceDetail::kNode;
    bool counts = true;  // false: the first steps after a change, which pay for the change
  };

  // One detail for all steps.
  explicit TraceRotation(TraceDetail detail) : details_{detail} {}

  // Blocks of `block` steps (at least 1) of each of `details` (not empty) in turn, of which the
  // first `settle` (less than `block`) do not count.
  TraceRotation(std::vector<TraceDetail> details, std::int64_t block, std::int64_t settle);

  // `step` counts from 0.
  [[nodiscard]] Step at(std::int64_t step) const;

 private:
  std::vector<TraceDetail> details_;
  std::int64_t block_ = 1;
  std::int64_t settle_ = 0;
};

}  // namespace dscope::collect
