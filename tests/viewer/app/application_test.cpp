// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/app/application.h"

#include "profiler/import/trace_generator.h"
#include "tests/support/temporary_directory.h"
#include "tests/viewer/support/documents.h"
#include "tests/viewer/support/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <GLFW/glfw3.h>

namespace dscope::viewer {
namespace {

using test::Driver;

TEST(Application, DrawsAndExplainsItselfWithoutDocuments) {
  Driver driver;
  driver.frames(3);
  EXPECT_EQ(driver.problems(), "");
  EXPECT_EQ(driver.app().selection().active, 0U);
  EXPECT_FALSE(driver.app().wants_to_quit());
}

TEST(Application, TheSecondMeasurementIsComparedAndAPredictionIsLaidUnder) {
  const test::TemporaryDirectory folder;
  Driver driver;
  driver.open(test::write_measured(folder.path()));
  driver.open(test::write_predicted(folder.path()));
  const auto& documents = driver.app().documents();
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(driver.app().selection().active, documents[0]->id);
  EXPECT_EQ(driver.app().selection().prediction, documents[1]->id);
  EXPECT_EQ(driver.app().selection().baseline, 0U);
  driver.open(folder.file("measured.json"));
  EXPECT_EQ(driver.app().selection().active, driver.app().documents()[2]->id);
  EXPECT_EQ(driver.app().selection().baseline, driver.app().documents()[0]->id);
}

TEST(Application, ClosingTheActiveDocumentLeavesNoDanglingSelection) {
  const test::TemporaryDirectory folder;
  Driver driver;
  driver.open(test::write_measured(folder.path()));
  driver.open(folder.file("measured.json"));
  driver.keys("ctrl+w");
  ASSERT_EQ(driver.app().documents().size(), 1U);
  EXPECT_EQ(driver.app().selection().active, driver.app().documents()[0]->id);
  EXPECT_EQ(driver.app().selection().baseline, 0U);
  driver.keys("ctrl+w");
  EXPECT_TRUE(driver.app().documents().empty());
  EXPECT_EQ(driver.app().selection().active, 0U);
  EXPECT_EQ(driver.problems(), "");
}

TEST(Application, NumbersShowPanelsAndKeysChangeThemeAndScale) {
  Driver driver;
  driver.frames(2);
  driver.keys("2");
  EXPECT_EQ(driver.app().settings().layout.panels[0], "timeline");
  driver.keys("ctrl+t");
  EXPECT_EQ(driver.app().ui().palette.theme, view_data::Theme::kDark);
  driver.keys("ctrl+plus");
  EXPECT_GT(driver.app().ui().scale, 1.0F);
  driver.keys("ctrl+0");
  EXPECT_EQ(driver.app().ui().scale, 1.0F);
  driver.keys("f1");
  driver.keys("f1");
  driver.keys("ctrl+q");
  EXPECT_TRUE(driver.app().wants_to_quit());
  EXPECT_EQ(driver.problems(), "");
}

TEST(Application, ABrokenFileGivesAMessageAndTheRestGoesOn) {
  const test::TemporaryDirectory folder;
  Driver driver;
  for (const test::NamedFile& file : test::all_files(folder.path())) {
    const std::size_t before = driver.app().errors();
    const std::size_t open = driver.app().documents().size();
    driver.open(file.path);
    EXPECT_EQ(driver.app().errors() > before, !file.good) << file.name;
    EXPECT_EQ(driver.app().documents().size() > open, file.good) << file.name;
    if (!file.good) {
      EXPECT_THAT(driver.app().last_error(), testing::HasSubstr(file.path.filename().string()));
    }
  }
  EXPECT_EQ(driver.problems(), "");
}

// Large enough to be shown before it is analysed.
std::filesystem::path write_large_trace(const test::TemporaryDirectory& folder) {
  const auto path = folder.file("large.sqlite");
  importer::write_nsys_trace(path, {.steps = 160, .kernels_per_step = 430});
  return path;
}

TEST(Application, ALargeTraceCanBeLookedAtWhileItIsAnalysed) {
  const test::TemporaryDirectory folder;
  Driver driver;
  ASSERT_TRUE(driver.app().show("timeline"));
  driver.app().open({write_large_trace(folder)});
  while (driver.app().documents().empty() && driver.app().loading()) driver.frame();
  ASSERT_EQ(driver.app().documents().size(), 1U);
  const std::uint64_t id = driver.app().documents()[0]->id;
  // Whatever is shown meanwhile, and however far the analysis is.
  for (const char* panel :
       {"timeline", "breakdown", "compare", "explore", "roofline", "documents"}) {
    EXPECT_TRUE(driver.app().show(panel));
    driver.frame();
  }
  EXPECT_TRUE(driver.app().show("timeline"));
  driver.wait_loaded();
  ASSERT_EQ(driver.app().documents().size(), 1U);
  EXPECT_EQ(driver.app().documents()[0]->id, id);
  EXPECT_TRUE(driver.app().documents()[0]->complete);
  EXPECT_EQ(driver.app().selection().active, id);
  EXPECT_EQ(driver.problems(), "");
}

TEST(Application, APreviewThatIsClosedStaysClosed) {
  const test::TemporaryDirectory folder;
  Driver driver;
  driver.app().open({write_large_trace(folder)});
  while (driver.app().documents().empty() && driver.app().loading()) driver.frame();
  driver.keys("ctrl+w");
  driver.wait_loaded();
  EXPECT_TRUE(driver.app().documents().empty());
  EXPECT_EQ(driver.app().errors(), 0U);
  EXPECT_EQ(driver.problems(), "");
}

TEST(Application, FilesAreOpenedWithTheDialogAndTheKeyboardAlone) {
  const test::TemporaryDirectory folder;
  const auto path = test::write_measured(folder.path());
  Driver driver;
  driver.frames(2);
  driver.keys("ctrl+o");
  driver.frames(3);
  driver.input().text(path.string());
  driver.play();
  driver.keys("enter");
  driver.wait_loaded();
  EXPECT_EQ(driver.app().documents().size(), 1U);
  EXPECT_EQ(driver.problems(), "");
  driver.keys("ctrl+o");
  driver.keys("escape");
  driver.keys("ctrl+w");  // goes to the application again
  EXPECT_TRUE(driver.app().documents().empty());
}

TEST(Application, SeveralFilesAreChosenWithCtrlAndOnlyThoseThatCanBeOpenedAreListed) {
  const test::TemporaryDirectory folder;
  test::write_file(folder.file("a_picture.png"), "not for the viewer");
  (void)test::write_measured(folder.path());
  (void)test::write_predicted(folder.path());
  Settings settings;
  settings.last_folder = folder.path().string();
  Driver driver({1280, 720}, settings);
  driver.frames(2);
  driver.keys("ctrl+o");
  driver.frames(3);
  // The list begins below the bar of the folder; rows are a line high.
  const float line = driver.app().ui().regular->FontSize;
  driver.input().key(GLFW_KEY_LEFT_CONTROL, true);
  for (const float row : {0.0F, 1.0F}) {
    driver.input().click({400, 177 + row * (line + 6)});
  }
  driver.input().key(GLFW_KEY_LEFT_CONTROL, false);
  driver.input().click({314, 598});  // "Open"
  driver.play();
  EXPECT_FALSE(driver.app().asks_for_a_file());
  driver.wait_loaded();
  ASSERT_EQ(driver.app().documents().size(), 2U);
  EXPECT_EQ(driver.app().documents()[0]->name, "measured");
  EXPECT_EQ(driver.app().documents()[1]->name, "predicted");
  EXPECT_EQ(driver.problems(), "");
}

TEST(Application, TheRanksOfARunAreOneDocumentWhenTheyAreOpenedTogether) {
  const test::TemporaryDirectory folder;
  std::vector<std::filesystem::path> ranks;
  for (const char* rank : {"1", "0"}) {
    ranks.emplace_back(folder.file(std::string("run-TP-") + rank + ".trace.json.gz"));
    std::filesystem::copy(DSCOPE_SOURCE_DIR "/tests/data/kineto/eager_l4_b1-TP-0.trace.json.gz",
                          ranks.back());
  }
  Driver driver;
  driver.app().open(ranks);
  driver.wait_loaded();
  driver.open(ranks[0]);
  ASSERT_EQ(driver.app().documents().size(), 2U);
  EXPECT_EQ(driver.app().documents()[0]->name, "run-TP, 2 ranks");
  EXPECT_EQ(driver.app().documents()[1]->name, "run-TP-1");
  driver.keys("2");
  driver.frames(3);
  EXPECT_EQ(driver.problems(), "");
}

TEST(Application, ManyScalesAndTinyWindowsDrawWithoutComplaint) {
  const test::TemporaryDirectory folder;
  const auto path = test::write_measured(folder.path());
  for (const ImVec2 size : {ImVec2(320, 240), ImVec2(640, 480), ImVec2(3840, 2160)}) {
    Driver driver(size);
    driver.open(path);
    for (const float scale : {0.5F, 1.0F, 2.5F, 4.0F}) {
      driver.app().set_scale(scale);
      for (const char* panel : {"1", "2", "3", "4", "5", "6"}) driver.keys(panel);
    }
    EXPECT_EQ(driver.problems(), "") << size.x;
  }
}

TEST(Application, TwoPanesShowTwoPanels) {
  const test::TemporaryDirectory folder;
  Driver driver;
  driver.open(test::write_measured(folder.path()));
  for (const Split split : {Split::kSideBySide, Split::kStacked}) {
    driver.app().settings().layout.split = split;
    driver.app().settings().layout.panels = {"timeline", "documents"};
    driver.frames(4);
    const auto& panes = driver.app().pane_rects();
    EXPECT_GT(panes[1].width(), 100);
    EXPECT_GT(panes[1].height(), 100);
    // A number goes to the pane that was clicked last.
    driver.input().click({panes[1].min.x + panes[1].width() / 2, panes[1].max.y - 20});
    driver.play();
    driver.keys("1");
    EXPECT_EQ(driver.app().settings().layout.panels[1], "breakdown");
    driver.input().click({panes[0].min.x + panes[0].width() / 2, panes[0].max.y - 20});
    driver.play();
  }
  EXPECT_EQ(driver.problems(), "");
}

}  // namespace
}  // namespace dscope::viewer
