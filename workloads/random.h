// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>

namespace dscope {

// Counter-based randomness: a number is a function of its key, so results do not depend on the
// order of drawing or on threads. Not for cryptography.

// Finaliser of SplitMix64: every input bit changes every output bit.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ull;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// One 64-bit number for a key of any length.
template <class... Keys>
[[nodiscard]] constexpr std::uint64_t hash64(Keys... keys) {
  std::uint64_t h = 0x9e3779b97f4a7c15ull;
  for (const std::uint64_t key : {static_cast<std::uint64_t>(keys)...}) {
    h = mix64(h ^ mix64(key + 0x9e3779b97f4a7c15ull));
  }
  return h;
}

// Uniform in the open interval (0, 1): safe to take the logarithm of.
[[nodiscard]] constexpr double unit_interval(std::uint64_t bits) {
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

}  // namespace dscope
