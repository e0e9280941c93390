// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/decode_step/cuda_decoder.h"
#include "kernels/linear/linear.h"

namespace dscope {

template <class Out>
void CudaDecoder::linear(const Enqueue& e, const bf16_t* x, std::int64_t x_stride,
                         const WeightMatrix& weight, Out* y, std::int64_t y_stride) const {
  launch_linear(
      LinearParams<bf16_t, Out>{
          .tokens = e.tokens,
          .x = x,
          .x_stride = x_stride,
          .weight = weight,
          .y = y,
          .y_stride = y_stride,
          .quantise_activations = activations_to_fp8_ && weight.format == WeightFormat::kFp8},
      e.stream);
}

}  // namespace dscope
