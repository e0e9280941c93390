// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/predict.h"

#include "model/axes.h"
#include "model/device_catalog.h"
#include "workloads/base/error.h"
#include "workloads/op_costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace dscope::model {
namespace {

using ::testing::HasSubstr;

Configuration roofline(const std::string& device, std::int64_t tp) {
  Configuration c = default_configuration();
  c.kernel_set = roofline_kernel_set();
  c.device = find_device(device);
  c.tp = tp;
  return c;
}

double stage_ns(const Outcome& outcome, Stage stage) {
  for (const profile::PredictedStage& s : outcome.prediction.stages) {
    if (s.stage == stage) return s.time_ns;
  }
  return 0;
}

// V4-Flash reads 12.65 GB of weights for one token (published shapes and formats): at batch 1 an
// ideal H200 needs them over its measured 4530 GB/s, and hardly anything else.
TEST(Roofline, IsTheWeightsOverTheBandwidth) {
  Configuration c = roofline("h200", 1);
  c.context = 1;
  const Outcome outcome = predict(c);
  EXPECT_NEAR(outcome.prediction.step_ns, 12.65e9 / 4530, 0.02 * 12.65e9 / 4530);
  EXPECT_NEAR(outcome.naive_step_ns, 12.65e9 / 4800, 0.02 * 12.65e9 / 4800);
  EXPECT_DOUBLE_EQ(outcome.prediction.step_ns, outcome.roofline_step_ns);
  EXPECT_DOUBLE_EQ(outcome.prediction.tok_s, 1e9 / outcome.prediction.step_ns);
  EXPECT_EQ(stage_ns(outcome, Stage::kNccl), 0);
  EXPECT_EQ(stage_ns(outcome, Stage::kGap), 0);
}

TEST(Roofline, OpsSumToTheStepAndCarryTheBytesOfOpCosts) {
  const Configuration c = roofline("rtx-pro-6000", 8);
  const Outcome outcome = predict(c);
  double ops = 0;
  double bytes = 0;
  for (const OpPrediction& op : outcome.ops) {
    ops += op.time_ns;
    if (info(op.op).stage != Stage::kNccl) bytes += op.bytes;
  }
  double stages = 0;
  for (const profile::PredictedStage& stage : outcome.prediction.stages) stages += stage.time_ns;
  EXPECT_NEAR(ops, outcome.prediction.step_ns, 1e-6 * ops);
  EXPECT_NEAR(stages, outcome.prediction.step_ns, 1e-6 * stages);

  CostInputs in;
  const ModelConfig model = preset("dsv4-flash");
  in.model = &model;
  in.layout = {.tp = 8};
  in.contexts = {4097};
  in.unique_experts.assign(43, 6);
  in.expert_slots.assign(43, 6);
  double expected = 0;
  for (const OpCost& cost : op_costs(in)) {
    if (info(cost.op).stage != Stage::kNccl) expected += cost.bytes();
  }
  // The difference is the completed entries, which are spread over the steps between them.
  EXPECT_NEAR(bytes, expected, 1e-3 * expected);
}

TEST(Roofline, FollowsBandwidth) {
  const Configuration c = roofline("rtx-5090", 1);
  const double before = predict_step_ns(c);
  EXPECT_NEAR(predict_step_ns(with(c, "dram=x2")), before / 2, 0.01 * before);
  EXPECT_NEAR(predict_step_ns(with(c, "dram=+10%")), before / 1.1, 0.01 * before);
}

TEST(Predict, RefusesWhatCannotBe) {
  const auto message = [](const Configuration& c) {
    try {
      (void)predict_step_ns(c);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kUsage);
      return std::string(e.what());
    }
    return std::string("no error");
  };
  Configuration c = default_configuration();
  c.tp = 3;
  EXPECT_THAT(message(c), HasSubstr("tp"));
  c = default_configuration();
  c.batch = 0;
  EXPECT_THAT(message(c), HasSubstr("batch: expected 1 to"));
  c = default_configuration();
  c.speculation.acceptance = std::nan("");
  EXPECT_THAT(message(c), HasSubstr("acceptance: expected 0 to 1"));
  c = default_configuration();
  c.unique_experts = {6, 6};
  EXPECT_THAT(message(c), HasSubstr("unique_experts: expected 43 layers, got 2"));
  c = default_configuration();
  c.routing.kind = routing::RoutingKind::kRecorded;
  EXPECT_THAT(message(c), HasSubstr("recorded ids must have been counted"));
}

}  // namespace
}  // namespace dscope::model
