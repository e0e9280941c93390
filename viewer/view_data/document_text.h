// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/document.h"
#include "viewer/view_data/table.h"

#include <string>
#include <vector>

// Documents in words and tables, by the functions of the command line.
namespace dscope::view_data {

// One line under the window: "measured: dsv4-tiny, ... - 3 steps of 1.2 ms - nothing lost".
[[nodiscard]] std::string status_line(const Document& document);

// Second line of an entry in the list of documents: "measured, 97.5 ms a step", "predicted, 31
// tok/s".
[[nodiscard]] std::string short_facts(const Document& document);

// Key and value: what was run, on what, by which build; closure, perturbation.
[[nodiscard]] Table facts_table(const Document& document);

// What was lost, set aside or skipped, with counts. Empty when there is nothing.
[[nodiscard]] Table losses_table(const Document& document);

// One row per GPU and the host.
[[nodiscard]] Table devices_table(const Document& document);

// Wall, busy and idle time of every step.
[[nodiscard]] Table steps_table(const Document& document);

// Constants and residuals of a calibration section. Empty without one.
[[nodiscard]] Table calibration_table(const Document& document);
[[nodiscard]] Table residuals_table(const Document& document);

// One quantity over the steps, of one device.
struct StepSeries {
  std::string name;  // "GPU 0 SM clock"
  std::vector<double> steps;
  std::vector<double> values;
};
[[nodiscard]] std::vector<StepSeries> clock_series(const Document& document);  // MHz
[[nodiscard]] std::vector<StepSeries> power_series(const Document& document);  // W
[[nodiscard]] std::vector<StepSeries> wall_series(const Document& document);   // ns

// Reasons for throttling and in how many samples they were seen.
[[nodiscard]] Table throttle_table(const Document& document);

}  // namespace dscope::view_data
