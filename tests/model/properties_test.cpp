// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/axes.h"
#include "model/device_catalog.h"
#include "model/memory_fit.h"
#include "model/predict.h"
#include "model/speculation.h"

#include <gtest/gtest.h>

#include <cmath>

// What must hold of every prediction, whatever the constants are.
namespace dscope::model {
namespace {

std::vector<Configuration> many() {
  std::vector<Configuration> all;
  for (const KernelSet& set : kernel_sets()) {
    for (const char* device : {"rtx-pro-6000", "rtx-5090", "h200", "dgx-spark-gb10"}) {
      for (const std::int64_t tp : {1, 2, 8}) {
        for (const std::int64_t batch : {1, 7, 64}) {
          Configuration c = default_configuration();
          c.kernel_set = set;
          c.device = find_device(device);
          c.tp = tp;
          c.batch = batch;
          all.push_back(c);
        }
      }
    }
  }
  return all;
}

std::string name(const Configuration& c) {
  return c.kernel_set.name + " " + c.device.name + " TP " + std::to_string(c.tp) + " B " +
         std::to_string(c.batch);
}

double stage_ns(const Configuration& c, Stage stage) {
  return predict_stages_ns(c)[static_cast<std::size_t>(stage)];
}

TEST(Properties, NothingIsFasterThanTheRoofline) {
  for (const Configuration& c : many()) {
    EXPECT_GE(predict_step_ns(c), roofline_step_ns(c)) << name(c);
  }
}

TEST(Properties, MoreBandwidthIsNeverSlower) {
  for (const Configuration& c : many()) {
    double before = predict_step_ns(c);
    for (const char* dram : {"dram=+10%", "dram=x2", "dram=x4"}) {
      const double ns = predict_step_ns(with(c, dram));
      EXPECT_LE(ns, before * (1 + 1e-9)) << name(c) << " " << dram;
      before = ns;
    }
    EXPECT_LE(predict_step_ns(with(c, "link=x2")), predict_step_ns(c) * (1 + 1e-9)) << name(c);
    EXPECT_GE(predict_step_ns(with(c, "hop=x2")), predict_step_ns(c) * (1 - 1e-9)) << name(c);
  }
}

// More work. A choice of pick_config() can be a little better at one size than at a smaller one, so
// the library's own kernels get some slack.
TEST(Properties, MoreTokensAndLongerContextsAreNeverFaster) {
  for (Configuration c : many()) {
    const double slack = c.kernel_set.trait("library_launches") ? 0.97 : 1 - 1e-9;
    c.context = 512;
    double before = 0;
    for (; c.context <= 1 << 20; c.context *= 4) {
      const double ns = predict_step_ns(c);
      EXPECT_GE(ns, before * slack) << name(c) << " context " << c.context;
      before = ns;
    }
    c.context = 4096;
    before = 0;
    for (c.batch = 1; c.batch <= 128; c.batch *= 2) {
      const double ns = predict_step_ns(c);
      EXPECT_GE(ns, before * slack) << name(c);
      before = ns;
    }
  }
}

TEST(Properties, MoreBytesAreNeverFaster) {
  for (const Configuration& c : many()) {
    const double before = predict_step_ns(c);
    Configuration more = c;
    more.unique_experts.assign(43, std::min(256.0, 6.0 * static_cast<double>(c.batch)));
    EXPECT_GE(predict_step_ns(more), before * (1 - 1e-9)) << name(c);
    more = c;
    more.wo_a_bf16 = false;  // half of its bytes
    EXPECT_LE(stage_ns(more, Stage::kMoe), stage_ns(c, Stage::kMoe) * (1 + 1e-9)) << name(c);
  }
}

TEST(Properties, OneGpuHasNoCollectives) {
  for (Configuration c : many()) {
    if (c.tp == 1) {
      EXPECT_EQ(stage_ns(c, Stage::kNccl), 0) << name(c);
    } else {
      EXPECT_GT(stage_ns(c, Stage::kNccl), 0) << name(c);
      c.collectives = false;
      EXPECT_EQ(stage_ns(c, Stage::kNccl), 0) << name(c);
    }
  }
}

TEST(Properties, ZeroOverheadIsTheRoofline) {
  for (const char* device : {"rtx-pro-6000", "h200"}) {
    Configuration c = default_configuration();
    c.kernel_set = roofline_kernel_set();
    c.device = find_device(device);
    c.device.dram_read_gbps = c.device.dram_spec_gbps;
    c.device.dram_read_gbps.source = ValueSource::kMeasured;
    EXPECT_DOUBLE_EQ(predict_step_ns(c), roofline_step_ns(c));
  }
}

TEST(Properties, IntervalsAreOrderedAndHoldTheValue) {
  for (const char* set : {"roofline", "dscope", "sglang-24692"}) {
    Configuration c = default_configuration();
    c.kernel_set = find_kernel_set(set);
    const Outcome outcome = predict(c);
    const profile::Prediction& p = outcome.prediction;
    EXPECT_LE(*p.tok_s_low, p.tok_s) << set;
    EXPECT_GE(*p.tok_s_high, p.tok_s) << set;
    double sum = 0;
    for (const profile::PredictedStage& s : p.stages) {
      EXPECT_LE(*s.low_ns, s.time_ns) << set;
      EXPECT_GE(*s.high_ns, s.time_ns) << set;
      EXPECT_GE(*s.low_ns, 0) << set;
      sum += s.time_ns;
    }
    EXPECT_NEAR(sum, p.step_ns, 1e-6 * sum) << set;
    for (std::size_t i = 1; i < outcome.sensitivities.size(); ++i) {
      EXPECT_GE(outcome.sensitivities[i - 1].swing_ns(), outcome.sensitivities[i].swing_ns());
    }
  }
}

TEST(Properties, AssumedValuesWidenTheInterval) {
  Configuration c = default_configuration();
  c.tp = 1;
  c.kernel_set = roofline_kernel_set();
  const auto width = [](const Outcome& o) {
    return (*o.prediction.tok_s_high - *o.prediction.tok_s_low) / o.prediction.tok_s;
  };
  const double assumed = width(predict(c));
  c.device.dram_read_gbps.source = ValueSource::kMeasured;
  EXPECT_LT(width(predict(c)), 0.5 * assumed);
}

TEST(Launch, GraphsBeatEagerLaunches) {
  Configuration c = default_configuration();
  const double graph = predict_step_ns(c);
  c.graph = false;
  EXPECT_GT(predict_step_ns(c), graph);
  EXPECT_GT(stage_ns(c, Stage::kGap), 0);
}

TEST(Speculation, CountsAcceptedTokens) {
  EXPECT_EQ(accepted_tokens({}), 1);
  EXPECT_DOUBLE_EQ(accepted_tokens({.depth = 2, .acceptance = 0.5}), 1.75);
  EXPECT_DOUBLE_EQ(accepted_tokens({.depth = 3, .acceptance = 1}), 4);
}

TEST(Speculation, ReadsTheUnionOfExperts) {
  Configuration c = default_configuration();
  c.kernel_set = find_kernel_set("dscope");
  const Outcome plain = predict(c);
  c.speculation = {.depth = 3, .acceptance = 0.7, .draft_share = 0.05};
  const Outcome drafted = predict(c);
  EXPECT_GT(drafted.prediction.step_ns, plain.prediction.step_ns);
  EXPECT_LT(drafted.prediction.step_ns, 4 * plain.prediction.step_ns);
  EXPECT_NEAR(drafted.accepted_per_step, 1 + 0.7 + 0.49 + 0.343, 1e-9);
  EXPECT_NEAR(drafted.prediction.tok_s,
              1e9 * drafted.accepted_per_step / drafted.prediction.step_ns, 1e-6);
}

TEST(Speculation, BestDepthGrowsWithAcceptance) {
  Configuration c = default_configuration();
  c.kernel_set = find_kernel_set("dscope");
  c.speculation = {.acceptance = 0, .draft_share = 0.05};
  EXPECT_EQ(best_depth(c, 6), 0);
  c.speculation.acceptance = 0.95;
  EXPECT_GE(best_depth(c, 6), 2);
}

TEST(MemoryFit, KnowsWhatFits) {
  Configuration c = default_configuration();
  c.kernel_set = roofline_kernel_set();
  const MemoryFit eight = memory_fit(c);
  EXPECT_TRUE(eight.fits());
  EXPECT_TRUE(fits_memory(c));
  EXPECT_GE(eight.largest_batch, 1);
  c.batch = eight.largest_batch;
  EXPECT_TRUE(fits_memory(c));
  c.batch += 1;
  EXPECT_FALSE(fits_memory(c));
  // 158 GB of weights do not fit one card of 96 GB.
  c = default_configuration();
  c.tp = 1;
  const Outcome outcome = predict(c);
  EXPECT_FALSE(outcome.memory.fits());
  EXPECT_EQ(outcome.memory.largest_batch, 0);
  ASSERT_FALSE(outcome.warnings.empty());
  EXPECT_EQ(outcome.obstacle, outcome.warnings.front());
  // A warning that only qualifies the number is no obstacle.
  c = default_configuration();
  c.batch = 2;
  const Outcome runs = predict(c);
  EXPECT_FALSE(runs.warnings.empty());
  EXPECT_EQ(runs.obstacle, "");
}

TEST(MemoryFit, FloatScalesTakeMore) {
  Configuration c = default_configuration();
  const double with_floats = memory_fit(c).needed_bytes;
  c.kernel_set = find_kernel_set("dscope");
  EXPECT_GT(with_floats, 1.1 * memory_fit(c).needed_bytes);
}

TEST(PredictedProfile, IsADocumentWithItsPrediction) {
  const Configuration c = default_configuration();
  const Outcome outcome = predict(c);
  const profile::Profile document = predicted_profile(c, outcome);
  ASSERT_TRUE(document.prediction && document.workload && document.device);
  EXPECT_EQ(document.device->gpus.size(), 8u);
  EXPECT_EQ(document.workload->batch, 1);
  EXPECT_EQ(document.prediction->step_ns, outcome.prediction.step_ns);
  double bytes = 0;
  for (const profile::OpTotals& op : document.workload->ops) bytes += op.dram_bytes();
  EXPECT_GT(bytes, 1e9);
}

}  // namespace
}  // namespace dscope::model
