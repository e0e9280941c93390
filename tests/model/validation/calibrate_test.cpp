// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/calibrate.h"

#include "model/axes.h"
#include "model/device_catalog.h"
#include "model/predict.h"
#include "model/tile_choice.h"
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
  const KernelTimes times = predict_kernels_ns(m.configuration);
  m.token_ns = times.step_ns * (1 + noise);
  for (const StageInfo& stage : kStages) {
    const double ns = times.stages_ns[static_cast<std::size_t>(stage.stage)] * (1 + noise);
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

TEST(StagesOfStep, AreKernelsAndNeverMoreThanTheUntracedStep) {
  const std::vector<TracedStage> traced{
      {Stage::kMoe, 600}, {Stage::kNccl, 200}, {Stage::kGap, 900}};
  const auto stages = stages_of_step(traced, 1000);
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_DOUBLE_EQ(stages[0].low_ns, 600);
  EXPECT_DOUBLE_EQ(stages[1].low_ns, 200);
  const auto dense = stages_of_step(traced, 400);  // kernels that took longer while traced
  EXPECT_DOUBLE_EQ(dense[0].low_ns, 300);
  EXPECT_DOUBLE_EQ(dense[1].low_ns, 100);
}

// A document of a prediction says everything that it was a prediction of.
TEST(ConfigurationOf, ReadsBackHowKernelsWereLaunched) {
  Configuration c = default_configuration();
  c.kernel_set = find_kernel_set("dscope");
  for (const char* change : {"allreduce=two-shot", "moe_config=3", "mla_splits=4", "padding=32KiB",
                             "captured=64k", "depth=2", "acceptance=0.5"}) {
    c = with(c, change);
  }
  const Configuration back = configuration_of(predicted_profile(c, predict(c)), "predicted.json");
  EXPECT_EQ(back.all_reduce, AllReduce::kTwoShot);
  EXPECT_EQ(back.tiles.moe_config, 3);
  EXPECT_EQ(back.tiles.linear_config, std::nullopt);
  EXPECT_EQ(back.tiles.mla_splits, 4);
  EXPECT_EQ(back.tiles.extra_shared_bytes, 32 * 1024);
  EXPECT_NEAR(predict_step_ns(back), predict_step_ns(c), 1e-9 * predict_step_ns(c));
}

TEST(ConfigurationOf, ForcedConfigurationsOfAnotherListAreRefused) {
  Configuration c = default_configuration();
  c.kernel_set = find_kernel_set("dscope");
  profile::Profile document = predicted_profile(c, predict(c));
  const auto read = [&](const nlohmann::json& forced) {
    document.workload->unknown =
        std::make_shared<const nlohmann::json>(nlohmann::json{{"forced_configs", forced}});
    return configuration_of(document, "run.json").tiles;
  };
  document.prediction->parameters = std::make_shared<const nlohmann::json>(
      nlohmann::json{{"kernel_set", "dscope"}, {"device", "h200"}});
  const auto count = find_tile_choice("moe")->count;
  EXPECT_EQ(read({{"moe", {{"config", 2}, {"of", count}}}}).moe_config, 2);
  EXPECT_THROW((void)read({{"moe", {{"config", 2}, {"of", count + 1}}}}), Error);
  EXPECT_THROW((void)read({{"conv", {{"config", 2}, {"of", 3}}}}), Error);
}

TEST(MeasuredOps, AreTheirKernelsWithoutWaiting) {
  profile::Measurement measurement;
  measurement.steps.resize(2);
  const auto add = [&](const char* op, std::int64_t total_ns, std::optional<std::int64_t> waited) {
    profile::KernelSummary kernel;
    kernel.name = "kernel";
    if (op != nullptr) kernel.op = op;
    kernel.total_ns = total_ns;
    kernel.waited_ns = waited;
    measurement.kernels.push_back(kernel);
  };
  add("attn.wo_b", 1000, 400);
  add("attn.wo_b", 200, std::nullopt);
  add("not an op", 50, std::nullopt);
  add(nullptr, 50, std::nullopt);
  const auto ops = measured_ops(measurement);
  ASSERT_EQ(ops.size(), 1u);
  EXPECT_EQ(ops[0].op, Op::kWoB);
  EXPECT_DOUBLE_EQ(ops[0].time_ns, 400);  // of each of two steps
}

// Two ops of one stage that are wrong in opposite ways: the stage cannot tell, the ops do.
TEST(Calibrate, OpsDetermineWhatTheirStageDoesNot) {
  std::vector<Measured> data = grid(0);
  for (Measured& m : data) {
    const KernelTimes times = predict_kernels_ns(m.configuration);
    for (const OpInfo& op : kOps) {
      const double ns = times.ops_ns[static_cast<std::size_t>(op.op)];
      if (ns > 0 && op.stage == Stage::kRouter) m.ops.push_back({op.op, ns});
    }
    m.stages.clear();
  }
  KernelSet start = start_set();
  for (Measured& m : data) m.configuration.kernel_set = start;
  CalibrateOptions o = options();
  o.constants = {parse_free_constant("fixed_linear_ns=100:9000"),
                 parse_free_constant("dram_efficiency=0.1:1")};
  o.smallest_stage_ns = 0;
  start.constants.at("launch_ns").value = kTrueLaunchNs;
  const Calibrated result = calibrate(start, data, {}, o);
  EXPECT_NEAR(result.kernel_set.constant("fixed_linear_ns"), kTrueLinearNs, 0.05 * kTrueLinearNs);
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
