// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/linked_timelines.h"

#include "tests/viewer/support/driver.h"
#include "viewer/app/fonts.h"
#include "viewer/view_data/sample_timeline.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace dscope::viewer {
namespace {

class NoActions final : public Actions {
 public:
  void show_panel(std::string_view) override {}
  void open_document(view_data::DocumentPtr) override {}
  void open_dialog() override {}
  void close_document(std::uint64_t) override {}
  void export_csv(std::string, std::string) override {}
  void export_picture(std::string, ImVec2, ImVec2) override {}
  void copy(std::string) override {}
  void notify(std::string) override {}
  void complain(std::string) override {}
};

// The widget alone in a window that is all there is.
class Linked : public testing::Test {
 protected:
  Linked() {
    ImGui::CreateContext();
    ImGui::GetIO().DisplaySize = {1200, 700};
    ImGui::GetIO().IniFilename = nullptr;
    set_key_map(ImGui::GetIO());
    ui.palette = view_data::make_palette(view_data::Theme::kLight);
    build_fonts(ui);
    apply_style(ui);
    unsigned char* pixels = nullptr;
    ImGui::GetIO().Fonts->GetTexDataAsAlpha8(&pixels, nullptr, nullptr);
    play();
  }
  ~Linked() override { ImGui::DestroyContext(); }
  Linked(const Linked&) = delete;
  Linked& operator=(const Linked&) = delete;

  void frame() {
    ImGui::GetIO().DeltaTime = 1.0F / 60;
    input.apply(ImGui::GetIO());
    ImGui::NewFrame();
    ImGui::SetNextWindowPos({0, 0});
    ImGui::SetNextWindowSize({1200, 700});
    ImGui::Begin("window", nullptr, ImGuiWindowFlags_NoDecoration);
    PanelContext context{ui, documents, selection, actions};
    linked.draw(context, documents, search);
    ImGui::End();
    ImGui::Render();
  }
  void play() {
    while (!input.empty()) frame();
    for (int i = 0; i < 3; ++i) frame();
  }
  void key(const char* chord) {
    ASSERT_TRUE(input.chord(chord));
    play();
  }
  // Where the aligned step begins, in pixels of the lanes.
  double origin_x(std::size_t half) {
    return linked.view(half).x_of(linked.view(half).origin_ns());
  }
  void expect_linked() {
    EXPECT_NEAR(origin_x(0), origin_x(1), 1e-6);
    EXPECT_NEAR(linked.view(0).ns_per_pixel(), linked.view(1).ns_per_pixel(), 1e-9);
  }

  Ui ui;
  NoActions actions;
  Selection selection;
  InputQueue input;
  LinkedTimelines linked;
  LinkedTimelines::Pair documents{view_data::make_sample_document(20'000),
                                  view_data::make_sample_document(60'000)};
  std::string search;
  const ImVec2 above{700, 250};
  const ImVec2 below{700, 550};
};

TEST_F(Linked, BeginWithTheFirstStepOfBoth) {
  expect_linked();
  EXPECT_EQ(linked.step(), 0U);
  const view_data::TimeRange seen = linked.view(1).visible();
  const view_data::TimeRange step = documents[1]->timeline->steps[0];
  EXPECT_LE(seen.start_ns, step.start_ns);
  EXPECT_GE(seen.end_ns, step.end_ns);
  EXPECT_LT(seen.length_ns(), 2 * step.length_ns());
}

TEST_F(Linked, ZoomAndPanWhicheverOneTheMouseIsOver) {
  for (const ImVec2 at : {above, below}) {
    const double before = linked.view(0).ns_per_pixel();
    input.move(at);
    input.wheel(3);
    play();
    EXPECT_LT(linked.view(0).ns_per_pixel(), before * 0.8);
    expect_linked();
    const double x = origin_x(0);
    input.drag(at, {at.x - 150, at.y});
    play();
    EXPECT_NEAR(origin_x(0), x - 150, 30);
    expect_linked();
  }
  key("f");
  expect_linked();
  EXPECT_GE(linked.view(0).visible().length_ns(), documents[1]->timeline->extent.length_ns());
}

TEST_F(Linked, TheArrowKeysAlignAtOtherSteps) {
  key("right");
  EXPECT_EQ(linked.step(), 1U);
  for (std::size_t half = 0; half < 2; ++half) {
    EXPECT_EQ(linked.view(half).origin_ns(), documents[half]->timeline->steps[1].start_ns);
  }
  expect_linked();
  key("left");
  key("left");
  EXPECT_EQ(linked.step(), 0U);
  linked.set_step(1'000'000);  // of a session with other documents
  play();
  EXPECT_EQ(linked.step() + 1, documents[0]->timeline->steps.size());
}

TEST_F(Linked, AClickOnAKernelMarksItInBoth) {
  input.move(above);
  input.wheel(12);
  play();
  for (float y = 150; y < 350 && selection.kernel.empty(); y += 7) {
    input.click({above.x, y});
    play();
  }
  ASSERT_FALSE(selection.kernel.empty());
  const auto& names = documents[1]->timeline->names;
  EXPECT_NE(std::find(names.begin(), names.end(), selection.kernel), names.end());
  key("escape");
  EXPECT_TRUE(selection.kernel.empty());
}

TEST_F(Linked, ADocumentWithoutTimeLeavesTheOtherOneAlone) {
  profile::Profile prediction;
  prediction.prediction.emplace().step_ns = 1000;
  documents[1] = view_data::make_document(prediction, "prediction");
  search = "moe";
  input.move(above);
  input.wheel(2);
  play();
  EXPECT_EQ(linked.step(), 0U);
  EXPECT_TRUE(std::isfinite(linked.view(0).ns_per_pixel()));
}

TEST(ComparePanel, ShowsTimelinesAndRemembersIt) {
  test::Driver driver;
  driver.app().add(view_data::make_sample_document(20'000));
  driver.app().add(view_data::make_sample_document(30'000));
  driver.app().add(view_data::make_sample_document(10'000));
  ASSERT_TRUE(driver.app().show("compare"));
  driver.frames(4);
  const std::size_t tables = driver.drawn().vertices;
  driver.keys("v");
  driver.keys("right");
  EXPECT_NE(driver.drawn().vertices, tables);
  nlohmann::json state;
  driver.app().panel("compare")->save(state);
  EXPECT_EQ(state.at("timelines"), true);
  EXPECT_EQ(state.at("step"), 1);
  driver.keys("v");
  driver.app().panel("compare")->load(state);
  driver.frames(3);
  while (!driver.app().documents().empty()) driver.keys("ctrl+w");
  EXPECT_EQ(driver.problems(), "");
}

}  // namespace
}  // namespace dscope::viewer
