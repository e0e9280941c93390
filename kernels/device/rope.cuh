// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/rope.h"

#include <cstdint>

namespace dscope::device {

// Cosine (x) and sine (y) of pair i of a token at `position`. The angle is formed and reduced to a
// part of a turn in double (positions reach a million, float32 would lose the phase), so that only
// three double operations are left and the sine itself can be single precision.
__device__ __forceinline__ float2 rope_rotation(const RopeView& rope, std::int64_t position,
                                                std::int64_t pair) {
  constexpr double kTurn = 0.15915494309189533577;  // 1 / (2 pi)
  const double turns = static_cast<double>(position) * rope.frequencies[pair] * kTurn;
  const float part = static_cast<float>(turns - rint(turns));
  float2 rotation;
  sincospif(2.0f * part, &rotation.y, &rotation.x);
  return rotation;
}

// Turns (even, odd) by the rotation; with the sine negated it turns back.
__device__ __forceinline__ float2 rotate(float2 pair, float2 rotation) {
  return {pair.x * rotation.x - pair.y * rotation.y, pair.x * rotation.y + pair.y * rotation.x};
}

}  // namespace dscope::device
