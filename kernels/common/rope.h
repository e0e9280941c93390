// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/model_config.h"

#include <cstdint>
#include <vector>

namespace dscope {

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

  // Turns the `rope_dim` values at `x` in place; `inverse` turns them back.
  void apply(float* x, std::int64_t position, bool inverse = false) const;

  [[nodiscard]] const std::vector<double>& frequencies() const { return frequencies_; }

 private:
  std::vector<double> frequencies_;  // [rope_dim / 2], radians per position
};

}  // namespace dscope
