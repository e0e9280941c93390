// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Reproducible pseudo-random bytes: element i depends on key and i alone, never on what was drawn
// before, so any part can be made at any time by any number of threads.
namespace dscope {

// The output function of SplitMix64 at position `counter` of the stream `key`.
[[nodiscard]] constexpr std::uint64_t counter_hash(std::uint64_t key, std::uint64_t counter) {
  std::uint64_t z = key + (counter + 1) * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// The stream of one tensor: FNV-1a over the name, mixed with the seed.
[[nodiscard]] constexpr std::uint64_t stream_key(std::uint64_t seed, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return counter_hash(hash, seed);
}

// How random bits become values: a 64-bit word is cut into equal lanes, and each lane becomes
// (random & mask) + add. The sum must not carry out of its lane.
struct Lanes {
  std::uint64_t mask = 0;
  std::uint64_t add = 0;
};

// The same pattern in every lane of 8, 16 or 32 bits.
[[nodiscard]] constexpr Lanes repeat_lane(int bits, std::uint64_t mask, std::uint64_t add) {
  Lanes lanes;
  for (int shift = 0; shift < 64; shift += bits) {
    lanes.mask |= mask << shift;
    lanes.add |= add << shift;
  }
  return lanes;
}

// Signed floating-point numbers of `bits` bits, `mantissa` of them mantissa and all but the sign of
// the others exponent: uniform mantissas over the four octaves from 2^(top-3) to 2^(top+1). Their
// root mean square is 0.84 (3 mantissa bits) to 0.88 (many) times 2^top.
[[nodiscard]] constexpr Lanes four_octaves(int bits, int mantissa, int top) {
  const int bias = (1 << (bits - mantissa - 2)) - 1;
  const std::uint64_t sign = 1ull << (bits - 1);
  return repeat_lane(bits, sign | ((1ull << (mantissa + 2)) - 1),
                     static_cast<std::uint64_t>(bias + top - 3) << mantissa);
}

// Fills `out`, several GB/s and core; large spans are shared among the OpenMP threads.
void fill_lanes(std::span<std::byte> out, std::uint64_t key, Lanes lanes);

}  // namespace dscope
