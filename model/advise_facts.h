// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/predict.h"
#include "profiler/profile/profile.h"

#include <array>
#include <optional>
#include <string>

namespace dscope::model {

// What is known of one stage of a step, whoever measured or predicted it.
struct StageFact {
  double time_ns = 0;
  double launches = 0;            // 0: not known
  std::optional<double> wait_ns;  // NCCL
  std::optional<double> bytes;    // DRAM floor; NCCL: on the wire
  std::string limit;              // of a prediction
};

struct StepFacts {
  profile::Kind kind = profile::Kind::kMeasured;
  double step_ns = 0;  // sum of the stages and the gap
  std::array<StageFact, kStageCount> stages;
  std::optional<double> read_bandwidth_gbps;  // measured beside the steps
  double collective_calls = 0;                // per step; 0: not known
  [[nodiscard]] const StageFact& at(Stage stage) const {
    return stages[static_cast<std::size_t>(stage)];
  }
  [[nodiscard]] double launches() const;
};

// Medians of a measured or imported document, or the stages of a predicted one. Throws
// Error{kInput} naming `source` for one with neither.
[[nodiscard]] StepFacts facts_of(const profile::Profile& document, const std::string& source);
[[nodiscard]] StepFacts facts_of(const Outcome& outcome);

}  // namespace dscope::model
