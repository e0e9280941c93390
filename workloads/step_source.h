// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace dscope {

// One sequence's part in a decode step: it contributes one token.
struct StepSequence {
  std::int64_t slot = 0;     // cache slot, 0 .. max_batch-1; stable while the request lives
  std::int64_t context = 0;  // S: tokens in the sequence including the one decoded now
  std::int64_t request = 0;  // which request of the trace; with fixed workloads the slot
  bool admitted = false;     // first decode step of this request: the slot's caches start anew
};

// The shape of one decode step: what is decoded together.
struct StepShape {
  std::vector<StepSequence> sequences;  // 1 .. max_batch, ascending slots
  double time_s = 0;                    // when the step starts on the workload's own clock
};

// Produces the steps of a workload one by one, in constant memory however long the workload is.
class StepSource {
 public:
  virtual ~StepSource() = default;
  // False at the end; `step` is unchanged then.
  virtual bool next(StepShape& step) = 0;
  [[nodiscard]] virtual std::int64_t max_batch() const = 0;
  // Largest context that can come, for planning memory; 0 when it is not known in advance.
  [[nodiscard]] virtual std::int64_t max_context() const = 0;
};

// `batch` sequences that all start at `context` tokens (the first decoded token is number
// `context`) and grow by one token a step, for `steps` steps.
class FixedSteps final : public StepSource {
 public:
  FixedSteps(std::int64_t batch, std::int64_t context, std::int64_t steps);
  bool next(StepShape& step) override;
  [[nodiscard]] std::int64_t max_batch() const override { return batch_; }
  [[nodiscard]] std::int64_t max_context() const override { return context_ + steps_ - 1; }

 private:
  std::int64_t batch_;
  std::int64_t context_;
  std::int64_t steps_;
  std::int64_t done_ = 0;
};

}  // namespace dscope
