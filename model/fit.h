// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dscope::model {

// A value to be found, and where it may lie. With a positive `low` it is searched on a logarithmic
// scale: constants of hardware differ by factors.
struct FitVariable {
  std::string name;
  double start = 0;
  double low = 0;
  double high = 0;
};

// Residuals of dimension one (log ratios of predicted and measured times), always the same number.
// They must be defined everywhere inside the bounds.
using ResidualFunction = std::function<std::vector<double>(std::span<const double> values)>;

struct FitProblem {
  std::vector<FitVariable> variables;
  ResidualFunction residuals;
  std::vector<double> weights;  // of each residual; empty: all 1
};

struct FitOptions {
  double huber = 0.1;  // residuals beyond it count linearly: outliers do not lead
  // Residuals are never taken for smaller than this when intervals are made: what repeating the
  // measurement would change.
  double spread = 0.02;
  int restarts = 4;            // the first from `start`, the others from points between the bounds
  int max_evaluations = 1500;  // of one start
  // Unset: refuse a problem that its data do not determine.
  bool allow_undetermined = false;
  std::function<void(int done, int of)> progress;  // after each restart; may be empty, may throw
};

struct FitResult {
  std::vector<double> values;
  // 90 % interval from the covariance of the residuals, clipped to the bounds; from the spread
  // alone where there are no more residuals than variables.
  std::vector<double> low;
  std::vector<double> high;
  std::vector<double> residuals;  // at `values`
  double loss = 0;                // weighted sum of Huber's function
  int evaluations = 0;
};

// Least Huber loss by NLopt's BOBYQA (Powell 2009) with restarts, then SBPLX from the best.
// Deterministic. Throws Error{kInput} for a problem that is not determined: fewer residuals than
// variables, a variable without influence on any of them, variables that only act together (which
// ones, from the singular vector). Throws Error{kInternal} for bounds that are not ordered.
[[nodiscard]] FitResult fit(const FitProblem& problem, const FitOptions& options = {});

// Huber's loss (1964): r^2/2 up to `delta`, delta * (|r| - delta/2) beyond.
[[nodiscard]] double huber_loss(double residual, double delta);

}  // namespace dscope::model
