// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

namespace dscope {

// Walsh-Hadamard transform of `x` [n] in place, n a power of two, scaled by n^-0.5 so that it is
// orthonormal (its own inverse). The indexer turns queries and keys with it: the scores stay the
// same, the values spread evenly over the channels and so lose less in FP8.
inline void hadamard(float* x, std::int64_t n) {
  for (std::int64_t half = 1; half < n; half *= 2) {
    for (std::int64_t block = 0; block < n; block += 2 * half) {
      for (std::int64_t i = block; i < block + half; ++i) {
        const float a = x[i];
        const float b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
    }
  }
  const float scale = 1.0f / std::sqrt(static_cast<float>(n));
  for (std::int64_t i = 0; i < n; ++i) x[i] *= scale;
}

}  // namespace dscope
