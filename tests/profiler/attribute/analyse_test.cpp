// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/analyse.h"

#include "profiler/attribute/stage_rules.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>

namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityKind;
using collect::ActivityList;

constexpr const char* kNorm = "RMSNormKernel";
constexpr const char* kGemm = "nvjet_tst_64x8";
constexpr const char* kAttention = "_tiled_sparse_decode_kernel";
constexpr const char* kReduce = "ncclDevKernel_AllReduce_Sum_bf16_RING_LL";
constexpr const char* kGate = "moe_fused_gate_kernel";
constexpr const char* kMoe = "_mxfp4_slot_gemv_kernel";
constexpr const char* kExp = "at::native::elementwise_kernel<exp>";
constexpr const char* kFill = "at::native::elementwise_kernel<FillFunctor<float>>";
constexpr const char* kSum = "at::native::reduce_kernel<sum_functor>";
constexpr const char* kArgmax = "argmax_kernel";
constexpr const char* kUnknown = "something_nobody_knows";

class AnalyseTest : public ::testing::Test {
 protected:
  Activity& add(ActivityKind kind, const std::string& name, std::int64_t start, std::int64_t end,
                std::int32_t device = 0, std::int32_t lane = 7) {
    Activity a;
    a.kind = kind;
    a.name = list_.intern(name);
    a.device = device;
    a.lane = lane;
    a.start_ns = start;
    a.end_ns = end;
    list_.activities.push_back(a);
    return list_.activities.back();
  }
  // Kernels one after another, 10 ns each with 1 ns between, from now_ on.
  void run(std::initializer_list<const char*> names, std::int32_t device = 0) {
    for (const char* name : names) {
      add(ActivityKind::kKernel, name, now_, now_ + 10, device);
      now_ += 11;
    }
  }
  std::vector<Stage> stages(const Analysis& analysis) const {
    std::vector<Stage> stages;
    for (std::size_t i = 0; i < list_.activities.size(); ++i) {
      if (is_work(list_.activities[i].kind)) stages.push_back(analysis.work[i].stage);
    }
    return stages;
  }
  static std::int64_t time(const profile::StepSample& step, Stage stage) {
    return step.stage_time_ns[static_cast<std::size_t>(stage)];
  }
  void layer() {
    run({kNorm, kGemm, kFill, kAttention, kExp, kGemm, kReduce, kExp, kNorm, kGemm, kGate, kSum,
         kFill, kMoe, kExp, kMoe, kSum, kReduce, kExp});
  }

  ActivityList list_;
  std::int64_t now_ = 1000;
};

TEST_F(AnalyseTest, AnEmptyTraceHasNothing) {
  const Analysis analysis = analyse(list_);
  EXPECT_TRUE(analysis.measurement.steps.empty());
  EXPECT_FALSE(analysis.measurement.has_steps);
  EXPECT_TRUE(analysis.measurement.label_sources.empty());
}

TEST_F(AnalyseTest, AnonymousWorkBelongsToItsPosition) {
  layer();
  run({kNorm, kGemm, kArgmax});
  const Analysis analysis = analyse(list_);
  using enum Stage;
  EXPECT_EQ(stages(analysis),
            (std::vector<Stage>{
                kNormRopeCache, kProjection,    kFlashMla,      kFlashMla, kFlashMla, kProjection,
                kNccl,          kNormRopeCache, kNormRopeCache, kRouter,   kRouter,   kRouter,
                kMoe,           kMoe,           kMoe,           kMoe,      kMoe,      kNccl,
                kLmHead,        kLmHead,        kLmHead,        kLmHead}));
  for (const LabelledWork& work : analysis.work) {
    EXPECT_GT(work.confidence, 0.4F);
    EXPECT_LE(work.confidence, 1.0F);
  }
  const auto& sources = analysis.measurement.label_sources;
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0].source, "name");
  EXPECT_FALSE(sources[0].confidence);
  EXPECT_EQ(sources[1].source, "neighbour");
  EXPECT_GT(*sources[1].confidence, 0.5);
  EXPECT_EQ(sources[0].count + sources[1].count, 22);
  EXPECT_EQ(sources[0].time_ns + sources[1].time_ns, 220);
}

// Hyper-connections leave no plain residual addition: after the experts it is the sum of the shared
// and the routed ones. A SiLU is their activation wherever it runs, so the matrix products of a
// shared expert that follow the routed ones stay with them.
TEST_F(AnalyseTest, WhatSumsExpertsBelongsToThem) {
  constexpr const char* kSilu =
      "void at::native::vectorized_elementwise_kernel<4, at::native::(anonymous "
      "namespace)::silu_kernel(at::TensorIteratorBase&)::{lambda()#1}, std::array<char*, 2ul> >";
  constexpr const char* kAdd =
      "void at::native::vectorized_elementwise_kernel<4, at::native::CUDAFunctor_add<"
      "c10::BFloat16>, std::array<char*, 3ul> >";
  for (int i = 0; i < 2; ++i) {
    run({kNorm, kGemm, kGate, kMoe, kSilu, kExp, kMoe, kGemm, kSilu, kGemm, kSum, kAdd});
  }
  run({kNorm, kGemm, kArgmax});
  const std::vector<Stage> found = stages(analyse(list_));
  using enum Stage;
  for (std::size_t layer = 0; layer < 2; ++layer) {
    EXPECT_EQ(found[12 * layer + 2], kRouter);
    for (std::size_t i = 3; i < 12; ++i) EXPECT_EQ(found[12 * layer + i], kMoe) << i;
  }
  EXPECT_EQ(found[12], kNormRopeCache);
}

// Work of a replayed graph carries the ranges of its capture; the range around the replay says
// less.
TEST_F(AnalyseTest, GraphNodesBelongToTheRangesOfTheirCapture) {
  add(ActivityKind::kRange, "moe", 900, 1200, -1, 1);
  add(ActivityKind::kRuntimeCall, "cudaGraphLaunch", 950, 960, -1, 1).correlation = 5;
  for (const char* path : {"decode/indexer/aten::mm", "decode/sampler", "decode"}) {
    run({kUnknown});
    list_.activities.back().correlation = 5;
    list_.activities.back().range = list_.intern(path);
  }
  using enum Stage;
  EXPECT_EQ(stages(analyse(list_)), (std::vector<Stage>{kIndexer, kLmHead, kMoe}));
}

TEST_F(AnalyseTest, StagesAreWrittenIntoTheList) {
  run({kAttention, kExp, kUnknown, kNorm});
  (void)analyse(list_);
  EXPECT_EQ(list_.activities[0].stage, Stage::kFlashMla);
  EXPECT_EQ(list_.activities[1].stage, Stage::kFlashMla);
  EXPECT_FALSE(list_.activities[2].stage) << "unattributed stays open";
}

TEST_F(AnalyseTest, UnknownNamesAreListedUnlessBothSidesAgree) {
  run({kMoe, kUnknown, kMoe, kUnknown, kReduce, kUnknown});
  const Analysis analysis = analyse(list_);
  EXPECT_EQ(analysis.work[1].stage, Stage::kMoe);
  EXPECT_EQ(analysis.work[3].stage, Stage::kUnattributed);
  ASSERT_EQ(analysis.measurement.unattributed.size(), 1u);
  EXPECT_EQ(analysis.measurement.unattributed[0].name, kUnknown);
  EXPECT_EQ(analysis.measurement.unattributed[0].count, 2);
  EXPECT_EQ(analysis.measurement.unattributed[0].time_ns, 20);
}

TEST_F(AnalyseTest, WithoutNeighboursAnonymousWorkStaysUnattributed) {
  run({kMoe, kExp, kMoe});
  AnalyseOptions options;
  options.neighbours = false;
  EXPECT_EQ(analyse(list_, options).work[1].stage, Stage::kUnattributed);
}

TEST_F(AnalyseTest, FirmRangesBeatNamesAndCollectivesBeatRanges) {
  const auto launch = [&](std::uint64_t id, std::int64_t at) {
    add(ActivityKind::kRuntimeCall, "cudaLaunchKernel", at, at + 1, -1, 5).correlation = id;
  };
  add(ActivityKind::kRange, "indexer.q_up", 0, 50, -1, 5);
  add(ActivityKind::kRange, "lm_head", 60, 90, -1, 5);
  for (std::uint64_t id = 1; id <= 5; ++id) launch(id, static_cast<std::int64_t>(id) * 15);
  const char* names[] = {kMoe, kReduce, kExp, kMoe, kExp};
  for (std::uint64_t id = 1; id <= 5; ++id) {
    add(ActivityKind::kKernel, names[id - 1], 1000 + static_cast<std::int64_t>(id) * 10,
        1008 + static_cast<std::int64_t>(id) * 10)
        .correlation = id;
  }
  const Analysis analysis = analyse(list_);
  EXPECT_EQ(stages(analysis), (std::vector<Stage>{Stage::kIndexer, Stage::kNccl, Stage::kIndexer,
                                                  Stage::kMoe, Stage::kLmHead}));
  EXPECT_EQ(analysis.work[7].source, LabelSource::kRange);
  EXPECT_EQ(analysis.work[8].source, LabelSource::kName);
}

TEST_F(AnalyseTest, WhatTheSourceKnewStays) {
  run({kMoe});
  list_.activities[0].stage = Stage::kCompressor;
  const Analysis analysis = analyse(list_);
  EXPECT_EQ(analysis.work[0].stage, Stage::kCompressor);
  EXPECT_EQ(analysis.measurement.label_sources.at(0).source, "source");
}

TEST_F(AnalyseTest, AUsersRulesDecideFirst) {
  run({kMoe, kUnknown, kReduce});
  const StageRules rules = StageRules::from_text(
      R"({"kernels": [{"pattern": "nobody", "stage": "compressor"}]})", "mine.json");
  AnalyseOptions options;
  options.rules = &rules;
  EXPECT_EQ(analyse(list_, options).work[1].stage, Stage::kCompressor);
}

// The third layer lacks what names its helpers, the others outvote it.
TEST_F(AnalyseTest, TheSameSurroundingsGetTheSameStage) {
  for (int i = 0; i < 4; ++i) layer();
  const Analysis analysis = analyse(list_);
  const std::vector<Stage> all = stages(analysis);
  const std::vector<Stage> first(all.begin(), all.begin() + 18);
  for (std::size_t i = 1; i < 3; ++i) {
    const auto at = all.begin() + static_cast<std::ptrdiff_t>(i) * 19;
    EXPECT_EQ(std::vector<Stage>(at, at + 18), first);
  }
}

TEST_F(AnalyseTest, StepsAreFoundByAKernelThatEndsThem) {
  run({kExp, kMoe, kReduce, kArgmax});  // the end of a step
  for (int step = 0; step < 3; ++step) {
    for (int i = 0; i < 3; ++i) layer();
    run({kNorm, kGemm, kArgmax});
    now_ += 100;
  }
  layer();  // the beginning of a step
  const Analysis analysis = analyse(list_);
  const profile::Measurement& m = analysis.measurement;
  EXPECT_TRUE(m.steps_from.starts_with("kernels that end a step")) << m.steps_from;
  EXPECT_EQ(m.excluded_steps, 2);
  ASSERT_EQ(m.steps.size(), 3u);
  for (const profile::StepSample& step : m.steps) {
    EXPECT_EQ(step.wall_ns, 60 * 11 + 100) << "up to the start of the next";
    EXPECT_EQ(step.stage_launches[static_cast<std::size_t>(Stage::kNccl)], 6);
  }
  EXPECT_EQ(m.losses.outside_steps, 4 + 19);
  int steps = 0;
  for (const Activity& a : list_.activities) steps += a.kind == ActivityKind::kStep ? 1 : 0;
  EXPECT_EQ(steps, 3);
}

TEST_F(AnalyseTest, ALongPauseIsNotPartOfAStep) {
  for (int step = 0; step < 3; ++step) {
    layer();
    run({kNorm, kGemm, kArgmax});
    now_ += 100'000;
  }
  const Analysis analysis = analyse(list_);
  ASSERT_EQ(analysis.measurement.steps.size(), 3u);
  EXPECT_EQ(analysis.measurement.steps[0].wall_ns, 22 * 11 - 1);
}

TEST_F(AnalyseTest, StepsAreFoundByTheRepeatingSequence) {
  for (int step = 0; step < 5; ++step) {
    run({"my_embedding_lookup"});
    for (int i = 0; i < 6; ++i) layer();
    run({kNorm, kGemm, "my_sampler"});
  }
  const Analysis analysis = analyse(list_);
  const profile::Measurement& m = analysis.measurement;
  EXPECT_EQ(m.steps_from, "a sequence that repeats every 12 NCCL kernels");
  EXPECT_EQ(m.steps.size(), 5u);
  EXPECT_EQ(m.excluded_steps, 0);
}

TEST_F(AnalyseTest, LayersAreNotSteps) {
  for (int i = 0; i < 12; ++i) layer();
  EXPECT_FALSE(analyse(list_).measurement.has_steps);
  run({kArgmax});
  EXPECT_FALSE(analyse(list_).measurement.has_steps);
}

TEST_F(AnalyseTest, KernelsAreGroupedByTheirOp) {
  for (const char* op : {"step/moe.gate", "step/moe.up", "step/moe.up"}) {
    run({kUnknown});
    list_.activities.back().stage = Stage::kMoe;
    const std::uint32_t range = list_.intern(op);
    list_.activities.back().range = range;
  }
  const Analysis analysis = analyse(list_);
  const auto& kernels = analysis.measurement.kernels;
  ASSERT_EQ(kernels.size(), 2u);
  EXPECT_EQ(kernels[0].op, "step/moe.up");
  EXPECT_EQ(kernels[0].count, 2);
  EXPECT_EQ(kernels[1].op, "step/moe.gate");
}

TEST_F(AnalyseTest, StepsAreFoundByGraphLaunches) {
  for (std::uint64_t step = 1; step <= 3; ++step) {
    const std::size_t first = list_.activities.size();
    layer();
    for (std::size_t i = first; i < list_.activities.size(); ++i) {
      list_.activities[i].correlation = step;
    }
    run({kUnknown});  // between the graphs
  }
  const Analysis analysis = analyse(list_);
  EXPECT_EQ(analysis.measurement.steps_from, "graph launches");
  EXPECT_EQ(analysis.measurement.steps.size(), 3u);
  EXPECT_EQ(analysis.measurement.steps[0].wall_ns, 20 * 11);
}

// Every other step launches its kernels one by one, so a graph launch is not a step.
TEST_F(AnalyseTest, StepsThatReplayNoGraphCountToo) {
  std::uint64_t correlation = 0;
  for (int step = 0; step < 6; ++step) {
    const bool graph = step % 2 == 1;
    const std::size_t first = list_.activities.size();
    layer();
    run({kNorm, kGemm, kArgmax});
    if (graph) ++correlation;
    for (std::size_t i = first; i < list_.activities.size(); ++i) {
      list_.activities[i].correlation = graph ? correlation : ++correlation;
    }
  }
  const Analysis analysis = analyse(list_);
  EXPECT_TRUE(analysis.measurement.steps_from.starts_with("kernels that end a step"))
      << analysis.measurement.steps_from;
  EXPECT_EQ(analysis.measurement.steps.size(), 6u);
}

TEST_F(AnalyseTest, ARangeNamedStepIsAStep) {
  add(ActivityKind::kRange, "step", 0, 1000, -1, 3);
  add(ActivityKind::kRange, "stepwise", 2000, 3000, -1, 3);
  add(ActivityKind::kRuntimeCall, "cudaLaunchKernel", 10, 20, -1, 3).correlation = 1;
  add(ActivityKind::kKernel, kMoe, 100, 300).correlation = 1;
  const Analysis analysis = analyse(list_);
  EXPECT_EQ(analysis.measurement.steps_from, "annotations");
  EXPECT_EQ(analysis.measurement.steps.size(), 1u);
}

// The host runs ahead: its annotations end before their work begins.
TEST_F(AnalyseTest, HostStepsBecomeTheExtentOfTheirWork) {
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto at = static_cast<std::int64_t>(i) * 50;
    if (i % 2 == 0) add(ActivityKind::kStep, "step", at, at + 100, -1, 3);
    add(ActivityKind::kRuntimeCall, "cudaLaunchKernel", at + 10, at + 12, -1, 3).correlation =
        i + 1;
    add(ActivityKind::kKernel, kMoe, 5000 + at * 10, 5100 + at * 10).correlation = i + 1;
  }
  const Analysis analysis = analyse(list_);
  const auto& steps = analysis.measurement.steps;
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].wall_ns, 600);
  EXPECT_EQ(steps[0].gap_ns, 400);
  EXPECT_EQ(time(steps[1], Stage::kMoe), 200);
  EXPECT_EQ(analysis.measurement.losses.outside_steps, 0);
}

TEST_F(AnalyseTest, AStepThatWaitsForItsWorkKeepsItsTimes) {
  add(ActivityKind::kStep, "step", 0, 1000, -1, 3);
  add(ActivityKind::kRuntimeCall, "cudaGraphLaunch", 10, 20, -1, 3).correlation = 1;
  add(ActivityKind::kKernel, kMoe, 100, 300).correlation = 1;
  const Analysis analysis = analyse(list_);
  ASSERT_EQ(analysis.measurement.steps.size(), 1u);
  EXPECT_EQ(analysis.measurement.steps[0].wall_ns, 1000);
}

// One annotation, a piece for each stream.
TEST_F(AnalyseTest, PiecesOfAStepAreJoined) {
  for (int step = 0; step < 2; ++step) {
    const std::int64_t at = step * 1000;
    for (std::int32_t lane = 1; lane <= 3; ++lane) {
      add(ActivityKind::kRange, "step[" + std::to_string(step) + "]", at + lane * 100,
          at + lane * 100 + 90, 0, lane);
      add(ActivityKind::kKernel, kMoe, at + lane * 100, at + lane * 100 + 90, 0, lane);
    }
  }
  const Analysis analysis = analyse(list_);
  ASSERT_EQ(analysis.measurement.steps.size(), 2u);
  EXPECT_EQ(analysis.measurement.steps[0].wall_ns, 290);
  EXPECT_EQ(analysis.measurement.losses.lost_records(), 0);
}

TEST_F(AnalyseTest, CollectivesAreSplitAcrossRanks) {
  add(ActivityKind::kKernel, kReduce, 100, 200, 0);
  add(ActivityKind::kKernel, kReduce, 180, 200, 1);
  add(ActivityKind::kKernel, kReduce, 300, 340, 0);
  add(ActivityKind::kKernel, kReduce, 290, 340, 1);
  const Analysis analysis = analyse(list_);
  const profile::Measurement& m = analysis.measurement;
  EXPECT_EQ(m.nccl_split, "across ranks");
  ASSERT_EQ(m.steps.size(), 2u);
  EXPECT_EQ(m.steps[0].nccl_wait_ns, 80);
  EXPECT_EQ(m.steps[0].nccl_transfer_ns, 20 + 40);
  EXPECT_EQ(m.steps[0].nccl_launch_ns, 100) << "idle from 200 to 300";
  EXPECT_EQ(m.steps[1].nccl_wait_ns, 10);
  EXPECT_EQ(m.steps[1].nccl_transfer_ns, 20 + 40);
}

// Clocks that do not agree say nothing about who waited.
TEST_F(AnalyseTest, CollectivesThatDoNotOverlapAreEstimated) {
  for (std::int64_t i = 0; i < 4; ++i) {
    add(ActivityKind::kKernel, kReduce, i * 1000, i * 1000 + 20 + i * 10, 0);
    add(ActivityKind::kKernel, kReduce, i * 1000 + 500, i * 1000 + 530, 1);
  }
  const Analysis analysis = analyse(list_);
  const profile::Measurement& m = analysis.measurement;
  EXPECT_EQ(m.nccl_split, "minimum duration");
  EXPECT_EQ(m.steps.at(0).nccl_transfer_ns, 80);
  EXPECT_EQ(m.steps.at(0).nccl_wait_ns, 10 + 20 + 30);
  EXPECT_EQ(m.steps.at(1).nccl_wait_ns, 4 * 10);
}

TEST_F(AnalyseTest, SizesOfCollectivesAreKeptApart) {
  add(ActivityKind::kKernel, kReduce, 0, 10).bytes = 1000;
  add(ActivityKind::kKernel, kReduce, 20, 60).bytes = 100'000;
  add(ActivityKind::kKernel, kReduce, 70, 85).bytes = 1000;
  const Analysis analysis = analyse(list_);
  EXPECT_EQ(analysis.measurement.steps.at(0).nccl_wait_ns, 5);
}

TEST_F(AnalyseTest, ATransferHasAPlausibleEnd) {
  add(ActivityKind::kKernel, kReduce, 0, 4'000'000).bytes = 2048;
  const Analysis analysis = analyse(list_);
  EXPECT_EQ(analysis.measurement.steps.at(0).nccl_transfer_ns, 100'000 + 2048);
}

TEST_F(AnalyseTest, HiddenCommunicationIsCounted) {
  add(ActivityKind::kKernel, kReduce, 0, 100, 0, 1);
  add(ActivityKind::kKernel, kMoe, 40, 100, 0, 2);
  const Analysis analysis = analyse(list_);
  EXPECT_EQ(analysis.measurement.steps.at(0).comm_exposed_ns, 40);
  EXPECT_EQ(analysis.measurement.steps.at(0).comm_hidden_ns, 60);
}

TEST_F(AnalyseTest, CanBeStopped) {
  run({kMoe});
  const std::atomic<bool> stop = true;
  AnalyseOptions options;
  options.stop = &stop;
  try {
    (void)analyse(list_, options);
    FAIL() << "ran on";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kInterrupted);
  }
}

// Whatever the input: nothing crashes, time adds up, confidences are shares.
TEST_F(AnalyseTest, RandomTracesAddUp) {
  std::mt19937 random(5);
  const auto up_to = [&](std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(0, n)(random);
  };
  const char* names[] = {kNorm, kGemm, kAttention, kReduce,  kGate,     kMoe,          kExp,
                         kFill, kSum,  kArgmax,    kUnknown, "step[1]", "indexer.q_up"};
  for (int round = 0; round < 300; ++round) {
    list_ = {};
    for (std::int64_t i = up_to(60); i >= 0; --i) {
      const std::int64_t start = up_to(500);
      Activity& a =
          add(static_cast<ActivityKind>(up_to(5)), names[up_to(12)], start, start + up_to(40) - 2,
              static_cast<std::int32_t>(up_to(3)) - 1, static_cast<std::int32_t>(up_to(2)));
      a.correlation = static_cast<std::uint64_t>(up_to(6));
    }
    const Analysis analysis = analyse(list_);
    ASSERT_EQ(analysis.work.size(), list_.activities.size());
    for (const profile::StepSample& step : analysis.measurement.steps) {
      ASSERT_EQ(step.closure_error, 0);
      ASSERT_EQ(step.busy_ns + step.gap_ns, step.wall_ns);
    }
    for (const LabelledWork& work : analysis.work) {
      ASSERT_GE(work.confidence, 0.0F);
      ASSERT_LE(work.confidence, 1.0F);
    }
  }
}

}  // namespace
}  // namespace dscope::attribute
