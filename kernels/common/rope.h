// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/model_config.h"

#include <cstdint>
#include <vector>

namespace dscope {

// The frequencies of a rotary position embedding, wherever they lie: the CPU references read them
// in host memory, the CUDA kernels in device memory. Owns nothing.
struct RopeView {
  const double* frequencies = nullptr;  // [pairs], radians per position
  std::int64_t pairs = 0;               // rope_dim / 2
};

// Turns the 2 * pairs values at `x` in place; `inverse` turns them back.
void apply_rope(const RopeView& rope, float* x, std::int64_t position, bool inverse = false);

// Rotary position embedding of one layer kind. Interleaved pairs (x[2i], x[2i+1]) are complex
// numbers turned by position * frequency[i].
//
//   ratio 0:         frequency[i] = theta^(-2i / rope_dim), theta = rope_theta
//   ratio 4 or 128:  theta = compress_rope_theta, and YaRN: with ramp[i] = clip((i - low) /
//                    (high - low), 0, 1) the frequency becomes f * (1 - ramp) + f / factor * ramp,
//                    where low and high are rope_dim * ln(original / (beta * 2 pi)) / (2 ln theta)
//                    for beta_fast (rounded down) and beta_slow (rounded up), kept within
//                    [0, rope_dim - 1]. No attention temperature.
//
// Source: the official reference model (precompute_freqs_cis).
class Rope {
 public:
  Rope(const ModelConfig& model, int compress_ratio);

  [[nodiscard]] const std::vector<double>& frequencies() const { return frequencies_; }
  [[nodiscard]] RopeView view() const {
    return {frequencies_.data(), static_cast<std::int64_t>(frequencies_.size())};
  }

 private:
  std::vector<double> frequencies_;  // [rope_dim / 2]
};

}  // namespace dscope
