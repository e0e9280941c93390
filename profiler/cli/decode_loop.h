// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/decoder.h"
#include "profiler/cli/logits_dump.h"
#include "profiler/cli/run_options.h"
#include "profiler/cli/run_plan.h"
#include "profiler/cli/step_choices.h"
#include "profiler/cli/token_feed.h"
#include "profiler/cli/workload_summary.h"
#include "profiler/collect/session.h"

#include <memory>
#include <optional>
#include <vector>

namespace dscope::cli {

// The decode loop of `dscope run` as a session sees it: prepare a step (untimed), run it (timed).
class DecodeLoop {
 public:
  // `plan` and `decoder` must outlive the loop. Only one rank of a group writes files.
  DecodeLoop(RunPlan& plan, Decoder& decoder, const RunOptions& options, bool writes_files);

  // Takes the next step of the workload; empty at its end. What is captured for it is reported to
  // `sink`.
  std::optional<collect::StepInfo> prepare(RangeSink& sink);
  // Decodes it, reporting ops to `sink`.
  void run(RangeSink& sink);
  // Books what prepare() leaves until the step has run: call once after the last step. Writes
  // logits and recordings.
  void finish();

  [[nodiscard]] profile::Workload workload_section() const { return summary_.section(choices_); }

 private:
  void book_last_step();

  RunPlan& plan_;
  Decoder& decoder_;
  StepChoices choices_;
  WorkloadSummary summary_;
  std::unique_ptr<TokenFeed> feed_;
  std::optional<LogitsDump> dump_;
  std::int64_t warmup_;
  std::int64_t steps_prepared_ = 0;
  bool pending_ = false;  // a step has run and is not booked yet
  StepShape shape_;
  std::vector<StepToken> tokens_;
  std::vector<float> logits_;       // empty unless they are dumped
  std::vector<std::int32_t> next_;  // empty when tokens are given
};

}  // namespace dscope::cli
