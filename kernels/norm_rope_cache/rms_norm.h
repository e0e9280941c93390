// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "workloads/weight_matrix.h"

#include <cstdint>

namespace dscope {

// y[t, :] = x[t, :] / sqrt(mean(x[t, :]^2) + eps) * weight
//
// In is Act, or float where the input comes out of hyper-connections: fused kernels keep it in
// registers, so it is rounded once, behind the norm.
template <class In, Activation Act>
struct RmsNormParams {
  std::int64_t tokens = 0;    // T
  const In* x = nullptr;      // [T, weight.size]
  std::int64_t x_stride = 0;  // elements between tokens
  WeightVector weight;        // [dim]
  double eps = 0;
  Act* y = nullptr;  // [T, dim], contiguous
};

template <class In, Activation Act>
void reference_rms_norm(const RmsNormParams<In, Act>& p);

}  // namespace dscope
