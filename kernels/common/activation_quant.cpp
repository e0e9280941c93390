// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/activation_quant.h"

#include "workloads/dtypes.h"
#include "workloads/formats.h"

#include <algorithm>
#include <cmath>

namespace dscope {

std::uint8_t e4m3_scale_byte(float largest) {
  return e8m0_ceil(std::max(largest, 1e-4f) / kE4m3Max);
}

void fake_quantise_activations(float* x, std::int64_t n) {
  for (std::int64_t begin = 0; begin < n; begin += kActivationGroup) {
    const std::int64_t end = std::min(n, begin + kActivationGroup);
    float largest = 0;
    for (std::int64_t i = begin; i < end; ++i) largest = std::max(largest, std::fabs(x[i]));
    const float scale = e8m0_to_float(e4m3_scale_byte(largest));
    for (std::int64_t i = begin; i < end; ++i) {
      x[i] = e4m3_to_float(e4m3_from_float(x[i] / scale)) * scale;
    }
  }
}

}  // namespace dscope
