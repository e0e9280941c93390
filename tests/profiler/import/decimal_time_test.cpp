// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/decimal_time.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace dscope::importer {
namespace {

TEST(DecimalTime, IsExact) {
  EXPECT_EQ(parse_microseconds("4609133070834.080"), 4'609'133'070'834'080);
  EXPECT_EQ(parse_microseconds("1795466159070834.123"), 1'795'466'159'070'834'123);  // no double
  EXPECT_EQ(parse_microseconds("2.208"), 2208);
  EXPECT_EQ(parse_microseconds("1"), 1000);
  EXPECT_EQ(parse_microseconds("0.001"), 1);
  EXPECT_EQ(parse_microseconds("0"), 0);
  EXPECT_EQ(parse_microseconds("-0.5"), -500);
  EXPECT_EQ(parse_microseconds("9223372036854775.807"), INT64_MAX);
}

TEST(DecimalTime, RoundsToTheNearestNanosecond) {
  EXPECT_EQ(parse_microseconds("1.2344"), 1234);
  EXPECT_EQ(parse_microseconds("1.2345"), 1235);
  EXPECT_EQ(parse_microseconds("0.00049999999999999999999999999999999"), 0);
  EXPECT_EQ(parse_microseconds("1e-300"), 0);
}

TEST(DecimalTime, ReadsExponents) {
  EXPECT_EQ(parse_microseconds("2.5e3"), 2'500'000);
  EXPECT_EQ(parse_microseconds("25E-1"), 2500);
  EXPECT_EQ(parse_microseconds("1e+0"), 1000);
}

TEST(DecimalTime, RefusesWhatIsNoNumberOrDoesNotFit) {
  for (const char* text :
       {"", "-", ".", "1.", ".5", "1.2.3", "abc", "1x", "1e", "1e5x", "--1", "+1", "NaN",
        "Infinity", "9223372036854775.808", "1e300", "1e99999999999", "99999999999999999999"}) {
    EXPECT_FALSE(parse_microseconds(text)) << text;
  }
}

TEST(DecimalTime, EveryNumberOfNanosecondsComesBack) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 10'000; ++i) {
    const auto ns = static_cast<std::int64_t>(random() >> (random() % 60 + 1));
    std::string decimals = std::to_string(ns % 1000);
    decimals.insert(0, 3 - decimals.size(), '0');
    ASSERT_EQ(parse_microseconds(std::to_string(ns / 1000) + "." + decimals), ns);
  }
}

}  // namespace
}  // namespace dscope::importer
