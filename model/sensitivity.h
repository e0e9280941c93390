// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "workloads/stage.h"

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace dscope::model {

// A number that a prediction stands on and that is not known exactly.
struct UncertainInput {
  std::string name;  // "launch_ns", "device.dram_read_gbps", "interconnect.hop_latency_ns"
  std::string unit;
  std::string source;  // "fitted", "measured", "derived", "assumed"
  std::string where;
  double value = 0;
  double low = 0;
  double high = 0;
  std::function<void(Configuration&, double)> set;
};

// Constants of the kernel set, values of device and interconnect, and how many experts are hit.
// Values with an interval of their own have that one. Others: the measured and published count as
// exact, derived ones are uncertain by kDerivedSpread, fitted ones by kFittedSpread and assumed
// ones by kAssumedSpread to either side (shares never above 1). Only inputs with low < high are
// listed.
[[nodiscard]] std::vector<UncertainInput> uncertain_inputs(const Configuration& configuration);

inline constexpr double kDerivedSpread = 0.05;
inline constexpr double kFittedSpread = 0.10;
inline constexpr double kAssumedSpread = 0.25;
// Reading reaches at least this of the datasheet's bandwidth, and at most all of it.
inline constexpr double kLeastReadShare = 0.80;

// What a step takes when one input is at an end of its interval and all others are at their value.
struct Sensitivity {
  UncertainInput input;
  double step_at_low_ns = 0;
  double step_at_high_ns = 0;
  std::array<double, kStageCount> stage_at_low_ns{};
  std::array<double, kStageCount> stage_at_high_ns{};
  // Difference of the two: what a tornado chart is sorted by.
  [[nodiscard]] double swing_ns() const;
};

// An interval around a time: one-at-a-time deviations, those up and those down each as the root of
// their squares' sum (independent inputs).
struct Interval {
  double low_ns = 0;
  double high_ns = 0;
};

struct SensitivityResult {
  double step_ns = 0;
  std::array<double, kStageCount> stage_ns{};
  Interval step;
  std::array<Interval, kStageCount> stages{};
  std::vector<Sensitivity> inputs;  // the largest swing first
};

[[nodiscard]] SensitivityResult sensitivity(const Configuration& configuration);

}  // namespace dscope::model
