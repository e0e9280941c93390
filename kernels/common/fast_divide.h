// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace dscope {

// Division of 0 .. 2^31 - 1 by a number that is known before a launch: a multiplication and a shift
// in the kernel instead of some 20 instructions. With s = floor(log2 d) (less one where d is a
// power of two) and m = ceil(2^(32 + s) / d), floor(n / d) = floor(n m / 2^(32 + s)): m d exceeds
// 2^(32 + s) by less than d <= 2^(s + 1), so n m / 2^(32 + s) exceeds n / d by less than 1 / d.
struct FastDivisor {
  std::uint32_t divisor = 1;
  std::uint32_t multiplier = 0;  // 0: by one
  std::uint32_t shift = 0;

  constexpr FastDivisor() = default;
  // 1 .. 2^31 - 1
  explicit constexpr FastDivisor(std::int64_t d) : divisor(static_cast<std::uint32_t>(d)) {
    if (d <= 1) return;
    const auto floor_log2 = static_cast<std::uint32_t>(std::bit_width(divisor)) - 1;
    shift = std::has_single_bit(divisor) ? floor_log2 - 1 : floor_log2;
    multiplier = static_cast<std::uint32_t>(((1ull << (32 + shift)) + divisor - 1) / divisor);
  }

  [[nodiscard]] constexpr int quotient(int n) const {
    const auto number = static_cast<std::uint32_t>(n);
    if (multiplier == 0) return n;
    const std::uint64_t product = std::uint64_t{number} * multiplier;
    return static_cast<int>(static_cast<std::uint32_t>(product >> 32) >> shift);
  }
  [[nodiscard]] constexpr int remainder(int n, int quotient) const {
    return n - quotient * static_cast<int>(divisor);
  }
};

}  // namespace dscope
