// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/plot_axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

namespace dscope::viewer {
namespace {

using ::testing::ElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::string> texts(const PlotAxis& axis) {
  std::vector<std::string> list;
  for (const AxisTick& tick : axis.ticks) {
    if (!tick.text.empty()) list.push_back(tick.text);
  }
  return list;
}

TEST(PlotAxis, LinearTicksAreRound) {
  EXPECT_THAT(texts(linear_axis(0, 10, 5)), ElementsAre("0", "2", "4", "6", "8", "10"));
  EXPECT_THAT(texts(linear_axis(3, 27, 5)), ElementsAre("5", "10", "15", "20", "25"));
  EXPECT_THAT(texts(linear_axis(-1, 1, 4)), ElementsAre("-1", "-0.5", "0", "0.5", "1"));
  EXPECT_THAT(texts(share_axis(4)), ElementsAre("0 %", "20 %", "40 %", "60 %", "80 %", "100 %"));
}

TEST(PlotAxis, TimeTicksHaveUnits) {
  EXPECT_THAT(texts(time_axis(97.5e6, 4)),
              ElementsAre("0", "20.00 ms", "40.00 ms", "60.00 ms", "80.00 ms"));
}

TEST(PlotAxis, LogTicksAreDecades) {
  const PlotAxis wide = log_axis(0.3, 2000);
  EXPECT_EQ(wide.low, 0.1);
  EXPECT_NEAR(wide.high, 10000, 1e-6);
  EXPECT_THAT(texts(wide), ElementsAre("0.1", "1", "10", "100", "1k", "10k"));
  EXPECT_NEAR(wide.place(1), 0.2, 1e-12);
  EXPECT_NEAR(wide.value_at(wide.place(37)), 37, 1e-9);
  EXPECT_THAT(texts(log_axis(1, 64, false)), ElementsAre("1", "2", "5", "10", "20", "50"));
}

TEST(PlotAxis, PlacesRunFromLowToHigh) {
  const PlotAxis axis = linear_axis(10, 20, 5);
  EXPECT_EQ(axis.place(10), 0);
  EXPECT_EQ(axis.place(15), 0.5);
  EXPECT_EQ(axis.place(20), 1);
  EXPECT_LT(axis.place(1e300), 1.02);
  EXPECT_GT(axis.place(-1e300), -0.02);
}

TEST(PlotAxis, AnythingGivesFinitePlacesAndFewTicks) {
  const double values[] = {0,     -0.0,   1,         -5,         1e-310,
                           1e308, -1e308, kInfinity, -kInfinity, std::nan("")};
  for (const double low : values) {
    for (const double high : values) {
      for (const PlotAxis& axis : {linear_axis(low, high, 6), log_axis(low, high),
                                   log_axis(low, high, false), time_axis(high, 6)}) {
        EXPECT_LT(axis.low, axis.high) << low << " " << high;
        EXPECT_LE(axis.ticks.size(), 400U);
        for (const AxisTick& tick : axis.ticks) {
          EXPECT_TRUE(std::isfinite(tick.place)) << low << " " << high;
          EXPECT_GE(tick.place, -0.02);
          EXPECT_LE(tick.place, 1.02);
        }
        for (const double value : values) EXPECT_TRUE(std::isfinite(axis.place(value)));
      }
    }
  }
}

TEST(PlotAxis, ShortNumbers) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(0.25), "0.25");
  EXPECT_EQ(short_number(1500), "1.5k");
  EXPECT_EQ(short_number(999.9), "1k");
  EXPECT_EQ(short_number(2e6), "2M");
  EXPECT_EQ(short_number(-65536), "-65.5k");
  EXPECT_EQ(short_number(kInfinity), "-");
}

}  // namespace
}  // namespace dscope::viewer
