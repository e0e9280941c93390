// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"
#include "viewer/view_data/timeline.h"

#include <span>
#include <vector>

// Stage totals of steps as slices: what a document without events shows, and how a prediction,
// which knows no order in time, is laid under a measurement.
namespace dscope::view_data {

// Every step of the first device divided into its stages in the order of kStages, the gap last.
// Where measurement and marks differ in number, only the first ones that both have. Slices have no
// name (kNoSlice).
[[nodiscard]] Row measured_row(std::span<const TimeRange> steps,
                               const profile::Measurement& measurement);

// The predicted stages from the beginning of every step, on the same scale; cut off where the next
// step begins.
[[nodiscard]] Row predicted_row(std::span<const TimeRange> steps,
                                const profile::Prediction& prediction);

struct ResidualSegment {
  TimeRange range;  // that of the stage in measured_row()
  Stage stage = Stage::kOther;
  double measured_ns = 0;
  double predicted_ns = 0;

  // (measured - predicted) / predicted; infinite where nothing was predicted.
  [[nodiscard]] double relative() const;
};

// One segment for each slice of measured_row(), gap excepted: predictions have no stage for it.
[[nodiscard]] std::vector<ResidualSegment> residuals(const Row& measured,
                                                     const profile::Prediction& prediction);

}  // namespace dscope::view_data
