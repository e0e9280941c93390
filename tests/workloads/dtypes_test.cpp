// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/dtypes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace dscope {
namespace {

// The neighbours of x among the finite values that `decode` gives, by brute force.
template <class Decode>
double nearest_value(double x, Decode decode, int codes) {
  double best = 0;
  double best_distance = std::numeric_limits<double>::infinity();
  for (int code = 0; code < codes; ++code) {
    const double value = decode(static_cast<std::uint8_t>(code));
    if (!std::isfinite(value)) continue;
    if (std::fabs(value - x) < best_distance) {
      best_distance = std::fabs(value - x);
      best = value;
    }
  }
  return best;
}

TEST(E4m3, DecodesKnownCodes) {
  EXPECT_EQ(e4m3_to_float(0x00), 0.0f);
  EXPECT_TRUE(std::signbit(e4m3_to_float(0x80)));
  EXPECT_EQ(e4m3_to_float(0x01), 0x1p-9f);
  EXPECT_EQ(e4m3_to_float(0x07), 7 * 0x1p-9f);
  EXPECT_EQ(e4m3_to_float(0x08), 0x1p-6f);
  EXPECT_EQ(e4m3_to_float(0x38), 1.0f);
  EXPECT_EQ(e4m3_to_float(0x39), 1.125f);
  EXPECT_EQ(e4m3_to_float(0x7e), 448.0f);
  EXPECT_EQ(e4m3_to_float(0xfe), -448.0f);
  EXPECT_TRUE(std::isnan(e4m3_to_float(0x7f)));
  EXPECT_TRUE(std::isnan(e4m3_to_float(0xff)));
}

TEST(E4m3, EveryCodeSurvivesARoundTrip) {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    const float value = e4m3_to_float(byte);
    EXPECT_EQ(kE4m3Table[byte] == value, !std::isnan(value));
    EXPECT_EQ(e4m3_from_float(value), std::isnan(value) ? 0x7f : byte) << code;
  }
}

// Between every two neighbouring codes: the midpoint goes to the even code, the next floats on
// either side of it to the nearer one.
TEST(E4m3, RoundsToNearestEvenAtEveryMidpoint) {
  for (int code = 0; code < 0x7e; ++code) {
    const float low = e4m3_to_float(static_cast<std::uint8_t>(code));
    const float high = e4m3_to_float(static_cast<std::uint8_t>(code + 1));
    const float midpoint = (low + high) / 2;
    const int even = (code & 1) == 0 ? code : code + 1;
    EXPECT_EQ(e4m3_from_float(midpoint), even) << midpoint;
    EXPECT_EQ(e4m3_from_float(-midpoint), even | 0x80) << midpoint;
    EXPECT_EQ(e4m3_from_float(std::nextafter(midpoint, 0.0f)), code) << midpoint;
    EXPECT_EQ(e4m3_from_float(std::nextafter(midpoint, 1000.0f)), code + 1) << midpoint;
  }
}

TEST(E4m3, Saturates) {
  EXPECT_EQ(e4m3_from_float(449.0f), 0x7e);
  EXPECT_EQ(e4m3_from_float(1e30f), 0x7e);
  EXPECT_EQ(e4m3_from_float(-std::numeric_limits<float>::infinity()), 0xfe);
  EXPECT_EQ(e4m3_from_float(std::numeric_limits<float>::denorm_min()), 0x00);
}

TEST(E2m1, EveryCodeAndEveryMidpoint) {
  const float expected[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
  for (int code = 0; code < 8; ++code) {
    EXPECT_EQ(e2m1_to_float(static_cast<std::uint8_t>(code)), expected[code]);
    EXPECT_EQ(e2m1_to_float(static_cast<std::uint8_t>(code | 8)), -expected[code]);
    EXPECT_EQ(e2m1_from_float(expected[code]), code);
    EXPECT_EQ(e2m1_from_float(-expected[code]), code | 8);
    if (code == 7) continue;
    const float midpoint = (expected[code] + expected[code + 1]) / 2;
    EXPECT_EQ(e2m1_from_float(midpoint), (code & 1) == 0 ? code : code + 1) << midpoint;
    EXPECT_EQ(e2m1_from_float(std::nextafter(midpoint, 0.0f)), code);
    EXPECT_EQ(e2m1_from_float(std::nextafter(midpoint, 10.0f)), code + 1);
  }
  EXPECT_EQ(e2m1_from_float(100.0f), 7);
  EXPECT_EQ(e2m1_from_float(-std::numeric_limits<float>::infinity()), 15);
}

TEST(E8m0, EveryCodeIsItsPowerOfTwo) {
  for (int byte = 0; byte < 255; ++byte) {
    EXPECT_EQ(e8m0_to_float(static_cast<std::uint8_t>(byte)), std::ldexp(1.0f, byte - 127)) << byte;
  }
  EXPECT_TRUE(std::isnan(e8m0_to_float(255)));
}

TEST(E8m0, CeilIsTheSmallestPowerNotBelow) {
  EXPECT_EQ(e8m0_ceil(1.0f), 127);
  EXPECT_EQ(e8m0_ceil(std::nextafter(1.0f, 2.0f)), 128);
  EXPECT_EQ(e8m0_ceil(std::nextafter(1.0f, 0.0f)), 127);
  EXPECT_EQ(e8m0_ceil(0.0f), 0);
  EXPECT_EQ(e8m0_ceil(-3.0f), 0);
  EXPECT_EQ(e8m0_ceil(std::numeric_limits<float>::max()), 254);
  std::mt19937 random(1);
  for (int i = 0; i < 10000; ++i) {
    const float value =
        std::ldexp(static_cast<float>(random()) + 1.0f, static_cast<int>(random() % 200) - 130);
    const std::uint8_t byte = e8m0_ceil(value);
    ASSERT_GE(e8m0_to_float(byte), value);
    ASSERT_LT(e8m0_to_float(static_cast<std::uint8_t>(byte - 1)), value);
  }
}

TEST(Bf16, EveryCodeSurvivesARoundTrip) {
  for (int bits = 0; bits < 0x10000; ++bits) {
    const bf16_t value{static_cast<std::uint16_t>(bits)};
    const float wide = bf16_to_float(value);
    if (std::isnan(wide)) {
      EXPECT_TRUE(std::isnan(bf16_to_float(bf16_from_float(wide))));
    } else {
      ASSERT_EQ(bf16_from_float(wide), value) << bits;
    }
  }
}

TEST(Bf16, RoundsToNearestEven) {
  EXPECT_EQ(bf16_from_float(1.0f + 0x1p-8f).bits, 0x3f80);      // tie to even: down
  EXPECT_EQ(bf16_from_float(1.0f + 3 * 0x1p-8f).bits, 0x3f82);  // tie to even: up
  EXPECT_EQ(bf16_from_float(1.0f + 0x1p-8f + 0x1p-20f).bits, 0x3f81);
  EXPECT_EQ(bf16_from_float(std::numeric_limits<float>::max()).bits, 0x7f80);  // overflow
}

TEST(F16, EveryCodeDecodes) {
  for (int bits = 0; bits < 0x10000; ++bits) {
    const int exponent = (bits >> 10) & 0x1f;
    const int mantissa = bits & 0x3ff;
    const float value = f16_to_float(static_cast<std::uint16_t>(bits));
    if (exponent == 0x1f) {
      EXPECT_EQ(std::isnan(value), mantissa != 0);
      EXPECT_EQ(std::isinf(value), mantissa == 0);
      continue;
    }
    const double magnitude =
        exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    ASSERT_EQ(value, (bits & 0x8000) != 0 ? -magnitude : magnitude) << bits;
  }
}

TEST(E4m3, RandomValuesRoundToTheNearest) {
  std::mt19937 random(2);
  std::uniform_real_distribution<float> uniform(-500.0f, 500.0f);
  for (int i = 0; i < 2000; ++i) {
    const float x = std::ldexp(uniform(random), -static_cast<int>(random() % 16));
    const double nearest = nearest_value(x, e4m3_to_float, 256);
    ASSERT_LE(std::fabs(e4m3_to_float(e4m3_from_float(x)) - x), std::fabs(nearest - x)) << x;
  }
}

}  // namespace
}  // namespace dscope
