// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "model/sensitivity.h"
#include "profiler/profile/profile.h"
#include "workloads/op.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dscope::model {

// One op of the step, summed over its layers.
struct OpPrediction {
  Op op = Op::kEmbed;
  std::int64_t launches = 0;
  double time_ns = 0;
  std::string limit;  // as in profile::PredictedStage
  double bytes = 0;
  double flops = 0;
  // Of the op's main kernel, where the kernel set describes it.
  std::optional<double> blocks_per_sm;
  std::optional<double> waves;
  std::optional<double> bandwidth_gbps;  // that its concurrency allows
};

// Whether the configuration fits the memory of one GPU, and what would.
struct MemoryFit {
  double needed_bytes = 0;
  double available_bytes = 0;
  std::int64_t largest_batch = 0;    // at this context; 0: not even one sequence fits
  std::int64_t largest_context = 0;  // at this batch
  [[nodiscard]] bool fits() const { return needed_bytes <= available_bytes; }
};

// What predict() knows. `prediction` is the section of the profile document.
struct Outcome {
  profile::Prediction prediction;
  std::vector<OpPrediction> ops;           // in the order of kOps, only those of this configuration
  double roofline_step_ns = 0;             // bytes and FLOPs at the device's ceilings, nothing else
  double naive_step_ns = 0;                // all bytes over the datasheet's bandwidth
  double accepted_per_step = 1;            // tokens a sequence gains a step, with speculation
  double launches = 0;                     // kernels of a step
  std::int64_t captured_tokens = 0;        // capacity that capacity-sized kernels work on
  std::vector<Sensitivity> sensitivities;  // what the interval is made of, the largest first
  MemoryFit memory;
  std::vector<std::string> warnings;  // does not fit, a tile that does not launch, assumed values
  // The first of the warnings that says why it cannot run, though it has a time; empty: it can.
  std::string obstacle;
};

// The time of one decode step, explained. Throws Error{kUsage} for a configuration that cannot be
// (TP that does not divide the model), naming the field.
[[nodiscard]] Outcome predict(const Configuration& configuration);

// The same step time alone, for sweeps: no strings, no JSON, no interval. Throws the same.
[[nodiscard]] double predict_step_ns(const Configuration& configuration);
// And by stage, the draft of speculation included (stage Other).
[[nodiscard]] std::array<double, kStageCount> predict_stages_ns(const Configuration& configuration);

// What a trace can be held against: kernels without what passes between them.
struct KernelTimes {
  double step_ns = 0;                           // all of it
  std::array<double, kStageCount> stages_ns{};  // of the kernels of each stage
  std::array<double, kOpCount> ops_ns{};        // of each op, over all its calls
};
[[nodiscard]] KernelTimes predict_kernels_ns(const Configuration& configuration);

// The two bounds beside a prediction: bytes and FLOPs at the device's ceilings with ideal kernels
// and links, and all bytes over the datasheet's bandwidth.
[[nodiscard]] double roofline_step_ns(const Configuration& configuration);
[[nodiscard]] double naive_step_ns(const Configuration& configuration);

// The prediction as a profile document of kind "predicted": what report, compare and viewer read.
[[nodiscard]] profile::Profile predicted_profile(const Configuration& configuration,
                                                 const Outcome& outcome);

}  // namespace dscope::model
