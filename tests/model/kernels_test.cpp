// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/axes.h"
#include "model/device_catalog.h"
#include "model/library_kernels.h"
#include "model/program_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dscope::model {
namespace {

Configuration library(const char* device, std::int64_t tp) {
  Configuration c = default_configuration();
  c.kernel_set = find_kernel_set("dscope");
  c.device = find_device(device);
  c.tp = tp;
  c.collectives = false;
  c.context = 8192;
  return c;
}

// Of a layer with an indexer that routes by score.
const PricedOp& op_of(const StepContext& context, Op op) {
  for (const PricedOp& priced : context.shape.ops) {
    if (priced.op != op) continue;
    if (priced.kind < 0) return priced;
    const LayerKind& kind = context.shape.kinds[static_cast<std::size_t>(priced.kind)];
    if (kind.ratio == 4 && !kind.hash) return priced;
  }
  ADD_FAILURE() << "no such op";
  return context.shape.ops.front();
}

double us(const Configuration& c, Op op) {
  const StepContext context(c, 1);
  return op_time(context, op_of(context, op)).time.total() / 1000;
}

TEST(StepShape, LayersOfAKindAreCountedNotListed) {
  const StepShape shape = step_shape(library("h200", 1), 1);
  double layers = 0;
  for (const LayerKind& kind : shape.kinds) layers += kind.layers;
  EXPECT_EQ(layers, 43);
  EXPECT_EQ(shape.kinds.size(), 4u);  // ratio 0 and 4 with hash, 4 and 128 without
  EXPECT_EQ(shape.ops.front().op, Op::kStepInputs);
}

// Entries complete every 4 or 128 tokens: steps differ, their average does not.
TEST(StepShape, IsThatOfAnAveragePosition) {
  Configuration c = library("h200", 1);
  c.context = 8191;
  const double odd = step_shape(c, 1).total_bytes();
  c.context = 8192;
  const double even = step_shape(c, 1).total_bytes();
  EXPECT_NEAR(odd, even, 1e-5 * even);
  EXPECT_GE(even, odd);
}

// Times of single ops in a step on an H200, from model/validation/h200_grid/h200.json at 8K: none
// of these points was calibrated on.
TEST(LibraryKernels, FollowOpsOfTheH200Grid) {
  constexpr double kShare = 0.25;
  constexpr double kShortUs = 1;
  struct Row {
    Op op;
    std::int64_t tp;
    std::int64_t batch;
    double us;
  };
  for (const Row& row : std::initializer_list<Row>{{Op::kMoeRouted, 1, 1, 40.3},
                                                   {Op::kMoeRouted, 1, 8, 190.5},
                                                   {Op::kMoeRouted, 1, 64, 893.1},
                                                   {Op::kMoeRouted, 8, 1, 14.3},
                                                   {Op::kMoeRouted, 8, 8, 41.7},
                                                   {Op::kSparseMla, 1, 1, 12.8},
                                                   {Op::kSparseMla, 8, 1, 11.6},
                                                   {Op::kQUp, 1, 1, 14.8},
                                                   {Op::kWoB, 1, 64, 55.9},
                                                   {Op::kRouterGate, 1, 1, 4.7},
                                                   {Op::kRouterTopK, 1, 1, 1.6},
                                                   {Op::kKvNormRopeStore, 1, 1, 2.7},
                                                   {Op::kIndexTopK, 1, 8, 7.3},
                                                   {Op::kIndexLogits, 1, 64, 13.4},
                                                   {Op::kLmHead, 1, 1, 263.4},
                                                   {Op::kFfnHcPre, 1, 1, 6.0}}) {
    Configuration c = library("h200", row.tp);
    c.batch = row.batch;
    EXPECT_NEAR(us(c, row.op), row.us, std::max(kShare * row.us, kShortUs))
        << info(row.op).name << " TP " << row.tp << " B " << row.batch;
  }
}

// Eight passes of a block over a tile while all blocks are at other tiles: L2 keeps none of it.
TEST(LibraryKernels, WeightsAreReadAgainWhereABlockPassesAlone) {
  Configuration c = library("h200", 1);
  c.tiles.linear_config = 4;  // 8 tokens a pass, every warp with rows of its own
  c.batch = 8;
  const double once = us(c, Op::kLmHead);
  c.batch = 64;
  EXPECT_GT(us(c, Op::kLmHead), 6 * once);
  // Of a matrix that L2 holds, a pass that finds it there is no dearer than its instructions.
  EXPECT_LT(us(c, Op::kIndexQ), 6 * us(library("h200", 1), Op::kIndexQ));
}

// As measured: model/validation/h200_grid/h200.json, TP 1 and 8 sequences at 8K.
TEST(LibraryKernels, ForcedProductsFollowTheirArrangement) {
  constexpr double kShare = 0.4;
  Configuration c = library("h200", 1);
  c.batch = 8;
  for (const auto& [linear, measured_us] :
       {std::pair{4, 61.1}, std::pair{23, 56.2}, std::pair{38, 35.7}, std::pair{49, 138.6}}) {
    c.tiles.linear_config = linear;
    EXPECT_NEAR(us(c, Op::kWoB), measured_us, kShare * measured_us) << linear;
  }
}

TEST(LibraryKernels, AttentionBlocksFollowEachOther) {
  Configuration c = library("h200", 1);
  c.batch = 64;
  c.tiles.mla_config = 2 * kSparseMlaMaxSplits;  // 16 heads, no split: 256 blocks of 64 tokens
  const double two_waves = us(c, Op::kSparseMla);
  c.batch = 32;  // 128 blocks
  const double one_wave = us(c, Op::kSparseMla);
  EXPECT_GT(two_waves, 1.5 * one_wave);
  EXPECT_LT(two_waves, 2.5 * one_wave);
}

TEST(LibraryKernels, FusedOpsCostNothingOfTheirOwn) {
  const StepContext context(library("h200", 1), 1);
  for (const Op op : {Op::kMoeShared, Op::kAttnNorm, Op::kAttnHcPost}) {
    const OpTime time = op_time(context, op_of(context, op));
    EXPECT_EQ(time.launches, 0);
    EXPECT_EQ(time.time.total(), 0);
  }
}

TEST(LibraryKernels, LaunchAsPickConfigDecides) {
  const Configuration small = library("rtx-pro-6000", 1);
  const StepContext context(small, 1);
  const MoeLaunch moe = moe_launch(context);
  EXPECT_EQ(moe.config, pick_config(moe.problem, context.machine.limits()));
  EXPECT_EQ(moe.problem.expert_count, 256);
  const SparseMlaLaunch mla = sparse_mla_launch(context, 4);
  EXPECT_EQ(mla.problem.tiles, 4 + 16);
  EXPECT_EQ(mla.config, pick_config(mla.problem, context.machine.limits()));
  const auto products = linear_problems(context, op_of(context, Op::kQkvDown));
  ASSERT_EQ(products.size(), 2u);
  EXPECT_EQ(products[0].rows[0], 1024);
  EXPECT_EQ(products[1].rows[0], 512);
}

TEST(LibraryKernels, LaunchAsForced) {
  Configuration c = library("h200", 1);
  c.batch = 8;
  for (std::size_t i = 0; i < moe_configs().size(); ++i) {
    c.tiles.moe_config = static_cast<std::int64_t>(i);
    EXPECT_EQ(moe_launch(StepContext(c, 1)).config, moe_configs()[i]);
  }
  c.tiles.mla_config = 65;  // the second list entry, two splits
  EXPECT_EQ(sparse_mla_launch(StepContext(c, 1), 4).config, sparse_mla_choice(65));
  c.batch = 256;  // more splits than the workspace has room for: as without
  c.tiles.mla_config = 63;
  const SparseMlaLaunch launch = sparse_mla_launch(StepContext(c, 1), 4);
  EXPECT_EQ(launch.config, pick_config(launch.problem, StepContext(c, 1).machine.limits()));

  const DeviceLimits limits = StepContext(c, 1).machine.limits();
  const LinearProblem problem{
      .format = WeightFormat::kFp8, .tokens = 8, .rows = {4096, 0}, .cols = 4096};
  int different = 0;
  const auto plain = linear_plan(problem, limits, std::nullopt);
  ASSERT_TRUE(plain);
  for (std::size_t i = 0; i < linear_choices().size(); ++i) {
    const auto forced = linear_plan(problem, limits, static_cast<std::int64_t>(i));
    ASSERT_TRUE(forced);
    const auto expected = plan_of(problem, linear_choices()[i], limits);
    EXPECT_EQ(forced->blocks, expected ? expected->blocks : plain->blocks) << i;
    different += forced->config != plain->config ? 1 : 0;
  }
  EXPECT_GT(different, 0);
}

// What shared memory does to bandwidth: padding a block halves the blocks of an SM and with them
// the loads in flight; a tile that is too large does not launch.
TEST(LibraryKernels, PaddingThrottlesOccupancy) {
  Configuration c = library("h200", 1);
  c.batch = 8;
  c = with(c, "latency_factor=20");  // so that loads in flight matter
  const StepContext free(c, 1);
  const OpTime before = op_time(free, op_of(free, Op::kMoeRouted));
  const Configuration padded = with(c, "padding=100KiB");
  const StepContext tight(padded, 1);
  const OpTime after = op_time(tight, op_of(tight, Op::kMoeRouted));
  EXPECT_GT(*before.blocks_per_sm, *after.blocks_per_sm);
  EXPECT_GT(*before.bandwidth_gbps, *after.bandwidth_gbps);
  EXPECT_GT(after.time.total(), before.time.total());
  EXPECT_TRUE(after.fits_shared_memory);

  Configuration large = library("rtx-pro-6000", 1);
  large.tiles.moe_stages = 6;
  const StepContext overfull(large, 1);
  EXPECT_FALSE(op_time(overfull, op_of(overfull, Op::kMoeRouted)).fits_shared_memory);
  const Configuration roomy = with(large, "smem=227KiB");
  const StepContext fits(roomy, 1);
  EXPECT_TRUE(op_time(fits, op_of(fits, Op::kMoeRouted)).fits_shared_memory);
}

// A launcher that knows of no padding launches as many blocks as ever: they take turns, and the
// fewer warps an SM has the less they hide each other's waits.
TEST(LibraryKernels, PaddedExpertsIssueLess) {
  Configuration c = library("h200", 1);
  c.batch = 8;
  double before = us(c, Op::kMoeRouted);
  for (const char* padding : {"padding=64KiB", "padding=96KiB"}) {
    const double after = us(with(c, padding), Op::kMoeRouted);
    EXPECT_GT(after, 1.1 * before) << padding;
    EXPECT_LT(after, 2.5 * before) << padding;  // four turns, but each quicker than a full one
    before = after;
  }
}

// Up to 8 tokens a transition is one launch, beyond it is two with the same chain of latencies.
TEST(LibraryKernels, TransitionsHardlyGrowWithASecondLaunch) {
  Configuration c = library("h200", 1);
  c.batch = 8;
  const double one = us(c, Op::kFfnHcPre);
  c.batch = 16;
  const double two = us(c, Op::kFfnHcPre);
  EXPECT_LT(std::abs(two - one), 0.25 * one);
  c.batch = 64;
  EXPECT_GT(us(c, Op::kFfnHcPre), 1.2 * two);
}

TEST(LibraryKernels, SelectionCopiesRanksAndMerges) {
  Configuration c = library("h200", 1);
  c.context = 1024;  // 256 entries of which 512 are wanted
  const double copied = us(c, Op::kIndexTopK);
  c.context = 8192;
  const double ranked = us(c, Op::kIndexTopK);
  EXPECT_GT(ranked, 2 * copied);
  c.context = 65536;  // one chunk, full
  const double full = us(c, Op::kIndexTopK);
  EXPECT_GT(full, 1.2 * ranked);
  c.context = 131'072;  // two, and what they leave
  EXPECT_GT(us(c, Op::kIndexTopK), full);
}

TEST(ProgramTime, IsBoundByTheLoopHoweverFewPrograms) {
  const Machine m = machine(find_device("rtx-pro-6000"), std::nullopt);
  const ProgramShape shape{.iteration_cycles = 1000, .issue_share = 0.5, .programs_per_sm = 4};
  const double one = program_time({.programs = 1, .iterations = 64}, shape, m).total();
  EXPECT_NEAR(one, 64 * 1000 / m.clock_ghz, 1e-6);
  EXPECT_EQ(program_time({.programs = 188, .iterations = 64}, shape, m).total(), one);
  EXPECT_EQ(program_time({.programs = 376, .iterations = 64}, shape, m).total(), one);
  // Four on an SM take twice its issue slots; the fifth waits for another wave.
  EXPECT_NEAR(program_time({.programs = 752, .iterations = 64}, shape, m).total(), 2 * one, 1e-6);
  EXPECT_NEAR(program_time({.programs = 753, .iterations = 64}, shape, m).total(), 4 * one, 1e-6);
}

// The published kernels of the pull request: nothing of a step's experts or attention gets faster
// with more GPUs once every program has an SM of its own.
TEST(ProgramKernels, HardlyGainFromMoreGpus) {
  Configuration c = default_configuration();
  c.tp = 4;
  const double moe4 = us(c, Op::kMoeRouted);
  const double attention4 = us(c, Op::kSparseMla);
  c.tp = 8;
  EXPECT_GT(us(c, Op::kMoeRouted), 0.8 * moe4);
  EXPECT_EQ(us(c, Op::kSparseMla), attention4);
}

TEST(ProgramKernels, WorkOnTheCapturedCapacity) {
  Configuration c = default_configuration();
  c.captured_context = 8192;
  const double small = us(c, Op::kIndexLogits);
  c.captured_context = 262'144;
  EXPECT_GT(us(c, Op::kIndexLogits), 3 * small);
  c.kernel_set = find_kernel_set("dscope");
  const double live = us(c, Op::kIndexLogits);
  c.captured_context = 8192;
  EXPECT_NEAR(us(c, Op::kIndexLogits), live, 0.05 * live);
}

}  // namespace
}  // namespace dscope::model
