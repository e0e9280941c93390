// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/traces/timestamp.h"

#include <gtest/gtest.h>

#include <string>

namespace dscope::traces {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// 2023-11-16 18:17:03 UTC: 19,677 days after 1970-01-01.
constexpr std::int64_t kNovember = (19'677 * 86'400LL + 18 * 3600 + 17 * 60 + 3) * kSecond;

TEST(Timestamp, ReadsTheFormsOfTheTraces) {
  EXPECT_EQ(parse_timestamp_ns("1970-01-01 00:00:00"), 0);
  EXPECT_EQ(parse_timestamp_ns("2023-11-16 18:17:03"), kNovember);
  EXPECT_EQ(parse_timestamp_ns("2023-11-16 18:17:03.9799600"), kNovember + 979'960'000);
  EXPECT_EQ(parse_timestamp_ns("2023-11-16T18:17:03Z"), kNovember);
  EXPECT_EQ(parse_timestamp_ns("2023-11-16 18:17:03.009930+00:00"), kNovember + 9'930'000);
}

TEST(Timestamp, KeepsEveryDigitOfTheFraction) {
  EXPECT_EQ(parse_timestamp_ns("2023-11-16 18:17:03.5"), kNovember + 500'000'000);
  EXPECT_EQ(parse_timestamp_ns("2023-11-16 18:17:03.0000001"), kNovember + 100);
  EXPECT_EQ(parse_timestamp_ns("2023-11-16 18:17:03.123456789"), kNovember + 123'456'789);
}

TEST(Timestamp, AppliesTheZone) {
  EXPECT_EQ(parse_timestamp_ns("2023-11-16 20:17:03+02:00"), kNovember);
  EXPECT_EQ(parse_timestamp_ns("2023-11-16 13:47:03.25-0430"), kNovember + kSecond / 4);
  EXPECT_EQ(parse_timestamp_ns("2023-11-17 08:17:03+14"), kNovember);
  EXPECT_EQ(parse_timestamp_ns("2024-03-01 00:30:00+01:00"),
            parse_timestamp_ns("2024-02-29 23:30:00Z"));
}

TEST(Timestamp, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "2023-11-16",
                           "2023-11-16 18:17",
                           "2023-11-16 18:17:",
                           "2023-11-16 18:17:3",
                           "2023-11-16  18:17:03",
                           " 2023-11-16 18:17:03",
                           "2023-11-16 18:17:03 ",
                           "2023-11-16 18:17:03.",
                           "2023-11-16 18:17:03.1234567890",
                           "2023-11-16 18:17:03.1x",
                           "2023-11-16 18:17:03,5",
                           "2023-11-16 18:17:03+",
                           "2023-11-16 18:17:03+2",
                           "2023-11-16 18:17:03+02:",
                           "2023-11-16 18:17:03+02:0",
                           "2023-11-16 18:17:03+02:000",
                           "2023-11-16 18:17:03+24:00",
                           "2023-11-16 18:17:03+00:60",
                           "2023-11-16 18:17:03ZZ",
                           "2023-11-16 18:17:60",
                           "2023-11-16 18:60:00",
                           "2023-11-16 24:00:00",
                           "2023-13-16 18:17:03",
                           "2023-00-16 18:17:03",
                           "2023-02-29 00:00:00",
                           "2023-11-31 00:00:00",
                           "2023-11-00 00:00:00",
                           "1969-12-31 23:59:59",
                           "2201-01-01 00:00:00",
                           "9999-01-01 00:00:00",
                           "-023-11-16 18:17:03",
                           "2023-11-16 18:17:-3",
                           "2023-11-16 +8:17:03",
                           "1700158623",
                           "yesterday"}) {
    EXPECT_EQ(parse_timestamp_ns(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(Timestamp, RefusesEveryTruncation) {
  const std::string whole = "2023-11-16 18:17:03";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(parse_timestamp_ns(whole.substr(0, length)), std::nullopt) << length;
  }
}

}  // namespace
}  // namespace dscope::traces
