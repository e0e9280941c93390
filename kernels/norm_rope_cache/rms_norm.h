// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"
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

// On the GPU: any dim, fastest for multiples of 8 up to 8192 with rows that begin at 16 bytes.
[[nodiscard]] Support supports(const RmsNormParams<float, bf16_t>& p);
[[nodiscard]] Support supports(const RmsNormParams<bf16_t, bf16_t>& p);
void launch_rms_norm(const RmsNormParams<float, bf16_t>& p, Stream stream);
void launch_rms_norm(const RmsNormParams<bf16_t, bf16_t>& p, Stream stream);

}  // namespace dscope
