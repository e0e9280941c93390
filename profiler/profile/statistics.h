// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

// Statistics of raw samples. All throw Error{kInternal} for an empty list: there is no number that
// could honestly be returned.
namespace dscope::profile {

[[nodiscard]] double mean(std::span<const double> values);

// The middle value, or the mean of the two middle ones.
[[nodiscard]] double median(std::vector<double> values);
[[nodiscard]] double median(std::span<const std::int64_t> values);

// Median absolute deviation from the median, unscaled (times 1.4826 it estimates the standard
// deviation of normal data).
[[nodiscard]] double mad(const std::vector<double>& values);

// `fraction` in [0, 1]. Linear interpolation between the order statistics around position
// fraction * (n - 1), counted from 0 (definition 7 of Hyndman and Fan, 1996).
[[nodiscard]] double percentile(std::vector<double> values, double fraction);

}  // namespace dscope::profile
