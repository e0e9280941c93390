// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/explore.h"

#include "model/axes.h"
#include "viewer/view_data/explore_controls.h"
#include "viewer/view_data/explore_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace dscope::view_data {
namespace {

using model::Axis;
using model::Configuration;
using model::default_configuration;
using model::find_axis;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const ExploreControl& control_of(const std::vector<ExploreSection>& sections,
                                 std::string_view name) {
  for (const ExploreSection& section : sections) {
    for (const ExploreControl& control : section.controls) {
      if (control.axis->name == name) return control;
    }
  }
  throw std::runtime_error("no control for " + std::string(name));
}

TEST(ExploreControls, HaveEveryAxisOnce) {
  const Configuration c = default_configuration();
  std::multiset<std::string> shown;
  for (const ExploreSection& section : explore_controls(c, c)) {
    EXPECT_NE(section.title, "More")
        << "sort this axis into a section: " << section.controls.front().axis->name;
    for (const ExploreControl& control : section.controls) shown.insert(control.axis->name);
  }
  for (const Axis& axis : model::axes()) EXPECT_EQ(shown.count(axis.name), 1U) << axis.name;
}

TEST(ExploreControls, ShowValuesForPeople) {
  const Configuration reference = default_configuration();
  Configuration now = reference;
  EXPECT_EQ(try_set(now, find_axis("tp"), "4"), "");
  EXPECT_EQ(try_set(now, find_axis("smem"), "227KiB"), "");
  const auto sections = explore_controls(now, reference);
  const ExploreControl& smem = control_of(sections, "smem");
  EXPECT_EQ(smem.kind, ControlKind::kSlider);
  EXPECT_EQ(smem.shown, "227 KiB");
  EXPECT_TRUE(smem.changed);
  EXPECT_THAT(smem.help, HasSubstr("reference: 99 KiB"));
  EXPECT_THAT(control_of(sections, "tp").choices, ElementsAre("1", "2", "4", "8"));
  EXPECT_FALSE(control_of(sections, "batch").changed);
  EXPECT_EQ(control_of(sections, "p2p").kind, ControlKind::kSwitch);
  const ExploreControl& stages = control_of(sections, "moe_stages");
  EXPECT_EQ(stages.automatic, "auto");
  EXPECT_FALSE(stages.number.has_value());
  const ExploreControl& device = control_of(sections, "device");
  EXPECT_EQ(device.kind, ControlKind::kChoice);
  EXPECT_THAT(device.labels, Contains("GeForce RTX 5090"));
}

TEST(ExploreControls, RefuseNonsenseAndSayWhy) {
  const Configuration before = default_configuration();
  for (const Axis& axis : model::axes()) {
    for (const char* value : {"", "nonsense", "-1", "nan", "1e999", "\xff\xfe", "=", "%s"}) {
      Configuration c = before;
      const std::string problem = try_set(c, axis, value);
      if (problem.empty()) continue;
      EXPECT_EQ(axis_key(c), axis_key(before)) << axis.name << " " << value;
    }
  }
  Configuration c = before;
  EXPECT_THAT(try_set(c, find_axis("device"), "rtx-9999"), HasSubstr("rtx-9999"));
}

TEST(ExploreControls, SlidersReachBothEnds) {
  for (const Axis& axis : model::axes()) {
    if (!(axis.low < axis.high)) continue;
    for (const double number : {axis.low, axis.high, std::nan(""), 1e300}) {
      Configuration c = default_configuration();
      EXPECT_EQ(try_set(c, axis, slider_value(axis, number)), "") << axis.name << " " << number;
    }
  }
}

TEST(ExploreControls, AxisValuesHoldTheCurrentOneInOrder) {
  Configuration c = default_configuration();
  EXPECT_EQ(try_set(c, find_axis("batch"), "3"), "");
  EXPECT_THAT(axis_values(find_axis("batch"), c, 24),
              ElementsAre("1", "2", "3", "4", "8", "16", "32", "64", "128", "256"));
  EXPECT_THAT(axis_values(find_axis("tp"), c, 24), ElementsAre("1", "2", "4", "8"));
  EXPECT_THAT(axis_values(find_axis("moe_stages"), c, 24),
              ElementsAre("auto", "1", "2", "3", "4", "5", "6", "7", "8"));
  for (const Axis& axis : model::axes()) {
    const std::vector<std::string> values = axis_values(axis, c, 12);
    EXPECT_THAT(values, Contains(axis.get(c))) << axis.name;
    EXPECT_LE(values.size(), std::max<std::size_t>(14, axis.choices.size() + 1)) << axis.name;
    EXPECT_EQ(std::set<std::string>(values.begin(), values.end()).size(), values.size())
        << axis.name;
  }
}

TEST(ExploreControls, KeysTellConfigurationsApartAndBringThemBack) {
  const Configuration start = default_configuration();
  Configuration c = start;
  for (const char* assignment :
       {"device=rtx-5090", "smem=100000", "tp=4", "batch=16", "power=400", "moe_stages=3",
        "routing=zipf:0.9", "p2p=off", "depth=2", "acceptance=0.7"}) {
    c = model::with(c, assignment);
  }
  EXPECT_NE(axis_key(start), axis_key(c));
  EXPECT_EQ(axis_key(from_axis_key(start, axis_key(c))), axis_key(c));
  EXPECT_EQ(axis_key(from_axis_key(start, "nonsense\n=\ntp=banana\nbatch=2")),
            axis_key(model::with(start, "batch=2")));
  EXPECT_THAT(axis_differences(start, c), Contains("Batch: 1 to 16"));
}

TEST(Ask, GivesThePredictionOfTheModel) {
  const Configuration c = default_configuration();
  const AnswerPtr answer = ask(c);
  ASSERT_TRUE(answer->outcome.has_value());
  EXPECT_EQ(answer->outcome->prediction.step_ns, model::predict(c).prediction.step_ns);
  EXPECT_EQ(answer->problem, "");
}

TEST(Ask, TurnsErrorsIntoReasons) {
  const AnswerPtr answer = ask(model::with(default_configuration(), "tp=7"));
  EXPECT_FALSE(answer->outcome.has_value());
  EXPECT_THAT(answer->problem, HasSubstr("7"));
  EXPECT_EQ(point_of(*answer).blocked, answer->problem);
  EXPECT_EQ(point_of(*answer).step_ns, 0);
}

TEST(Ask, WhatDoesNotFitIsBlockedAndStillHasATime) {
  Configuration c = model::with(default_configuration(), "device=rtx-5090");
  c.tp = 1;
  const AnswerPtr answer = ask(c);
  ASSERT_TRUE(answer->outcome.has_value());
  EXPECT_THAT(answer->outcome->obstacle, HasSubstr("needs"));
  EXPECT_GT(point_of(*answer).tok_s, 0);
}

ExploreRequest request_for(const Configuration& c) {
  ExploreRequest request;
  request.now = c;
  request.curve_axis = "batch";
  request.map_x = "batch";
  request.map_y = "tp";
  request.most_values = 6;
  return request;
}

TEST(Explore, PublishesTheAnswerFirstThenCurveThenMap) {
  Oracle oracle;
  std::vector<ExploreResult> results;
  ExploreRequest request = request_for(default_configuration());
  request.pinned = model::with(request.now, "tp=4");
  explore(
      request, oracle, [] { return false; },
      [&](ExploreResult r) { results.push_back(std::move(r)); });
  ASSERT_EQ(results.size(), 2U + 4U);
  EXPECT_EQ(results[0].curve, nullptr);
  ASSERT_NE(results[1].curve, nullptr);
  const ExploreCurve& curve = *results[1].curve;
  EXPECT_EQ(curve.now.size(), curve.values.size());
  EXPECT_EQ(curve.pinned.size(), curve.values.size());
  ASSERT_TRUE(curve.current.has_value());
  EXPECT_EQ(curve.now[*curve.current].step_ns, results[0].now->outcome->prediction.step_ns);
  ASSERT_NE(results[2].map, nullptr);
  EXPECT_FALSE(results[2].map->complete());
  const ExploreMap& map = *results.back().map;
  EXPECT_TRUE(map.complete());
  ASSERT_TRUE(map.current.has_value());
  EXPECT_EQ(map.cells[*map.current].step_ns, results[0].now->outcome->prediction.step_ns);
}

TEST(Explore, AsksTheModelOnceForEqualConfigurations) {
  Oracle oracle;
  const auto never = [] { return false; };
  const auto nowhere = [](const ExploreResult&) {};
  const ExploreRequest request = request_for(default_configuration());
  explore(request, oracle, never, nowhere);
  const std::size_t first = oracle.hits();
  explore(request, oracle, never, nowhere);
  // Everything: the answer, 6 or 7 points of the curve and as many times 4 cells.
  const std::size_t values = axis_values(find_axis("batch"), request.now, 6).size();
  EXPECT_EQ(oracle.hits() - first, 1 + values + values * 4);
}

TEST(Explore, StopsWhenStale) {
  Oracle oracle;
  int published = 0;
  explore(
      request_for(default_configuration()), oracle, [] { return true; },
      [&](const ExploreResult& result) {
        ++published;
        EXPECT_NE(result.now, nullptr);
      });
  EXPECT_EQ(published, 1);
}

TEST(Explore, EveryAxisGivesFiniteNumbersOrAReason) {
  Oracle oracle;
  ExploreRequest request;
  request.now = default_configuration();
  request.most_values = 2;
  const std::vector<Axis>& axes = model::axes();
  for (std::size_t i = 0; i < axes.size(); i += 2) {
    request.map_x = request.curve_axis = axes[i].name;
    request.map_y = axes[(i + 1) % axes.size()].name;
    explore(
        request, oracle, [] { return false; },
        [&](const ExploreResult& result) {
          if (!result.map) return;
          for (const AnswerPoint& point : result.map->cells) {
            EXPECT_TRUE(std::isfinite(point.tok_s) && std::isfinite(point.step_ns));
            EXPECT_TRUE(point.step_ns > 0 || !point.blocked.empty()) << request.map_x;
          }
          if (!result.map->complete()) return;
          EXPECT_NO_THROW((void)to_csv(explore_map_table(*result.map)));
          EXPECT_NO_THROW((void)to_csv(explore_curve_table(*result.curve)));
        });
  }
}

TEST(Explore, TheWorkerAnswersTheNewestRequest) {
  const auto worker = make_explore_worker();
  for (const char* batch : {"batch=1", "batch=2", "batch=4", "batch=8"}) {
    worker->submit(request_for(model::with(default_configuration(), batch)));
  }
  worker->wait_until_idle();
  ASSERT_NE(worker->latest(), nullptr);
  EXPECT_EQ(worker->latest()->now->configuration.batch, 8);
  ASSERT_NE(worker->latest()->map, nullptr);
  EXPECT_TRUE(worker->latest()->map->complete());
}

}  // namespace
}  // namespace dscope::view_data
