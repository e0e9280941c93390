// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/activation_quant.h"
#include "kernels/common/dot.h"
#include "kernels/common/threads.h"
#include "kernels/linear/linear.h"
#include "workloads/base/error.h"

#include <vector>

namespace dscope {
namespace {

// All inputs as float32 [T, G, K], rounded to FP8 where asked.
template <Activation Act, class Out>
std::vector<float> gather_inputs(const LinearParams<Act, Out>& p) {
  const std::int64_t k = p.weight.cols;
  const std::int64_t row = p.groups * k;
  std::vector<float> x(static_cast<std::size_t>(p.tokens * row));
  for (std::int64_t t = 0; t < p.tokens; ++t) {
    for (std::int64_t i = 0; i < row; ++i) x[t * row + i] = to_float(p.x[t * p.x_stride + i]);
    if (!p.quantise_activations) continue;
    for (std::int64_t g = 0; g < p.groups; ++g) {
      fake_quantise_activations(x.data() + t * row + g * k, k);
    }
  }
  return x;
}

}  // namespace

template <Activation Act, class Out>
void reference_linear(const LinearParams<Act, Out>& p) {
  DSCOPE_REQUIRE(p.groups >= 1 && p.weight.rows % p.groups == 0,
                 "{} weight rows do not divide into {} groups", p.weight.rows, p.groups);
  const std::int64_t k = p.weight.cols;
  const std::int64_t rows_per_group = p.weight.rows / p.groups;
  const std::vector<float> x = gather_inputs(p);
#pragma omp parallel if (worth_threads(p.tokens * p.weight.rows * k))
  {
    std::vector<float> weights(static_cast<std::size_t>(k));
#pragma omp for schedule(static)
    for (std::int64_t n = 0; n < p.weight.rows; ++n) {
      decode_row(p.weight, n, weights.data());
      const std::int64_t group = n / rows_per_group;
      for (std::int64_t t = 0; t < p.tokens; ++t) {
        const float* input = x.data() + (t * p.groups + group) * k;
        p.y[t * p.y_stride + n] =
            from_float<Out>(static_cast<float>(dot(weights.data(), input, k)));
      }
    }
  }
}

template void reference_linear(const LinearParams<float, float>&);
template void reference_linear(const LinearParams<bf16_t, bf16_t>&);
template void reference_linear(const LinearParams<bf16_t, float>&);

}  // namespace dscope
