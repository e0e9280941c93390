// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>

// A document is free to hold any number, and sums of large ones overflow. What is shown is finite,
// or a dash.
namespace dscope::view_data {

[[nodiscard]] inline std::optional<double> finite(std::optional<double> value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

// For lengths and times: finite and not negative, else 0.
[[nodiscard]] inline double drawable(double value) {
  return std::isfinite(value) && value > 0 ? value : 0;
}

// Above 0 and finite: has a place on a logarithmic axis.
[[nodiscard]] inline bool has_logarithm(double value) {
  return std::isfinite(value) && value > 0;
}

}  // namespace dscope::view_data
