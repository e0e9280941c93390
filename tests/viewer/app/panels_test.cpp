// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/temporary_directory.h"
#include "tests/viewer/support/documents.h"
#include "tests/viewer/support/driver.h"
#include "viewer/app/options.h"
#include "viewer/view_data/sample_timeline.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace dscope::viewer {
namespace {

using test::Driver;

// What a curious person does: the mouse over everything, clicks on a grid, the wheel, a drag, every
// key that some panel knows.
void be_curious(Driver& driver) {
  const Rect pane = driver.app().pane_rects()[0];
  for (float y = 0.06F; y < 1; y += 0.13F) {
    for (float x = 0.04F; x < 1; x += 0.12F) {
      const ImVec2 at{pane.min.x + pane.width() * x, pane.min.y + pane.height() * y};
      driver.input().click(at);
      driver.play();
      // A button may have asked for a file: nothing is to be written here.
      if (driver.app().asks_for_a_file() || ImGui::GetIO().WantTextInput) driver.keys("escape");
    }
  }
  const ImVec2 middle{pane.min.x + pane.width() * 0.6F, pane.min.y + pane.height() * 0.4F};
  driver.input().move(middle);
  for (int i = 0; i < 12; ++i) driver.input().wheel(i < 8 ? 1.0F : -1.0F);
  driver.input().drag(middle, {middle.x - 120, middle.y + 30});
  driver.play();
  driver.keys("escape");
  for (const char* key : {"f", "w", "s", "a", "d", "m", "x", "n", "z", "shift+n", "escape"}) {
    driver.keys(key);
  }
}

class Panels : public testing::TestWithParam<const char*> {};

TEST_P(Panels, StandEveryDocumentAndACuriousPerson) {
  const test::TemporaryDirectory folder;
  for (const test::NamedFile& file : test::all_files(folder.path())) {
    Driver driver;
    driver.open(file.path);
    ASSERT_TRUE(driver.app().show(GetParam()));
    driver.frames(4);
    be_curious(driver);
    EXPECT_EQ(driver.problems(), "") << file.name;
    EXPECT_GT(driver.drawn().vertices, 100U) << file.name;
  }
}

TEST_P(Panels, StandAllDocumentsTogether) {
  const test::TemporaryDirectory folder;
  Driver driver({1280, 720});
  ASSERT_TRUE(driver.app().show(GetParam()));
  for (const test::NamedFile& file : test::all_files(folder.path())) {
    if (file.good) driver.open(file.path);
  }
  driver.app().clear_messages();
  for (std::size_t i = 0; i < driver.app().documents().size(); ++i) {
    driver.keys("pagedown");
    driver.frames(3);
    EXPECT_EQ(driver.problems(), "") << i;
  }
  be_curious(driver);
  while (!driver.app().documents().empty()) {
    driver.keys("escape");
    driver.keys("ctrl+w");
  }
  EXPECT_EQ(driver.problems(), "");
}

TEST_P(Panels, KeepAndRestoreTheirState) {
  Driver driver;
  driver.app().add(view_data::make_sample_document(20'000));
  ASSERT_TRUE(driver.app().show(GetParam()));
  driver.frames(4);
  Panel* panel = driver.app().panel(GetParam());
  ASSERT_NE(panel, nullptr);
  nlohmann::json state;
  panel->save(state);
  panel->load(state);
  for (const char* nonsense :
       {"null", "[]", "7", R"({"from_ns": -9e18, "details_share": "x", "search": 3})",
        R"({"from_ns": -9223372036854775808, "to_ns": 9223372036854775807})"}) {
    panel->load(nlohmann::json::parse(nonsense));
    driver.frames(3);
  }
  EXPECT_EQ(driver.problems(), "");
}

INSTANTIATE_TEST_SUITE_P(All, Panels,
                         testing::Values("breakdown", "timeline", "compare", "explore", "roofline",
                                         "documents"),
                         [](const auto& one) { return std::string(one.param); });

TEST(PanelList, IsTheOneThatTheTestsGoThrough) {
  EXPECT_EQ(panel_ids(), (std::vector<std::string>{"breakdown", "timeline", "compare", "explore",
                                                   "roofline", "documents"}));
}

class TimelinePanel : public testing::Test {
 protected:
  TimelinePanel() {
    driver.open(DSCOPE_SOURCE_DIR "/tests/data/kineto/eager_l4_b1-TP-0.trace.json.gz");
    (void)driver.app().show("timeline");
    driver.frames(5);
    pane = driver.app().pane_rects()[0];
  }
  [[nodiscard]] nlohmann::json state() {
    nlohmann::json json;
    driver.app().panel("timeline")->save(json);
    return json;
  }
  [[nodiscard]] std::int64_t shown_ns() {
    const nlohmann::json json = state();
    return json.at("to_ns").get<std::int64_t>() - json.at("from_ns").get<std::int64_t>();
  }
  [[nodiscard]] ImVec2 at(float x, float y) const {
    return {pane.min.x + pane.width() * x, pane.min.y + pane.height() * y};
  }

  test::TemporaryDirectory folder;
  Driver driver;
  Rect pane;
};

TEST_F(TimelinePanel, ZoomsWithKeysAndWheelAndFitsAgain) {
  const std::int64_t all = shown_ns();
  driver.input().move(at(0.6F, 0.4F));
  driver.input().key(*key_from_name("w"), true);
  driver.input().wait(20);
  driver.input().key(*key_from_name("w"), false);
  driver.play();
  const std::int64_t zoomed = shown_ns();
  EXPECT_LT(zoomed, all * 3 / 4);
  driver.input().wheel(3);
  driver.play();
  EXPECT_LT(shown_ns(), zoomed);
  driver.keys("f");
  EXPECT_EQ(shown_ns(), all);
  EXPECT_EQ(driver.problems(), "");
}

TEST_F(TimelinePanel, SearchesFromTheKeyboard) {
  driver.keys("/");
  driver.input().text("AllReduce");
  driver.play();
  driver.keys("enter");
  EXPECT_EQ(state().at("search"), "AllReduce");
  driver.keys("escape");
  driver.keys("n");
  driver.keys("shift+n");
  EXPECT_EQ(driver.problems(), "");
}

TEST_F(TimelinePanel, MeasuresAndCopiesNanoseconds) {
  driver.keys("m");
  driver.input().drag(at(0.5F, 0.35F), at(0.7F, 0.35F));
  driver.play();
  driver.keys("ctrl+c");
  const std::string copied = driver.app().clipboard();
  ASSERT_TRUE(copied.ends_with(" ns")) << copied;
  const double ns = std::stod(copied);
  const double expected = static_cast<double>(shown_ns()) * 0.2 / 0.83;  // the lanes' part
  EXPECT_NEAR(ns, expected, expected * 0.15);
}

TEST_F(TimelinePanel, ATimeSelectionChangesTheStatistics) {
  const auto count = [&] {
    const auto files = driver.app().export_tables(folder.path(), "timeline");
    const std::string text = test::read_file(files.at(0).string());
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto all = count();
  driver.input().drag(at(0.94F, 0.187F), at(0.95F, 0.187F));  // on the ruler
  driver.play();
  ASSERT_TRUE(driver.app().selection().time);
  EXPECT_LT(driver.app().selection().time->length_ns(), shown_ns() / 20);
  EXPECT_LT(count(), all);
}

}  // namespace
}  // namespace dscope::viewer
