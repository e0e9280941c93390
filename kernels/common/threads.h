// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dscope {

// Whether a loop of so many multiply-adds is worth waking other threads for: that costs some
// microseconds, far more when the machine has other work, and small models are all small loops.
[[nodiscard]] constexpr bool worth_threads(std::int64_t multiply_adds) {
  return multiply_adds >= 1 << 18;
}

// How many threads the CPU references use from now on; at least 1.
void set_cpu_threads(int threads);
[[nodiscard]] int cpu_threads();

}  // namespace dscope
