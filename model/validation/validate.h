// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/calibrate.h"
#include "model/validation/grid.h"
#include "model/validation/published.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dscope::model {

// How one set of published kernels is calibrated: an entry of calibrations.json. Fixed before
// anything is fitted; the page shows it.
struct CalibrationPlan {
  std::string kernel_set;          // the name that rows carry
  KernelSet start;                 // where the search starts: structure and what is not fitted
  std::vector<FreeConstant> free;  // fitted constants
  std::vector<std::string> rows;   // ids of the rows to fit; the set's others are predicted
  std::string why;                 // these constants and these rows
};

[[nodiscard]] const std::vector<CalibrationPlan>& calibration_plans();
// Strict like the other readers: Error{kInput} for unknown rows, constants and traits.
[[nodiscard]] std::vector<CalibrationPlan> calibration_plans_from_json(const nlohmann::json& json,
                                                                       const std::string& source);

struct SetValidation {
  const CalibrationPlan* plan = nullptr;
  Calibrated calibrated;                                     // empty where it was refused
  std::string refused;                                       // why
  [[nodiscard]] std::optional<double> median_error() const;  // of the predicted rows
};

// A usable row against ideal kernels: they must never be slower than what was measured.
struct RooflineCheck {
  const PublishedRow* row = nullptr;
  double roofline_ns = 0;  // time of a token
  [[nodiscard]] bool holds() const { return roofline_ns <= row->tpot_ns(); }
};

// A published all-reduce against the terms that predictions use.
struct CollectiveCheck {
  const Microbench* row = nullptr;
  std::string what;  // "NCCL", "NCCL, tuned by its author", "one-shot"
  double measured_ns = 0;
  double predicted_ns = 0;
};

// What padding did to a stage that reads weights or caches: its bandwidth with padding over that of
// the same configuration without.
struct ThrottledBandwidth {
  std::string source;  // the padded point
  Stage stage = Stage::kMoe;
  double measured = 1;
  double predicted = 1;
  [[nodiscard]] double error() const { return predicted / measured - 1; }
};

struct GridValidation {
  const Grid* grid = nullptr;
  std::vector<ConfigurationError> calibration;  // points the kernel set was fitted to
  std::vector<ConfigurationError> held_out;   // the others that were launched as pick_config() says
  std::vector<ConfigurationError> forced;     // with forced configurations; never fitted
  std::vector<ConfigurationError> throttled;  // with padding; never fitted
  std::vector<ThrottledBandwidth> bandwidths;  // of all points with padding, stage by stage
};

struct Validation {
  std::vector<SetValidation> sets;
  std::vector<RooflineCheck> roofline;
  std::vector<CollectiveCheck> collectives;
  std::vector<GridValidation> grids;
};

using Progress = std::function<void(int done, int of)>;

// Everything that VALIDATION.md shows. Deterministic.
[[nodiscard]] Validation validate(const Progress& progress = {});

[[nodiscard]] std::vector<RooflineCheck> roofline_checks();
// With the collective constants of the kernel set "dscope".
[[nodiscard]] std::vector<CollectiveCheck> collective_checks();
[[nodiscard]] SetValidation validate_set(const CalibrationPlan& plan);
[[nodiscard]] GridValidation validate_grid(const Grid& grid);

// The page.
[[nodiscard]] std::string validation_page(const Validation& validation);

}  // namespace dscope::model
