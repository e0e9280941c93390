// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/temporary_directory.h"
#include "tests/viewer/support/documents.h"
#include "tests/viewer/support/driver.h"
#include "viewer/app/options.h"
#include "viewer/app/png.h"
#include "viewer/app/script.h"
#include "viewer/app/session.h"
#include "viewer/app/settings.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dscope::viewer {
namespace {

using testing::HasSubstr;

template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(SettingsFile, ComesBackAsItWas) {
  const test::TemporaryDirectory folder;
  Settings settings;
  settings.theme = view_data::Theme::kColourBlind;
  settings.scale = 1.25F;
  settings.layout.split = Split::kStacked;
  settings.layout.panels = {"timeline", "compare"};
  settings.remember({"/a/b.json"});
  settings.remember({"/run-TP-0.json", "/run-TP-1.json"});
  settings.remember({"/a/b.json"});
  const std::filesystem::path file = folder.file("new/folder/viewer.json");
  save_settings(settings, file);
  const Settings read = load_settings(file);
  EXPECT_EQ(read.theme, settings.theme);
  EXPECT_EQ(read.scale, 1.25F);
  EXPECT_EQ(read.layout.split, Split::kStacked);
  EXPECT_EQ(read.layout.panels, settings.layout.panels);
  EXPECT_EQ(read.recent, (std::vector<std::vector<std::string>>{
                             {"/a/b.json"}, {"/run-TP-0.json", "/run-TP-1.json"}}));
}

TEST(SettingsFile, NonsenseNeverKeepsTheViewerFromStarting) {
  const test::TemporaryDirectory folder;
  for (const char* text :
       {"", "[", "[]", "null", R"({"scale": 1e999})", R"({"scale": "big", "width": -5})",
        R"({"layout": 7, "recent": [1, {}, [], [2], "a"], "theme": "mauve"})"}) {
    test::write_file(folder.file("s.json"), text);
    const Settings settings = load_settings(folder.file("s.json"));
    EXPECT_GE(settings.scale, 0.5F) << text;
    EXPECT_LE(settings.scale, 4.0F) << text;
    EXPECT_GE(settings.width, 400) << text;
    EXPECT_TRUE(settings.recent.empty()) << text;
  }
  EXPECT_EQ(load_settings(folder.file("missing.json")).scale, 1);
}

TEST(SessionFile, RestoresDocumentsSelectionAndPanels) {
  const test::TemporaryDirectory folder;
  const auto measured = test::write_measured(folder.path());
  const auto predicted = test::write_predicted(folder.path());
  Session session;
  session.documents = {{measured}, {predicted}};
  session.active = 0;
  session.prediction = 1;
  session.stage = "nccl";
  session.panels = {"timeline", ""};
  write_session(session, folder.file("s.dscope-session"));
  // Relative inside the folder: it can be moved.
  EXPECT_THAT(test::read_file(folder.file("s.dscope-session")), HasSubstr("\"measured.json\""));

  test::Driver driver;
  driver.open(folder.file("s.dscope-session"));
  ASSERT_EQ(driver.app().documents().size(), 2U);
  EXPECT_EQ(driver.app().selection().prediction, driver.app().documents()[1]->id);
  EXPECT_EQ(driver.app().selection().stage, Stage::kNccl);
  EXPECT_EQ(driver.app().settings().layout.panels[0], "timeline");
}

TEST(SessionFile, RanksComeBackAsOneDocument) {
  const test::TemporaryDirectory folder;
  std::vector<std::filesystem::path> ranks;
  for (const char* rank : {"0", "1"}) {
    ranks.emplace_back(folder.file(std::string("run-TP-") + rank + ".trace.json.gz"));
    std::filesystem::copy(DSCOPE_SOURCE_DIR "/tests/data/kineto/eager_l4_b1-TP-0.trace.json.gz",
                          ranks.back());
  }
  // One rank alone, and both: what was opened apart stays apart.
  Session session;
  session.documents = {{ranks[0]}, ranks};
  session.active = 1;
  write_session(session, folder.file("s.dscope-session"));
  EXPECT_EQ(read_session(folder.file("s.dscope-session")).documents, session.documents);
  test::Driver driver;
  driver.open(folder.file("s.dscope-session"));
  ASSERT_EQ(driver.app().documents().size(), 2U);
  EXPECT_EQ(driver.app().documents()[1]->name, "run-TP, 2 ranks");
  EXPECT_EQ(driver.app().selection().active, driver.app().documents()[1]->id);
}

TEST(SessionFile, BrokenOnesSayWhere) {
  const test::TemporaryDirectory folder;
  const auto read = [&](const char* text) {
    test::write_file(folder.file("s.dscope-session"), text);
    return message_of([&] { (void)read_session(folder.file("s.dscope-session")); });
  };
  EXPECT_THAT(read("{"), HasSubstr("s.dscope-session"));
  EXPECT_THAT(read("{}"), HasSubstr("/schema"));
  EXPECT_THAT(read(R"({"schema": "dscope.session", "schema_version": 2, "files": []})"),
              HasSubstr("/schema_version"));
  EXPECT_THAT(
      read(R"({"schema": "dscope.session", "schema_version": 1, "files": ["a"], "active": 5})"),
      HasSubstr("/active"));
  EXPECT_THAT(read(R"({"schema": "dscope.session", "schema_version": 1, "files": 3})"),
              HasSubstr("/files"));
  EXPECT_THAT(read(R"({"schema": "dscope.session", "schema_version": 1, "files": ["a", []]})"),
              HasSubstr("/files/1"));
}

TEST(CommandLine, RefusesWhatMakesNoSense) {
  const auto parse = [](std::vector<const char*> words) {
    words.insert(words.begin(), "dscope-viewer");
    return message_of([&] {
      (void)parse_options(static_cast<int>(words.size()), const_cast<char**>(words.data()));
    });
  };
  EXPECT_THAT(parse({"--panel", "cockpit"}), HasSubstr("timeline"));
  EXPECT_THAT(parse({"--theme", "mauve"}), HasSubstr("colour-blind"));
  EXPECT_THAT(parse({"--size", "12"}), HasSubstr("WIDTHxHEIGHT"));
  EXPECT_THAT(parse({"--size", "100000x100000"}), HasSubstr("WIDTHxHEIGHT"));
  EXPECT_THAT(parse({"--scale", "9"}), HasSubstr("0.5 to 4"));
  EXPECT_THAT(parse({"--nonsense"}), HasSubstr("--help"));
  EXPECT_EQ(parse({"--panel", "timeline", "--size", "800x600", "a.json"}), "no error");
}

TEST(ScriptFile, MistakesNameTheirLine) {
  const test::TemporaryDirectory folder;
  for (const char* bad : {"jump 3 4", "click 1", "click a b", "key ctrl+nothing", "panel cockpit",
                          "theme mauve", "hold w"}) {
    test::write_file(folder.file("s.txt"), std::string("# a comment\n\n") + bad + "\n");
    test::Driver driver;
    driver.frame();
    Script script(folder.file("s.txt"));
    const std::string message = message_of([&] {
      while (script.advance(driver.app(), driver.input(), driver.size(), [](const auto&) {})) {
        driver.frame();
      }
    });
    EXPECT_THAT(message, HasSubstr("s.txt:3")) << bad;
  }
}

TEST(Pictures, AreCutToWhatThereIs) {
  Picture picture{4, 2, {}};
  for (int i = 0; i < 4 * 2 * 3; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(i));
  const Picture part = crop(picture, 1, 1, 100, 100);
  EXPECT_EQ(part.width, 3);
  EXPECT_EQ(part.height, 1);
  EXPECT_EQ(part.pixels.front(), 15);
  EXPECT_EQ(crop(picture, 50, 50, 5, 5).width, 0);
  const test::TemporaryDirectory folder;
  EXPECT_THAT(message_of([&] { write_png(picture, folder.file("no/such/folder.png")); }),
              HasSubstr("folder.png"));
}

TEST(Tables, OfEveryPanelAreWritten) {
  const test::TemporaryDirectory folder;
  test::Driver driver;
  driver.open(test::write_measured(folder.path()));
  const auto written = driver.app().export_tables(folder.path() / "tables", "");
  EXPECT_GE(written.size(), 4U);
  for (const auto& path : written) {
    const std::string text = test::read_file(path.string());
    EXPECT_FALSE(text.empty()) << path;
    for (const char* word : {"nan", "inf,"}) {
      EXPECT_THAT(text, testing::Not(HasSubstr(word))) << path;
    }
  }
}

}  // namespace
}  // namespace dscope::viewer
