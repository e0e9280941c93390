// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/dtypes.h"

#include <concepts>

namespace dscope {

// Storage type of activations between ops: float in `exact` numerics, bf16_t otherwise. Params
// structs are templates over it, so rounding happens exactly where an op stores its result.
template <class T>
concept Activation = std::same_as<T, float> || std::same_as<T, bf16_t>;

[[nodiscard]] inline float to_float(float value) {
  return value;
}
[[nodiscard]] inline float to_float(bf16_t value) {
  return bf16_to_float(value);
}

template <Activation Act>
[[nodiscard]] inline Act from_float(float value) {
  if constexpr (std::same_as<Act, bf16_t>) {
    return bf16_from_float(value);
  } else {
    return value;
  }
}

}  // namespace dscope
