// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/base/error.h"
#include "workloads/weight_matrix.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace dscope {

// The CUDA kernels turn FP8 and E2M1 codes into BF16 by moving their bits into place and
// multiplying once, by 2^(scale - 127 + bias), which must itself be a normal BF16.
inline constexpr int kFp8MultiplierBias = 120;
inline constexpr int kMxfp4MultiplierBias = 126;

[[nodiscard]] constexpr int largest_scale_byte(WeightFormat format) {
  return 254 - (format == WeightFormat::kFp8 ? kFp8MultiplierBias : kMxfp4MultiplierBias);
}

// Throws Error{kUnavailable} for a scale above that: 2^7 for FP8, 2^1 for MXFP4. Scales of real
// weights are far below 1.
inline void check_scales(WeightFormat format, std::span<const std::uint8_t> scales) {
  if (scales.empty()) return;
  const int found = *std::max_element(scales.begin(), scales.end());
  const int limit = largest_scale_byte(format);
  if (found <= limit) return;
  throw unavailable_error(
      "the CUDA kernels take weight scales up to 2^{}, found 2^{}; --backend cpu takes any",
      limit - 127, found - 127);
}

}  // namespace dscope
