// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

// The number formats of DeepSeek-V4 checkpoints and caches, bit exact, in plain C++. Layouts (which
// bytes stand where) are in formats.h.
namespace dscope {

// --- BF16: 1 sign, 8 exponent, 7 mantissa bits: the upper half of a float32. --------------------

struct bf16_t {
  std::uint16_t bits = 0;
  friend bool operator==(bf16_t, bf16_t) = default;
};
static_assert(sizeof(bf16_t) == 2);

[[nodiscard]] constexpr float bf16_to_float(bf16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

// Round to nearest, ties to even; overflow becomes infinity; NaN stays NaN (quietened).
[[nodiscard]] constexpr bf16_t bf16_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>((bits >> 16) | 0x40u)};
  const std::uint32_t round = 0x7fffu + ((bits >> 16) & 1u);
  return {static_cast<std::uint16_t>((bits + round) >> 16)};
}

// --- F16 (IEEE binary16), read only: golden files store logits in it. ---------------------------

[[nodiscard]] constexpr float f16_to_float(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu;
  const std::uint32_t mantissa = bits & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  // Subnormal: mantissa * 2^-24, exact in float32.
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return sign != 0 ? -magnitude : magnitude;
}

// --- FP8 E4M3 (the "fn" variant): bias 7, no infinity, 0x7f and 0xff are NaN, largest 448. ------

inline constexpr float kE4m3Max = 448.0f;

[[nodiscard]] constexpr float e4m3_to_float(std::uint8_t code) {
  const int exponent = (code >> 3) & 0xf;
  const int mantissa = code & 0x7;
  const float sign = (code & 0x80) != 0 ? -1.0f : 1.0f;
  if (exponent == 0xf && mantissa == 0x7) return std::numeric_limits<float>::quiet_NaN();
  if (exponent == 0) return sign * static_cast<float>(mantissa) * 0x1p-9f;
  const auto power = std::bit_cast<float>(static_cast<std::uint32_t>(exponent - 7 + 127) << 23);
  return sign * power * (1.0f + static_cast<float>(mantissa) / 8.0f);
}

// Round to nearest, ties to even, saturating to +-448 (infinities too). NaN gives 0x7f.
[[nodiscard]] constexpr std::uint8_t e4m3_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint8_t>((bits >> 24) & 0x80u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return 0x7f;
  constexpr std::uint32_t kMaxBits = std::bit_cast<std::uint32_t>(kE4m3Max);
  if (magnitude >= kMaxBits) return sign | 0x7e;
  constexpr std::uint32_t kSmallestNormal = 121u << 23;  // 2^-6
  if (magnitude < kSmallestNormal) {
    // Subnormals are multiples of 2^-9. Adding 2^14 makes the unit in the last place of the sum
    // 2^-9, so the addition itself rounds to nearest even.
    const float sum = std::bit_cast<float>(magnitude) + 0x1p14f;
    return sign | static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(sum) & 0xfu);
  }
  // Keep three mantissa bits: 20 are rounded away. A carry moves into the exponent, as it should.
  const std::uint32_t rounded = magnitude + 0x7ffffu + ((magnitude >> 20) & 1u);
  const std::uint32_t code = (rounded >> 20) - ((127u - 7u) << 3);
  return sign | static_cast<std::uint8_t>(code > 0x7e ? 0x7e : code);
}

// --- E8M0: a power-of-two scale. Byte b is 2^(b-127); 255 is NaN. --------------------------------

[[nodiscard]] constexpr float e8m0_to_float(std::uint8_t byte) {
  if (byte == 0xff) return std::numeric_limits<float>::quiet_NaN();
  if (byte == 0) return 0x1p-127f;  // subnormal in float32, still exact
  return std::bit_cast<float>(static_cast<std::uint32_t>(byte) << 23);
}

// The smallest power of two that is not below `value` (positive, finite), clamped to the range of
// E8M0. Zero and negative values give the smallest scale.
[[nodiscard]] constexpr std::uint8_t e8m0_ceil(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits >> 31) != 0 || bits == 0) return 0;
  const std::uint32_t exponent = bits >> 23;
  const std::uint32_t mantissa = bits & 0x7fffffu;
  if (exponent == 0) return mantissa > 0x400000u ? 1 : 0;
  const std::uint32_t byte = exponent + (mantissa != 0 ? 1u : 0u);
  return static_cast<std::uint8_t>(byte > 0xfe ? 0xfe : byte);
}

// --- FP4 E2M1: sign, two exponent bits, one mantissa bit. ----------------------------------------

inline constexpr std::array<float, 16> kE2m1Values{0.0f,  0.5f,  1.0f,  1.5f,  2.0f,  3.0f,
                                                   4.0f,  6.0f,  -0.0f, -0.5f, -1.0f, -1.5f,
                                                   -2.0f, -3.0f, -4.0f, -6.0f};

[[nodiscard]] constexpr float e2m1_to_float(std::uint8_t code) {
  return kE2m1Values[code & 0xf];
}

// Round to nearest, ties to the even code, saturating to +-6. NaN has no code and gives +6, the
// same as infinity: callers quantise finite data.
[[nodiscard]] constexpr std::uint8_t e2m1_from_float(float value) {
  const std::uint8_t sign = (std::bit_cast<std::uint32_t>(value) >> 31) != 0 ? 8 : 0;
  const float magnitude = value < 0 ? -value : value;
  // Midpoints between neighbouring magnitudes; at a midpoint the even code wins.
  constexpr std::array<float, 7> kMidpoints{0.25f, 0.75f, 1.25f, 1.75f, 2.5f, 3.5f, 5.0f};
  std::uint8_t code = 0;
  while (code < 7) {
    const float midpoint = kMidpoints[code];
    const bool up = (code & 1) != 0 ? magnitude >= midpoint : magnitude > midpoint;
    if (magnitude == magnitude && !up) break;
    ++code;
  }
  return sign | code;
}

// --- Decode tables for loops over many codes. ----------------------------------------------------

namespace detail {
template <float (*Decode)(std::uint8_t)>
constexpr std::array<float, 256> make_table() {
  std::array<float, 256> table{};
  for (int code = 0; code < 256; ++code) {
    table[static_cast<std::size_t>(code)] = Decode(static_cast<std::uint8_t>(code));
  }
  return table;
}
}  // namespace detail

inline constexpr std::array<float, 256> kE4m3Table = detail::make_table<e4m3_to_float>();
inline constexpr std::array<float, 256> kE8m0Table = detail::make_table<e8m0_to_float>();

}  // namespace dscope
