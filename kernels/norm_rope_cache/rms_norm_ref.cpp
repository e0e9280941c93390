// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm_rope_cache/rms_norm.h"

#include <cmath>

namespace dscope {

template <class In, Activation Act>
void reference_rms_norm(const RmsNormParams<In, Act>& p) {
  const std::int64_t dim = p.weight.size;
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    const In* x = p.x + t * p.x_stride;
    double squares = 0;
    for (std::int64_t i = 0; i < dim; ++i) squares += std::pow(double{to_float(x[i])}, 2);
    const double scale = 1 / std::sqrt(squares / static_cast<double>(dim) + p.eps);
    for (std::int64_t i = 0; i < dim; ++i) {
      p.y[t * dim + i] =
          from_float<Act>(static_cast<float>(to_float(x[i]) * scale * double{p.weight[i]}));
    }
  }
}

template void reference_rms_norm(const RmsNormParams<float, float>&);
template void reference_rms_norm(const RmsNormParams<float, bf16_t>&);
template void reference_rms_norm(const RmsNormParams<bf16_t, bf16_t>&);

}  // namespace dscope
