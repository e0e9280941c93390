// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/calibrate.h"

#include "model/device_catalog.h"
#include "model/predict.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace dscope::model {
namespace {

using testing::HasSubstr;

constexpr double kTrueEfficiency = 0.71;
constexpr double kTrueLaunchNs = 1800;
constexpr double kTrueLinearNs = 2500;

KernelSet start_set() {
  KernelSet set = roofline_kernel_set();
  set.name = "made-up";
  set.constants.at("dram_efficiency").value = 0.5;
  set.constants.at("launch_ns").value = 1000;
  set.constants.at("fixed_linear_ns").value = 1000;
  return set;
}

KernelSet true_set() {
  KernelSet set = start_set();
  set.constants.at("dram_efficiency").value = kTrueEfficiency;
  set.constants.at("launch_ns").value = kTrueLaunchNs;
  set.constants.at("fixed_linear_ns").value = kTrueLinearNs;
  return set;
}

// What `set` would measure at this batch and context, all times longer by `noise`.
Measured made_up(std::int64_t batch, std::int64_t context, double noise) {
  Measured m;
  m.source = fmt::format("T {} S {}", batch, context);
  m.configuration = default_configuration();
  m.configuration.kernel_set = true_set();
  m.configuration.tp = 1;
  m.configuration.collectives = false;
  m.configuration.layers = 8;
  m.configuration.batch = batch;
  m.configuration.context = context;
  const auto stages = predict_stages_ns(m.configuration);
  for (const StageInfo& stage : kStages) {
    const double ns = stages[static_cast<std::size_t>(stage.stage)] * (1 + noise);
    m.token_ns += ns;
    if (ns > 0) m.stages.push_back({stage.stage, ns, ns});
  }
  return m;
}

std::vector<Measured> grid(double noise) {
  std::vector<Measured> all;
  int n = 0;
  for (const std::int64_t batch : {1, 8, 64}) {
    for (const std::int64_t context : {1024, 65536}) {
      all.push_back(made_up(batch, context, ++n % 2 == 0 ? noise : -noise));
    }
  }
  return all;
}

CalibrateOptions options() {
  CalibrateOptions o;
  o.constants = {parse_free_constant("dram_efficiency=0.1:1"), parse_free_constant("launch_ns"),
                 parse_free_constant("fixed_linear_ns")};
  o.fit.restarts = 2;
  o.fit.max_evaluations = 300;
  o.leave_one_out = false;
  return o;
}

std::string refusal(const std::vector<Measured>& data, const CalibrateOptions& o) {
  try {
    (void)calibrate(start_set(), data, {}, o);
  } catch (const Error& e) {
    return e.what();
  }
  return "not refused";
}

TEST(Calibrate, RecoversTheConstantsThatMadeTheTimes) {
  const Calibrated result = calibrate(start_set(), grid(0), {made_up(4, 8192, 0)}, options());
  EXPECT_NEAR(result.kernel_set.constant("dram_efficiency"), kTrueEfficiency, 0.01);
  EXPECT_NEAR(result.kernel_set.constant("launch_ns"), kTrueLaunchNs, 40);
  EXPECT_NEAR(result.kernel_set.constant("fixed_linear_ns"), kTrueLinearNs, 80);
  EXPECT_LT(std::abs(result.held_out.at(0).error), 0.005);
}

TEST(Calibrate, NoiseMovesThemLittleAndIntervalsHoldThem) {
  const Calibrated result = calibrate(start_set(), grid(0.03), {}, options());
  const auto& constants = result.kernel_set.constants;
  EXPECT_NEAR(constants.at("dram_efficiency").value, kTrueEfficiency, 0.05);
  EXPECT_NEAR(constants.at("launch_ns").value, kTrueLaunchNs, 250);
  EXPECT_LE(*constants.at("launch_ns").low, kTrueLaunchNs);
  EXPECT_GE(*constants.at("launch_ns").high, kTrueLaunchNs);
  EXPECT_EQ(constants.at("launch_ns").source, "fitted");
}

TEST(Calibrate, WritesWhatItDidIntoTheCalibrationSection) {
  CalibrateOptions o = options();
  o.leave_one_out = true;
  o.constants.resize(1);
  const Calibrated result = calibrate(true_set(), grid(0.02), {made_up(4, 8192, 0)}, o);
  EXPECT_EQ(result.calibration.id, result.kernel_set.calibration_id);
  EXPECT_THAT(result.calibration.id, testing::StartsWith("made-up-"));
  EXPECT_EQ(result.calibration.sources.size(), 6u);
  EXPECT_EQ(result.left_out.size(), 6u);
  ASSERT_TRUE(result.calibration.held_out_error);
  int fitted = 0;
  int left_out = 0;
  for (const profile::Residual& r : result.calibration.residuals) {
    if (r.source == "T 1 S 1024") fitted += r.held_out ? 0 : 1;
    if (r.source == "T 1 S 1024 (left out)") left_out += r.held_out ? 1 : 0;
  }
  EXPECT_EQ(fitted, 1);
  EXPECT_EQ(left_out, 1);
  // The file form can be read again.
  const KernelSet again = kernel_set_from_json(nlohmann::json(result.kernel_set), "written");
  EXPECT_DOUBLE_EQ(again.constant("dram_efficiency"),
                   result.kernel_set.constant("dram_efficiency"));
}

TEST(Calibrate, NeverMixesKernelSets) {
  std::vector<Measured> data = grid(0);
  data[2].configuration.kernel_set.name = "another";
  EXPECT_THAT(refusal(data, options()), HasSubstr("another, not made-up"));
}

TEST(Calibrate, RefusesWhatTheDataDoNotDetermine) {
  std::vector<Measured> one{made_up(1, 1024, 0)};
  one[0].stages.clear();
  EXPECT_THAT(refusal(one, options()), HasSubstr("1 measured times for 3 constants"));
  CalibrateOptions o = options();
  o.constants.push_back(parse_free_constant("nccl_base_ns=1:1e5"));
  EXPECT_THAT(refusal(grid(0), o), HasSubstr("nccl_base_ns has no influence"));
  o.constants.clear();
  EXPECT_THAT(refusal(grid(0), o), HasSubstr("no constants"));
}

TEST(FreeConstant, SaysWhatIsWrongWithTheText) {
  EXPECT_EQ(parse_free_constant("launch_ns").name, "launch_ns");
  EXPECT_DOUBLE_EQ(*parse_free_constant("launch_ns=200:1e3").high, 1000);
  EXPECT_THROW((void)parse_free_constant("launchns"), Error);
  EXPECT_THROW((void)parse_free_constant("launch_ns=5"), Error);
  EXPECT_THROW((void)parse_free_constant("launch_ns=5:2"), Error);
  EXPECT_THROW((void)parse_free_constant("launch_ns=a:b"), Error);
}

TEST(StagesOfStep, AddUpToTheUntracedStep) {
  const std::vector<TracedStage> traced{
      {Stage::kMoe, 600, 10}, {Stage::kNccl, 200, 30}, {Stage::kGap, 900, 0}};
  const auto stages = stages_of_step(traced, 1000);  // tracing stretched 200 of idle time to 900
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_DOUBLE_EQ(stages[0].low_ns, 600 + 10 * 5);
  EXPECT_DOUBLE_EQ(stages[1].low_ns, 200 + 30 * 5);
  const auto dense = stages_of_step(traced, 400);  // kernels that took longer while traced
  EXPECT_DOUBLE_EQ(dense[0].low_ns, 300);
  EXPECT_DOUBLE_EQ(dense[1].low_ns, 100);
}

TEST(PredictionError, InsideAPublishedRangeIsNone) {
  Measured m = made_up(1, 1024, 0);
  MeasuredStage& stage = m.stages.front();
  stage.high_ns = stage.low_ns * 2;
  stage.low_ns *= 0.5;
  const ConfigurationError e = prediction_error(m, true_set(), 0);
  EXPECT_DOUBLE_EQ(e.stages.front().error, 0);
  EXPECT_NEAR(e.error, 0, 1e-9);
  EXPECT_TRUE(e.inside_interval());
}

}  // namespace
}  // namespace dscope::model
