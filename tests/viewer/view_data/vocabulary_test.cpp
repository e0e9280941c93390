// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/axis.h"
#include "viewer/view_data/histogram.h"
#include "viewer/view_data/palette.h"
#include "viewer/view_data/table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dscope::view_data {
namespace {

TEST(Ticks, AreRoundInsideAndShareTheirUnit) {
  const auto ticks = make_ticks(0, 43'100, 6, Unit::kNs);
  ASSERT_GE(ticks.size(), 3U);
  EXPECT_EQ(ticks[0].text, "0 us");
  EXPECT_EQ(ticks[1].text, "10 us");
  for (const Tick& tick : ticks) {
    EXPECT_GE(tick.value, 0);
    EXPECT_LE(tick.value, 43'100);
  }
}

TEST(Ticks, OfALogarithmicAxisArePowersOfTen) {
  const auto ticks = make_ticks(1, 1e6, 8, Unit::kNs, Scale::kLog);
  ASSERT_EQ(ticks.size(), 7U);
  EXPECT_DOUBLE_EQ(ticks[3].value, 1000);
}

TEST(Ticks, ImpossibleAxesHaveNone) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(make_ticks(1, 1, 5, Unit::kNone).empty());
  EXPECT_TRUE(make_ticks(2, 1, 5, Unit::kNone).empty());
  EXPECT_TRUE(make_ticks(0, kInf, 5, Unit::kNone).empty());
  EXPECT_TRUE(make_ticks(NAN, 1, 5, Unit::kNone).empty());
  EXPECT_TRUE(make_ticks(-1e308, 1e308, 5, Unit::kNone).empty());
  EXPECT_TRUE(make_ticks(0, 5, 5, Unit::kNone, Scale::kLog).empty());
  EXPECT_LE(make_ticks(1e15, 1e15 + 1e-3, 5, Unit::kNone).size(), 20U);
}

TEST(Values, AreShortAndHaveTheirUnit) {
  EXPECT_EQ(format_value(43'100, Unit::kNs), "43.1 us");
  EXPECT_EQ(format_value(0.452, Unit::kPercent), "45.2 %");
  EXPECT_EQ(format_value(31.4, Unit::kTokS), "31.4 tok/s");
  EXPECT_EQ(format_value(1792, Unit::kGbps), "1.79 TB/s");
  EXPECT_EQ(format_value(NAN, Unit::kNs), "-");
}

TEST(Positions, GoThereAndBack) {
  for (const Scale scale : {Scale::kLinear, Scale::kLog}) {
    for (const double value : {1.0, 3.0, 80.0, 100.0}) {
      EXPECT_NEAR(value_at(position(value, 1, 100, scale), 1, 100, scale), value, 1e-9);
    }
  }
}

TEST(RoundUp, IsNeverBelow) {
  for (double value = 0.003; value < 1e7; value *= 1.37) {
    EXPECT_GE(round_up(value) * (1 + 1e-9), value);
    EXPECT_LE(round_up(value), value * 1.6);
  }
  EXPECT_EQ(round_up(0), 1);
  EXPECT_EQ(round_up(NAN), 1);
}

class Themes : public testing::TestWithParam<Theme> {};

TEST_P(Themes, TextCanBeReadOnEveryGroundThatCarriesText) {
  const Palette p = make_palette(GetParam());
  for (const Color ground : {p.background, p.surface, p.raised, p.selection}) {
    EXPECT_GE(contrast(p.text, ground), 7.0);
    EXPECT_GE(contrast(p.muted, ground), 3.6);
  }
  for (const Color color : {p.good, p.bad, p.warning, p.accent}) {
    EXPECT_GE(contrast(color, p.surface), 3.0);
  }
  for (const StageInfo& stage : kStages) {
    EXPECT_GE(contrast(text_on(p.of(stage.stage)), p.of(stage.stage)), 3.0) << stage.id;
  }
}

TEST_P(Themes, StagesAreToldApart) {
  const Palette p = make_palette(GetParam());
  for (std::size_t a = 0; a < kStageCount; ++a) {
    for (std::size_t b = a + 1; b < kStageCount; ++b) {
      const Color x = p.stages[a];
      const Color y = p.stages[b];
      const int distance = std::abs(x.r - y.r) + std::abs(x.g - y.g) + std::abs(x.b - y.b);
      EXPECT_GE(distance, 35) << kStages[a].id << " and " << kStages[b].id;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Themes,
                         testing::Values(Theme::kLight, Theme::kDark, Theme::kColourBlind));

TEST(Colors, MixAndHeatStayInsideAndResidualsAreNeutralAtZero) {
  const Palette p = make_palette(Theme::kLight);
  EXPECT_EQ(mix({0, 0, 0}, {200, 100, 50}, 0.5), (Color{100, 50, 25}));
  EXPECT_EQ(heat_color(p, NAN), heat_color(p, 0));
  EXPECT_EQ(heat_color(p, 7), heat_color(p, 1));
  EXPECT_EQ(residual_color(p, 0), p.raised);
  EXPECT_EQ(residual_color(p, 3), p.bad);
  EXPECT_EQ(residual_color(p, -0.9), p.good);
}

TEST(Histograms, CountEverythingOnceAndWhatIsOutside) {
  const std::vector<double> values{1, 2, 3, 4, 5, 100, NAN};
  const Histogram h = make_histogram(values, 1, 5, 4);
  EXPECT_EQ(h.counts, (std::vector<std::int64_t>{1, 1, 1, 2}));
  EXPECT_EQ(h.total, 5);
  EXPECT_EQ(h.outside, 2);
  EXPECT_DOUBLE_EQ(h.edge(0), 1);
  EXPECT_DOUBLE_EQ(h.edge(4), 5);
  EXPECT_EQ(range_of(values).high, 100);
  EXPECT_LT(range_of(std::vector<double>{7, 7}).low, 7);
}

Table table() {
  Table t{.id = "t", .title = "T"};
  t.columns = {{.key = "name", .title = "Name"}, {.key = "n", .title = "N"}};
  using exporter::Cell;
  using exporter::CellValue;
  t.add({Cell("b"), Cell(CellValue(2.0), "two")});
  t.add({Cell("a"), Cell()});
  t.add({Cell("c"), Cell(CellValue(std::int64_t{10}), "ten")});
  return t;
}

TEST(Tables, SortByValueWithMissingOnesLastEitherWay) {
  const Table t = table();
  EXPECT_EQ(sorted_order(t, 1, false), (std::vector<std::size_t>{0, 2, 1}));
  EXPECT_EQ(sorted_order(t, 1, true), (std::vector<std::size_t>{2, 0, 1}));
  EXPECT_EQ(sorted_order(t, 0, false), (std::vector<std::size_t>{1, 0, 2}));
  EXPECT_EQ(sorted_order(t, 9, false), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(Tables, ExportWhatTheyHoldInTheOrderShown) {
  EXPECT_EQ(to_csv(table(), {2, 0}), "name,n\nc,10\nb,2.0\n");
}

}  // namespace
}  // namespace dscope::view_data
