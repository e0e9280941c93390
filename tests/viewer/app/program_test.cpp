// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/run_command.h"
#include "tests/viewer/support/documents.h"
#include "tests/viewer/support/screenshot.h"
#include "viewer/app/options.h"
#include "viewer/view_data/palette.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace dscope::viewer {
namespace {

using test::CommandResult;
using testing::HasSubstr;
using view_data::Theme;

constexpr const char* kTrace =
    DSCOPE_SOURCE_DIR "/tests/data/kineto/eager_l4_b1-TP-0.trace.json.gz";

CommandResult viewer(const std::string& arguments) {
  return test::run_command("env -u DISPLAY -u WAYLAND_DISPLAY " DSCOPE_VIEWER " " + arguments);
}

// Under the address sanitizer without a search for leaks: the graphics driver is unloaded before
// it, and 112 bytes of the driver's have no owner then. Ours are searched for in viewer_app_test.
CommandResult viewer_under_xvfb(const std::string& arguments) {
  return test::run_command("ASAN_OPTIONS=detect_leaks=0 LIBGL_ALWAYS_SOFTWARE=1 " DSCOPE_XVFB_RUN
                           " -a " DSCOPE_VIEWER " " +
                           arguments);
}

// Skips where pictures cannot be made, saying why.
class UnderXvfb : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(DSCOPE_XVFB_RUN).empty()) GTEST_SKIP() << "xvfb-run is missing (Debian: xvfb)";
    if (test::run_command(DSCOPE_XVFB_RUN " -a true").exit_code != 0) {
      GTEST_SKIP() << "xvfb-run does not work here";
    }
  }
  test::TemporaryDirectory folder;
};

TEST(WithoutADisplay, ItSaysWhatToDoAndEndsWith3) {
  const CommandResult result = viewer("--screenshot out.png");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("xvfb-run"));
}

TEST(WithoutADisplay, TablesAreExported) {
  const test::TemporaryDirectory folder;
  const auto document = test::write_measured(folder.path());
  const CommandResult result =
      viewer(fmt::format("--export-csv {} {}", folder.file("csv"), document.string()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("document_facts.csv"));
}

TEST(WithoutADisplay, MistakesOnTheCommandLineEndWith2) {
  EXPECT_EQ(viewer("--panel cockpit").exit_code, 2);
  EXPECT_EQ(viewer("--no-such-option").exit_code, 2);
  EXPECT_EQ(viewer("--help").exit_code, 0);
  EXPECT_THAT(viewer("--version").out, HasSubstr("dscope-viewer"));
}

TEST(WithoutADisplay, ABrokenFileEndsWith1AndSaysWhere) {
  const test::TemporaryDirectory folder;
  for (const test::NamedFile& file : test::all_files(folder.path())) {
    if (file.good) continue;
    const CommandResult result =
        viewer(fmt::format("--export-csv {} {}", folder.file("csv"), file.path.string()));
    EXPECT_EQ(result.exit_code, 1) << file.name;
    EXPECT_THAT(result.err, HasSubstr(file.path.filename().string()));
  }
}

// The value of a column in the row that begins with `key`.
double csv_value(const std::string& text, const std::string& key, const std::string& column) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  const auto split = [](const std::string& row) {
    std::vector<std::string> fields;
    std::istringstream in(row);
    for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
    return fields;
  };
  const auto names = split(line);
  while (std::getline(lines, line)) {
    const auto fields = split(line);
    if (fields.empty() || fields[0] != key) continue;
    for (std::size_t i = 0; i < names.size() && i < fields.size(); ++i) {
      if (names[i] == column) return std::stod(fields[i]);
    }
  }
  ADD_FAILURE() << "no " << column << " of " << key << " in\n" << text;
  return 0;
}

TEST(Numbers, AreThoseOfTheCommandLine) {
  const test::TemporaryDirectory folder;
  const auto document = test::write_measured(folder.path());
  const CommandResult report = test::dscope("report " + document.string() + " --format json");
  ASSERT_EQ(report.exit_code, 0) << report.err;
  const auto json = nlohmann::json::parse(report.out);
  const CommandResult exported = viewer(
      fmt::format("--export-csv {} --panel breakdown {}", folder.file("csv"), document.string()));
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  const std::string csv = test::read_file(folder.file("csv/stages.csv"));
  for (const auto& stage : json.at("stages")) {
    if (stage.at("id") != "moe" && stage.at("id") != "nccl") continue;  // what took time
    EXPECT_DOUBLE_EQ(csv_value(csv, stage.at("label"), "time_ns"),
                     stage.at("time_ns").get<double>());
    EXPECT_DOUBLE_EQ(csv_value(csv, stage.at("label"), "share"), stage.at("share").get<double>());
  }
}

TEST_F(UnderXvfb, EveryPanelOfEveryThemeIsDrawn) {
  const auto measured = test::write_measured(folder.path());
  const auto predicted = test::write_predicted(folder.path());
  for (const std::string& panel : panel_ids()) {
    for (const Theme theme : {Theme::kLight, Theme::kDark, Theme::kColourBlind}) {
      const std::string out = folder.file("out.png");
      const CommandResult result = viewer_under_xvfb(fmt::format(
          "--screenshot {} --panel {} --theme {} --size 1280x720 {} {} {}", out, panel,
          view_data::id(theme), measured.string(), measured.string(), predicted.string()));
      ASSERT_EQ(result.exit_code, 0) << panel << ": " << result.err;
      const test::Screenshot picture(out);
      ASSERT_EQ(picture.width(), 1280);
      ASSERT_EQ(picture.height(), 720);
      EXPECT_GT(picture.colors(), 40U) << panel;
      EXPECT_LE(picture.colors_on_the_edge(2), 6U) << panel;  // nothing is cut off
      const view_data::Palette palette = view_data::make_palette(theme);
      EXPECT_GT(picture.count(palette.surface), 20'000U) << panel;
    }
  }
}

TEST_F(UnderXvfb, StagesThatTookTimeAreSeenInTheirColours) {
  const auto measured = test::write_measured(folder.path());
  for (const char* panel : {"breakdown", "timeline"}) {
    const std::string out = folder.file("out.png");
    const CommandResult result = viewer_under_xvfb(
        fmt::format("--screenshot {} --panel {} {}", out, panel, measured.string()));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const test::Screenshot picture(out);
    const view_data::Palette palette = view_data::make_palette(Theme::kLight);
    EXPECT_GT(picture.count(palette.of(Stage::kMoe)), 1000U) << panel;
    EXPECT_GT(picture.count(palette.of(Stage::kNccl)), 200U) << panel;
    EXPECT_EQ(picture.count(palette.of(Stage::kFlashMla)), 0U) << panel;  // took no time
  }
}

TEST_F(UnderXvfb, PicturesMayBeLargerThanTheScreenAndScaled) {
  const std::string out = folder.file("out.png");
  const CommandResult result = viewer_under_xvfb(
      fmt::format("--screenshot {} --panel timeline --size 2560x1440 --scale 2 {}", out, kTrace));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const test::Screenshot picture(out);
  EXPECT_EQ(picture.width(), 2560);
  EXPECT_EQ(picture.height(), 1440);
  EXPECT_GT(picture.colors(), 40U);
}

TEST_F(UnderXvfb, AScriptPlaysMouseAndKeyboard) {
  test::write_file(folder.file("script.txt"),
                   "panel timeline\nwait 5\nscreenshot " + folder.file("before.png") +
                       "\nmove 60% 40%\nhold w 20\nwheel 2\nkey m\ndrag 50% 40% 70% 40%\nkey /\n"
                       "text AllReduce\nkey enter\nkey f1\nwait 5\nscreenshot " +
                       folder.file("after.png") + "\n");
  const CommandResult result =
      viewer_under_xvfb(fmt::format("--script {} {}", folder.file("script.txt"), kTrace));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const test::Screenshot before(folder.file("before.png"));
  const test::Screenshot after(folder.file("after.png"));
  EXPECT_GT(before.colors(), 40U);
  EXPECT_GT(after.colors(), 40U);
  EXPECT_NE(test::read_file(folder.file("before.png")), test::read_file(folder.file("after.png")));
}

TEST_F(UnderXvfb, BrokenFilesGiveAPictureWithAMessageAndExitCode1) {
  for (const test::NamedFile& file : test::all_files(folder.path())) {
    if (file.good) continue;
    const std::string out = folder.file("out.png");
    const CommandResult result =
        viewer_under_xvfb(fmt::format("--screenshot {} {}", out, file.path.string()));
    EXPECT_EQ(result.exit_code, 1) << file.name;
    EXPECT_GT(test::Screenshot(out).colors(), 10U) << file.name;
  }
}

TEST_F(UnderXvfb, BenchPrintsItsFigures) {
  const CommandResult result = viewer_under_xvfb("--bench --bench-slices 20000 --size 640x360");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("whole trace, still"));
}

}  // namespace
}  // namespace dscope::viewer
