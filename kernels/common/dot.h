// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dscope {

// Products and sum in double. The simd reduction lets the compiler keep several partial sums: the
// order is fixed for one build, and in double the difference is far below every bound we state.
[[nodiscard]] inline double dot(const float* a, const float* b, std::int64_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) {
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return sum;
}

[[nodiscard]] inline double sum_of_squares(const float* a, std::int64_t n) {
  return dot(a, a, n);
}

}  // namespace dscope
