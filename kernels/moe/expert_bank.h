// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/weights.h"

#include <cstddef>
#include <cstdint>

namespace dscope {

// The routed experts of one rank and layer in GPU memory, all of one size, one behind the other:
// expert e begins at data + e * expert_bytes(). Owns nothing.
struct ExpertBank {
  std::int64_t hidden = 0;          // d
  std::int64_t intermediate = 0;    // I of this rank
  const std::byte* data = nullptr;  // 128-byte aligned

  [[nodiscard]] std::int64_t expert_bytes() const;
};

// Lays out one expert (host views, sliced along I) as the kernels want it; `out` is host memory of
// expert_bytes(). Throws Error{kUnavailable} naming what the kernels cannot take: a format other
// than MXFP4, or a scale above 2^1 (weight_fragment.cuh).
void pack_expert(const ExpertWeights& expert, std::byte* out);

}  // namespace dscope
