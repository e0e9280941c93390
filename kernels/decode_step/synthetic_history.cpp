// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/decode_step/synthetic_history.h"

#include "workloads/random.h"

#include <cmath>

namespace dscope {
namespace {

// Near-normal values of unit variance: the sum of four uniforms.
float unit_normal(std::uint64_t bits) {
  double sum = 0;
  for (int part = 0; part < 4; ++part) sum += static_cast<double>((bits >> (16 * part)) & 0xffff);
  return static_cast<float>((sum / 65536.0 - 2.0) * std::sqrt(3.0));
}

}  // namespace

SyntheticPool::SyntheticPool(std::uint64_t seed, std::int64_t dim)
    : dim_(dim), values_(static_cast<std::size_t>(kVectors * dim)) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i] = unit_normal(hash64(seed, static_cast<std::int64_t>(i)));
  }
}

void SyntheticPool::fill_state(std::span<float> state) const {
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = values_[i % values_.size()];
}

}  // namespace dscope
