// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/fit.h"
#include "model/measured.h"
#include "profiler/profile/profile.h"

#include <optional>
#include <string>
#include <vector>

namespace dscope::model {

// A constant of the kernel set to be fitted. Bounds that are not given: a factor of 30 around its
// value, inside what kernel_constants() allows.
struct FreeConstant {
  std::string name;
  std::optional<double> low;
  std::optional<double> high;
};

// "NAME" or "NAME=LOW:HIGH". Throws Error{kUsage} for an unknown name, with the closest, and for
// bounds that are no numbers or not ordered.
[[nodiscard]] FreeConstant parse_free_constant(std::string_view text);

struct CalibrateOptions {
  std::vector<FreeConstant> constants;  // at least one
  double smallest_stage_ns = 5000;      // shorter stages say more about the clock than the kernels
  double step_weight = 3;               // of a step against one of its stages
  bool leave_one_out = true;            // refit without each configuration in turn
  std::string where;                    // beside every fitted value: what it was fitted to
  FitOptions fit;
};

// How far a prediction is from one configuration that was measured: predicted over measured, minus
// 1. Of a range the nearer end; inside it 0.
struct StageError {
  Stage stage = Stage::kOther;
  double measured_ns = 0;
  double predicted_ns = 0;
  double error = 0;
};
struct ConfigurationError {
  std::string source;
  double measured_ns = 0;  // between two tokens of a sequence
  double predicted_ns = 0;
  std::optional<double> low_ns;
  std::optional<double> high_ns;
  double error = 0;
  double unexplained_ns = 0;  // of predicted_ns: terms that were fitted and that nothing explains
  std::vector<StageError> stages;  // those not below smallest_stage_ns
  [[nodiscard]] bool inside_interval() const {
    return low_ns && high_ns && *low_ns <= measured_ns && measured_ns <= *high_ns;
  }
};

// The prediction for a measured configuration with `set`, and its error.
[[nodiscard]] ConfigurationError prediction_error(const Measured& measured, const KernelSet& set,
                                                  double smallest_stage_ns);

struct Calibrated {
  KernelSet kernel_set;              // with the fitted values, intervals and calibration id
  profile::Calibration calibration;  // constants, sources, residuals (held-out ones marked)
  std::vector<ConfigurationError> fitted;
  std::vector<ConfigurationError> left_out;  // each predicted by a fit without it; may be empty
  std::vector<ConfigurationError> held_out;
  int evaluations = 0;
};

// Fits constants of `start` to what was measured. `held_out` is only predicted. Every configuration
// must name the kernel set `start`. Throws Error{kInput} for another kernel set and for a problem
// that the measurements do not determine (see fit()), Error{kUsage} for no constants.
[[nodiscard]] Calibrated calibrate(const KernelSet& start, const std::vector<Measured>& fitted,
                                   const std::vector<Measured>& held_out,
                                   const CalibrateOptions& options);

}  // namespace dscope::model
