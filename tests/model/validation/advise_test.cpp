// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/advise.h"

#include "model/device_catalog.h"
#include "model/predict.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace dscope::model {
namespace {

using testing::HasSubstr;

const Advice* find(const Advisory& advisory, Lever lever, std::string_view change = "") {
  for (const Advice& a : advisory.advice) {
    if (a.lever == lever && a.change.find(change) != std::string::npos) return &a;
  }
  return nullptr;
}

std::string not_judged(const Advisory& advisory, Lever lever) {
  for (const NotAdvised& n : advisory.not_judged) {
    if (n.lever == lever) return n.reason;
  }
  return "";
}

// One step as a trace would show it: MoE, collectives and idle time.
profile::Profile document(profile::Kind kind) {
  profile::Profile document;
  document.provenance.emplace();
  document.provenance->kind = kind;
  profile::StepSample step;
  step.wall_ns = 1'000'000;
  step.busy_ns = 700'000;
  step.gap_ns = 300'000;
  const auto set = [&](Stage stage, std::int64_t ns, std::int64_t launches) {
    step.stage_time_ns[static_cast<std::size_t>(stage)] = ns;
    step.stage_launches[static_cast<std::size_t>(stage)] = launches;
  };
  set(Stage::kMoe, 400'000, 80);
  set(Stage::kNccl, 200'000, 20);
  set(Stage::kUnattributed, 100'000, 50);
  step.nccl_wait_ns = 50'000;
  document.measurement.emplace();
  document.measurement->steps = {step, step, step};
  return document;
}

Configuration seed() {
  Configuration c = default_configuration();
  c.context = 1024;
  return c;
}

TEST(Advise, ATraceOfUnknownKernelsGetsWhatItsNumbersSay) {
  const Advisory advisory = advise(document(profile::Kind::kImported), "trace.json");
  EXPECT_EQ(advisory.kind, profile::Kind::kImported);
  EXPECT_DOUBLE_EQ(advisory.step_ns, 1e6);
  EXPECT_DOUBLE_EQ(advisory.explained_ns, 0.9e6);
  const Advice* graph = find(advisory, Lever::kGraph);
  ASSERT_NE(graph, nullptr);
  EXPECT_DOUBLE_EQ(graph->gain_ns, 300'000);
  EXPECT_TRUE(graph->at_most);
  EXPECT_THAT(graph->because, HasSubstr("2.00 us for each of 150 launches"));
  EXPECT_THAT(not_judged(advisory, Lever::kAllReduce), HasSubstr("20 of them, 10.0 us each"));
  EXPECT_THAT(not_judged(advisory, Lever::kAllReduce), HasSubstr("50.0 us of it is waiting"));
  EXPECT_THAT(not_judged(advisory, Lever::kKernels), HasSubstr("no bytes"));
  EXPECT_THAT(not_judged(advisory, Lever::kTp), HasSubstr("trace.json"));
}

TEST(Advise, BytesAndABandwidthGiveAFloor) {
  profile::Profile doc = document(profile::Kind::kImported);
  doc.device.emplace();
  doc.device->read_bandwidth_gbps = 1000;
  doc.workload.emplace();
  profile::OpTotals op;
  op.op = "moe.routed";
  op.stage = Stage::kMoe;
  op.calls = 43;
  op.weight_bytes = 100e6;
  doc.workload->ops.push_back(op);
  const Advisory advisory = advise(doc, "trace.json");
  const Advice* moe = find(advisory, Lever::kKernels, "MoE");
  ASSERT_NE(moe, nullptr);
  EXPECT_DOUBLE_EQ(moe->gain_ns, 300'000);  // 400 us less 100 MB at 1 TB/s
  EXPECT_TRUE(moe->at_most);
  EXPECT_THAT(moe->because, HasSubstr("250 GB/s"));
}

TEST(Advise, EveryLeverIsProposedDismissedOrLeftOpen) {
  const Advisory advisory = advise(seed());
  EXPECT_EQ(advisory.kind, profile::Kind::kPredicted);
  for (const LeverInfo& lever : kLevers) {
    const auto is = [&](const auto& entry) { return entry.lever == lever.lever; };
    EXPECT_TRUE(std::ranges::any_of(advisory.advice, is) ||
                std::ranges::any_of(advisory.no_gain, is) ||
                std::ranges::any_of(advisory.not_judged, is))
        << lever.id;
  }
}

TEST(Advise, IsRankedByGainAndNeverPromisesMoreThanTheStep) {
  const Advisory advisory = advise(seed());
  ASSERT_FALSE(advisory.advice.empty());
  for (std::size_t i = 1; i < advisory.advice.size(); ++i) {
    EXPECT_GE(advisory.advice[i - 1].gain_ns, advisory.advice[i].gain_ns);
  }
  for (const Advice& a : advisory.advice) {
    EXPECT_GT(a.gain_ns, 0);
    EXPECT_LT(a.gain_ns, advisory.step_ns);
    EXPECT_FALSE(a.because.empty());
    EXPECT_THAT(a.because, testing::ContainsRegex("[0-9]"));
  }
}

TEST(Advise, WhatIsPredictedForAChangeIsWhatPredictSays) {
  Configuration c = seed();
  c.graph = false;
  const Advisory advisory = advise(c);
  const Advice* graph = find(advisory, Lever::kGraph);
  ASSERT_NE(graph, nullptr);
  const double before = predict_step_ns(c);
  c.graph = true;
  EXPECT_NEAR(graph->gain_ns, before - predict_step_ns(c), before * 1e-3);
}

TEST(Advise, ScalesThePredictedRatioToMeasuredTimes) {
  // A document of the same configuration in which every stage took twice the predicted time.
  Configuration c = seed();
  const Outcome outcome = predict(c);
  profile::Profile doc = predicted_profile(c, outcome);
  for (profile::PredictedStage& stage : doc.prediction->stages) stage.time_ns *= 2;
  const Advisory slow = advise(doc, "doc.json", c);
  const Advisory model = advise(c);
  const Advice* a = find(slow, Lever::kBatch);
  const Advice* b = find(model, Lever::kBatch);
  ASSERT_NE(a, nullptr);
  ASSERT_NE(b, nullptr);
  EXPECT_NEAR(a->gain_ns, 2 * b->gain_ns, 0.01 * a->gain_ns);
}

TEST(Advise, APredictedDocumentSpeaksForItself) {
  const Configuration c = seed();
  const Advisory from_document = advise(predicted_profile(c, predict(c)), "predicted.json");
  const Advisory from_configuration = advise(c);
  ASSERT_EQ(from_document.advice.size(), from_configuration.advice.size());
  for (std::size_t i = 0; i < from_document.advice.size(); ++i) {
    EXPECT_EQ(from_document.advice[i].change, from_configuration.advice[i].change);
    EXPECT_NEAR(from_document.advice[i].gain_ns, from_configuration.advice[i].gain_ns,
                1e-6 * from_configuration.step_ns);
  }
}

TEST(Advise, OneGpuHasNoCollectivesToImprove) {
  Configuration c = seed();
  c.tp = 1;
  const Advisory advisory = advise(c);
  EXPECT_THAT(not_judged(advisory, Lever::kAllReduce), HasSubstr("one GPU"));
  EXPECT_EQ(find(advisory, Lever::kP2p), nullptr);
}

TEST(Advise, NeedsAStep) {
  EXPECT_THROW((void)advise(profile::Profile{}, "empty.json"), Error);
}

}  // namespace
}  // namespace dscope::model
