// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dscope {
namespace {

// The (fractional) pair whose frequency makes `beta` full turns within the original context.
double yarn_pair(double beta, double theta, const ModelConfig& m) {
  return static_cast<double>(m.rope_dim) *
         std::log(m.yarn.original_max_position / (beta * 2 * std::numbers::pi)) /
         (2 * std::log(theta));
}

}  // namespace

Rope::Rope(const ModelConfig& m, int compress_ratio) {
  const bool compressed = compress_ratio != 0;
  const double theta = compressed ? m.compress_rope_theta : m.rope_theta;
  const double last = static_cast<double>(m.rope_dim - 1);
  const double low = std::max(std::floor(yarn_pair(m.yarn.beta_fast, theta, m)), 0.0);
  double high = std::min(std::ceil(yarn_pair(m.yarn.beta_slow, theta, m)), last);
  if (low == high) high += 0.001;  // as the reference: keeps the ramp finite
  for (std::int64_t i = 0; i < m.rope_dim / 2; ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(m.rope_dim);
    double frequency = std::pow(theta, exponent);
    if (compressed) {
      const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
      frequency = frequency * (1 - ramp) + frequency / m.yarn.factor * ramp;
    }
    frequencies_.push_back(frequency);
  }
}

void apply_rope(const RopeView& rope, float* x, std::int64_t position, bool inverse) {
  for (std::int64_t i = 0; i < rope.pairs; ++i) {
    const double angle = static_cast<double>(position) * rope.frequencies[i] * (inverse ? -1 : 1);
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    const double even = x[2 * i];
    const double odd = x[2 * i + 1];
    x[2 * i] = static_cast<float>(even * c - odd * s);
    x[2 * i + 1] = static_cast<float>(even * s + odd * c);
  }
}

}  // namespace dscope
