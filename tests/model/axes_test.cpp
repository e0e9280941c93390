// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/axes.h"

#include "model/predict.h"
#include "model/sweep.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

namespace dscope::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kUsage);
    return e.what();
  }
  return "no error";
}

TEST(Axes, NamesAreUniqueAndEveryChoiceIsUnderstood) {
  std::set<std::string> names;
  for (const Axis& axis : axes()) {
    EXPECT_TRUE(names.insert(axis.name).second) << axis.name;
    EXPECT_FALSE(axis.label.empty() || axis.help.empty()) << axis.name;
    for (const std::string& choice : axis.choices) {
      Configuration c = default_configuration();
      axis.set(c, choice);
      EXPECT_FALSE(axis.get(c).empty()) << axis.name << "=" << choice;
    }
  }
}

TEST(Axes, SettingWhatIsThereChangesNothing) {
  for (const Axis& axis : axes()) {
    Configuration c = default_configuration();
    const std::string value = axis.get(c);
    axis.set(c, value);
    EXPECT_EQ(axis.get(c), value) << axis.name;
    EXPECT_NEAR(predict_step_ns(c), predict_step_ns(default_configuration()),
                1e-4 * predict_step_ns(c))
        << axis.name;
  }
}

TEST(Axes, UnderstandUnitsAndChanges) {
  const Configuration c = default_configuration();
  EXPECT_EQ(with(c, "context=64k").context, 65'536);
  EXPECT_EQ(with(c, "smem=227KiB").device.shared_memory_per_block_bytes.value, 227 * 1024);
  EXPECT_EQ(with(c, "smem=227KiB").device.shared_memory_per_sm_bytes.value, 228 * 1024);
  EXPECT_NEAR(*with(c, "dram=+10%").device.dram_spec_gbps.value, 1792 * 1.1, 1e-6);
  EXPECT_FALSE(*with(c, "p2p=off").interconnect.p2p.value);
  EXPECT_NEAR(*with(c, "pcie=gen4").interconnect.link_gbps.value,
              *c.interconnect.link_gbps.value / 2, 1e-9);
  EXPECT_NEAR(*with(with(c, "pcie=gen4"), "pcie=gen5").interconnect.link_gbps.value,
              *c.interconnect.link_gbps.value, 1e-9);
  EXPECT_EQ(with(c, "power=300").power_limit_w, 300);
  EXPECT_EQ(with(c, "launch_ns=900").kernel_set.constant("launch_ns"), 900);
  EXPECT_EQ(with(c, "captured=1M").captured_context, 1 << 20);
}

TEST(Axes, SayWhatTheyExpected) {
  const Configuration c = default_configuration();
  const auto message = [&](const char* text) { return message_of([&] { (void)with(c, text); }); };
  EXPECT_THAT(message("batch"), HasSubstr("expected NAME=VALUE"));
  EXPECT_THAT(message("bach=1"), HasSubstr("did you mean batch?"));
  EXPECT_THAT(message("batch=two"), HasSubstr("batch: expected a whole number, got \"two\""));
  EXPECT_THAT(message("context=1.5"), HasSubstr("context: expected tokens"));
  EXPECT_THAT(message("p2p=maybe"), HasSubstr("p2p: expected on or off"));
  EXPECT_THAT(message("dram=-200%"), HasSubstr("dram: expected a positive number"));
  EXPECT_THAT(message("dram=nan"), HasSubstr("dram: expected a positive number"));
  EXPECT_THAT(message("pcie=gen9"), HasSubstr("pcie: expected one of gen3"));
  EXPECT_THAT(message("launch_ns=-1"), HasSubstr("launch_ns: expected 0 to"));
  EXPECT_THAT(message("device=rtx-5900"), HasSubstr("did you mean rtx-5090?"));
  EXPECT_THAT(message("moe_stages=99"), HasSubstr("moe_stages: expected 1 to"));
  EXPECT_THAT(message_of([&] { (void)with(with(c, "interconnect=nvlink4"), "pcie=gen4"); }),
              HasSubstr("is no PCIe"));
}

TEST(SweepAxis, ReadsListsAndRanges) {
  const auto values = [](const char* text) { return parse_sweep_axis(text).values; };
  EXPECT_THAT(values("tp=1,2,4,8"), ElementsAre("1", "2", "4", "8"));
  EXPECT_THAT(values("batch=1:16"), ElementsAre("1", "2", "4", "8", "16"));
  EXPECT_THAT(values("depth=0:3"), ElementsAre("0", "1", "2", "3"));
  EXPECT_THAT(values("tp=2:8:2"), ElementsAre("2", "4", "6", "8"));
  EXPECT_THAT(values("context=1k:64k:x8"), ElementsAre("1024", "8192", "65536"));
  EXPECT_THAT(values("routing=uniform,hot:16:0.5"), ElementsAre("uniform", "hot:16:0.5"));
  EXPECT_THAT(values("launch_ns=500:1500:500"), ElementsAre("500", "1000", "1500"));
  EXPECT_EQ(values("device=all").size(), find_axis("device").choices.size());
  EXPECT_THAT(message_of([&] { (void)values("batch=8:1"); }), HasSubstr("that rises"));
  EXPECT_THAT(message_of([&] { (void)values("batch=1:8:0"); }), HasSubstr("that rises"));
  EXPECT_THAT(message_of([&] { (void)values("layers=0:1000000000"); }), HasSubstr("more than"));
  EXPECT_THAT(message_of([&] { (void)values("batch="); }), HasSubstr("expected NAME="));
  EXPECT_THAT(message_of([&] { (void)values("nothing=1"); }), HasSubstr("unknown name"));
}

TEST(Sweep, PredictsEveryPointAsPredictDoes) {
  const std::vector<SweepAxis> axes_of_grid{parse_sweep_axis("tp=1,3,8"),
                                            parse_sweep_axis("dram=+0%,+10%"),
                                            parse_sweep_axis("batch=1:8")};
  Configuration base = default_configuration();
  base.kernel_set = find_kernel_set("dscope");
  SweepOptions options;
  options.threads = 2;
  options.keep_unfit = true;
  const SweepResult result = sweep(base, axes_of_grid, options);
  EXPECT_EQ(sweep_size(axes_of_grid), 24u);
  EXPECT_EQ(result.points.size(), 16u);
  EXPECT_EQ(result.impossible, 8u);  // TP 3
  EXPECT_THAT(result.first_impossible, HasSubstr("tp"));
  for (const SweepPoint& point : result.points) {
    const Configuration c = point_configuration(base, axes_of_grid, point.index);
    EXPECT_DOUBLE_EQ(point.step_ns, predict_step_ns(c));
    EXPECT_EQ(point_values(axes_of_grid, point.index).size(), 3u);
  }
  EXPECT_TRUE(std::is_sorted(result.points.begin(), result.points.end(),
                             [](const auto& a, const auto& b) { return a.tok_s > b.tok_s; }));
}

TEST(Sweep, LeavesOutWhatDoesNotFitAndRefusesWrongValues) {
  const Configuration base = default_configuration();
  const SweepResult result = sweep(base, {parse_sweep_axis("tp=1,8")}, {});
  EXPECT_EQ(result.points.size(), 1u);
  EXPECT_THAT(result.first_impossible, HasSubstr("does not fit the memory"));
  EXPECT_THAT(message_of([&] { (void)sweep(base, {parse_sweep_axis("tp=1,x")}, {}); }),
              HasSubstr("tp: expected a whole number"));
  const SweepAxis large = parse_sweep_axis("layers=0:9999");
  EXPECT_THAT(message_of([&] {
                (void)sweep_size({large, large, large});
              }),
              HasSubstr("more than 20000000 points"));
}

TEST(Sweep, ParetoFrontHasNoBeatenPoint) {
  std::vector<SweepPoint> points{{.index = 0, .tok_s = 10, .tok_s_per_user = 10},
                                 {.index = 1, .tok_s = 20, .tok_s_per_user = 5},
                                 {.index = 2, .tok_s = 15, .tok_s_per_user = 4},
                                 {.index = 3, .tok_s = 30, .tok_s_per_user = 1, .fits = false},
                                 {.index = 4, .tok_s = 10, .tok_s_per_user = 9}};
  mark_pareto(points);
  const auto is_front = [](const SweepPoint& p) { return p.pareto; };
  EXPECT_EQ(std::count_if(points.begin(), points.end(), is_front), 2);
  EXPECT_TRUE(points[0].pareto);
  EXPECT_TRUE(points[1].pareto);
}

TEST(Sweep, CanBeStopped) {
  const std::atomic<bool> stop{true};
  SweepOptions options;
  options.stop = &stop;
  const SweepResult result =
      sweep(default_configuration(), {parse_sweep_axis("batch=1:64")}, options);
  EXPECT_TRUE(result.stopped);
  EXPECT_TRUE(result.points.empty());
}

}  // namespace
}  // namespace dscope::model
