// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/analyse.h"
#include "profiler/import/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string_view>

// The two recorded PyTorch traces against a truth that is derived from the structure of their steps
// (tests/data/kineto/README.md) and from nothing that the rules say:
//
//   An all-reduce ends every half layer. The first half of a layer is
//     [residual add] norm, q GEMM, *attention*, output GEMM, its split-K reduction
//   and the second
//     [residual add] norm, gate GEMM, scores .. the quotient that normalises the weights, *MoE*
//   and what follows the last all-reduce of a step is  add, norm, LM head GEMM, argmax.
namespace dscope::attribute {
namespace {

using collect::Activity;

bool has(const std::string& name, std::string_view part) {
  return name.find(part) != std::string::npos;
}

struct Truth {
  std::map<Stage, std::int64_t> time_ns;
  std::int64_t all_ns = 0;
};

// The stage of the pieces of one half layer, without the all-reduce.
void add_half(const collect::ActivityList& list, const std::vector<const Activity*>& half,
              Truth& truth) {
  const auto name = [&](std::size_t i) -> const std::string& { return list.name_of(*half[i]); };
  const auto add = [&](std::size_t i, Stage stage) {
    truth.time_ns[stage] += half[i]->end_ns - half[i]->start_ns;
  };
  std::size_t i = 0;
  const bool is_end = has(name(half.size() - 1), "ArgMaxOps");
  const Stage norm = is_end ? Stage::kLmHead : Stage::kNormRopeCache;
  if (has(name(i), "CUDAFunctor_add")) add(i++, norm);
  ASSERT_TRUE(has(name(i), "layer_norm")) << name(i);
  add(i++, norm);
  ASSERT_TRUE(name(i).starts_with("nvjet_")) << name(i);
  if (is_end) {
    for (; i < half.size(); ++i) add(i, Stage::kLmHead);
    return;
  }
  if (has(name(half.size() - 1), "splitKreduce")) {
    add(i++, Stage::kProjection);
    for (; i + 2 < half.size(); ++i) add(i, Stage::kFlashMla);
    for (; i < half.size(); ++i) add(i, Stage::kProjection);
    return;
  }
  while (!has(name(i), "DivFunctor")) add(i++, Stage::kRouter);
  add(i++, Stage::kRouter);
  for (; i < half.size(); ++i) add(i, Stage::kMoe);
}

Truth derive(const collect::ActivityList& list) {
  std::vector<const Activity*> work;
  for (const Activity& a : list.activities) {
    if (is_work(a.kind)) work.push_back(&a);
  }
  std::sort(work.begin(), work.end(),
            [](const Activity* x, const Activity* y) { return x->start_ns < y->start_ns; });
  Truth truth;
  std::vector<const Activity*> half;
  for (const Activity* a : work) {
    const std::string& name = list.name_of(*a);
    truth.all_ns += a->end_ns - a->start_ns;
    const bool all_reduce = name.starts_with("ncclDevKernel_AllReduce");
    if (all_reduce) truth.time_ns[Stage::kNccl] += a->end_ns - a->start_ns;
    if (!all_reduce) half.push_back(a);
    if (all_reduce || has(name, "ArgMaxOps")) {
      add_half(list, half, truth);
      half.clear();
    }
  }
  EXPECT_TRUE(half.empty());
  return truth;
}

struct Case {
  const char* file;
  std::int64_t kernels_ns;  // the sum of the durations in the file
  const char* steps_from_work;
};

class RecordedTraces : public ::testing::TestWithParam<Case> {
 protected:
  static importer::Trace read() {
    return importer::read_trace(std::string(DSCOPE_TEST_DATA "/kineto/") + GetParam().file);
  }
  static void check(const Analysis& analysis, const Truth& truth) {
    const profile::Measurement& m = analysis.measurement;
    std::map<Stage, std::int64_t> found;
    std::int64_t all_ns = 0;
    for (const profile::KernelSummary& kernel : m.kernels) {
      found[kernel.stage] += kernel.total_ns;
      all_ns += kernel.total_ns;
    }
    EXPECT_EQ(all_ns, GetParam().kernels_ns);
    EXPECT_EQ(truth.all_ns, GetParam().kernels_ns);
    for (const StageInfo& stage : kStages) {
      const auto expected = truth.time_ns.find(stage.stage);
      EXPECT_EQ(found[stage.stage], expected == truth.time_ns.end() ? 0 : expected->second)
          << stage.id;
    }
    EXPECT_TRUE(m.unattributed.empty());
    EXPECT_TRUE(m.has_steps);
    EXPECT_EQ(m.excluded_steps, 0);
    ASSERT_EQ(m.steps.size(), 3u);
    for (const profile::StepSample& step : m.steps) {
      EXPECT_EQ(step.device, 0);
      EXPECT_LE(step.closure_error, 0.01);
      EXPECT_EQ(step.stage_launches[static_cast<std::size_t>(Stage::kNccl)], 8);
      EXPECT_EQ(step.stage_launches[static_cast<std::size_t>(Stage::kMoe)], 4 * 22);
      // Two layers with one decode (12 pieces) and two with two and a merge (37).
      EXPECT_EQ(step.stage_launches[static_cast<std::size_t>(Stage::kFlashMla)], 2 * (12 + 37));
      // Two ranks take turns on one GPU: nearly all of it is waiting.
      ASSERT_TRUE(step.nccl_wait_ns && step.nccl_transfer_ns);
      EXPECT_GT(*step.nccl_wait_ns, 4 * *step.nccl_transfer_ns);
      EXPECT_EQ(step.comm_hidden_ns, 0);
      EXPECT_EQ(step.comm_exposed_ns, step.stage_time_ns[static_cast<std::size_t>(Stage::kNccl)]);
    }
    EXPECT_EQ(m.nccl_split, "minimum duration, bounded");
  }
};

TEST_P(RecordedTraces, StagesAreThoseOfTheStructure) {
  importer::Trace trace = read();
  const Truth truth = derive(trace.list);
  const Analysis analysis = analyse(trace.list);
  check(analysis, truth);
  EXPECT_EQ(analysis.measurement.steps_from, "annotations");
}

// The same without annotations, operators and calls: kernels alone.
TEST_P(RecordedTraces, KernelsAloneGiveTheSame) {
  importer::Trace trace = read();
  const Truth truth = derive(trace.list);
  std::erase_if(trace.list.activities, [](const Activity& a) { return !is_work(a.kind); });
  const Analysis analysis = analyse(trace.list);
  check(analysis, truth);
  EXPECT_TRUE(analysis.measurement.steps_from.starts_with(GetParam().steps_from_work))
      << analysis.measurement.steps_from;
}

// A recording that begins and ends inside a step: those two are left out, and the labels of the one
// between are as before.
TEST_P(RecordedTraces, PartialStepsAreLeftOut) {
  importer::Trace trace = read();
  std::erase_if(trace.list.activities, [](const Activity& a) { return !is_work(a.kind); });
  auto& work = trace.list.activities;
  std::sort(work.begin(), work.end(),
            [](const Activity& x, const Activity& y) { return x.start_ns < y.start_ns; });
  work.erase(work.begin(), work.begin() + 60);
  work.erase(work.end() - 40, work.end());
  for (Activity& a : work) a.correlation = 0;
  const Analysis analysis = analyse(trace.list);
  EXPECT_EQ(analysis.measurement.excluded_steps, 2);
  ASSERT_EQ(analysis.measurement.steps.size(), 1u);
  const auto& launches = analysis.measurement.steps[0].stage_launches;
  EXPECT_EQ(launches[static_cast<std::size_t>(Stage::kMoe)], 4 * 22);
  EXPECT_EQ(launches[static_cast<std::size_t>(Stage::kFlashMla)], 2 * (12 + 37));
  EXPECT_EQ(launches[static_cast<std::size_t>(Stage::kUnattributed)], 0);
}

INSTANTIATE_TEST_SUITE_P(
    Kineto, RecordedTraces,
    ::testing::Values(Case{"eager_l4_b1-TP-0.trace.json.gz", 488'876'951,
                           "kernels that end a step"},
                      Case{"graph_l4_b2-TP-0.trace.json.gz", 105'713'819, "graph launches"}),
    [](const auto& tested) { return std::string(tested.param.file).substr(0, 5); });

}  // namespace
}  // namespace dscope::attribute
