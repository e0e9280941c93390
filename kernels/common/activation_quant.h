// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dscope {

// Rounds `x` [n] to FP8 and back, in groups of 128 with power-of-two scales, as the official
// reference does before FP8 and FP4 linears: a = max(|x|, 1e-4), s = 2^ceil(log2(a / 448)),
// x' = e4m3(clamp(x / s, +-448)) * s. The last group may be shorter.
void fake_quantise_activations(float* x, std::int64_t n);

// The smallest power-of-two scale that brings `largest` (>= 0) into FP8 range, with the official
// floor of 1e-4 on the magnitude: an E8M0 byte.
[[nodiscard]] std::uint8_t e4m3_scale_byte(float largest);

}  // namespace dscope
