// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/rope.h"
#include "kernels/common/support.h"
#include "workloads/weight_matrix.h"

#include <cmath>
#include <cstdint>
#include <limits>

// Checks that the launchers of this folder share.
namespace dscope::norm_rope_cache {

[[nodiscard]] inline bool aligned(const void* pointer, std::size_t bytes) {
  return reinterpret_cast<std::uintptr_t>(pointer) % bytes == 0;
}

[[nodiscard]] inline Support check_tokens(std::int64_t tokens) {
  if (tokens >= 1 && tokens <= std::numeric_limits<std::int32_t>::max()) return {};
  return unsupported("tokens: 1 to 2^31 - 1 expected, got {}", tokens);
}

[[nodiscard]] inline Support check_eps(double eps) {
  if (std::isfinite(eps) && eps >= 0) return {};
  return unsupported("eps: a finite number from 0 on expected, got {}", eps);
}

[[nodiscard]] inline Support check_weight(const WeightVector& weight, std::int64_t size) {
  if (weight.empty()) return unsupported("weight: null");
  if (weight.size != size)
    return unsupported("weight.size: {} expected, got {}", size, weight.size);
  if (weight.format != WeightFormat::kF32 && weight.format != WeightFormat::kF16 &&
      weight.format != WeightFormat::kBf16) {
    return unsupported("weight.format: F32, F16 or BF16 expected");
  }
  return {};
}

[[nodiscard]] inline Support check_rope(const RopeView& rope, std::int64_t rope_dim,
                                        std::int64_t dim) {
  if (rope_dim < 0 || rope_dim > dim || rope_dim % 2 != 0) {
    return unsupported("rope_dim: an even number up to {} expected, got {}", dim, rope_dim);
  }
  if (2 * rope.pairs != rope_dim) {
    return unsupported("rope.pairs: {} expected (rope_dim / 2), got {}", rope_dim / 2, rope.pairs);
  }
  if (rope.pairs > 0 && rope.frequencies == nullptr) return unsupported("rope.frequencies: null");
  return {};
}

}  // namespace dscope::norm_rope_cache
