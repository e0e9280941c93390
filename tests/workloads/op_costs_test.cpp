// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/op_costs_support.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace dscope {
namespace {

using ::testing::HasSubstr;

// An entry appears when the token completes a block; reads are the rows of its window: 8 rows of
// 512 + 512 floats with ratio 4 (4 rows for the first entry of a sequence), 128 with ratio 128.
TEST(OpCosts, CompressorEmission) {
  const ModelConfig model = preset("dsv4-flash");
  const auto read = [&](std::int64_t s, Op op, std::int64_t layer) {
    return at(op_costs(inputs(model, 1, s)), op, layer).read_bytes - 4096 * 2;
  };
  const auto written = [&](std::int64_t s, Op op, std::int64_t layer) {
    return at(op_costs(inputs(model, 1, s)), op, layer).write_bytes;
  };
  EXPECT_EQ(read(7, Op::kCompressor, 2), 0);
  EXPECT_EQ(read(8, Op::kCompressor, 2), 32'768);
  EXPECT_EQ(read(4, Op::kCompressor, 2), 16'384);
  EXPECT_EQ(read(8, Op::kIndexCompressor, 2), 8'192);
  EXPECT_EQ(read(128, Op::kCompressor, 3), 524'288);
  EXPECT_EQ(read(124, Op::kCompressor, 3), 0);
  EXPECT_EQ(written(7, Op::kCompressor, 2), 8'192);
  EXPECT_EQ(written(8, Op::kCompressor, 2), 8'192 + 584);
  EXPECT_EQ(written(8, Op::kIndexCompressor, 2), 2'048 + 132);
  EXPECT_EQ(written(128, Op::kCompressor, 3), 4'096 + 584);
}

// Ratio 0 has neither compressor nor indexer, ratio 128 no indexer; ops come in the order of a
// layer.
TEST(OpCosts, OpsOfALayerInOrder) {
  const ModelConfig model = preset("dsv4-flash");
  const auto costs = op_costs(inputs(model, 1, 1024, {.tp = 2}));
  const auto ops = [&](std::int64_t layer) {
    std::vector<Op> list;
    for (const OpCost& c : costs) {
      if (c.layer == layer) list.push_back(c.op);
    }
    return list;
  };
  EXPECT_EQ(ops(0).size(), 21u);
  EXPECT_EQ(ops(2).size(), 28u);
  EXPECT_EQ(ops(3).size(), 22u);
  EXPECT_EQ(ops(-1).size(), 7u);
  for (std::int64_t layer : {-1, 0, 2, 3}) {
    const std::vector<Op> list = ops(layer);
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end())) << layer;
  }
  EXPECT_EQ(costs.front().op, Op::kEmbed);
  EXPECT_EQ(costs.back().op, Op::kSample);
}

TEST(OpCosts, GrowWithTokensAndContext) {
  const ModelConfig model = preset("dsv4-pro");
  OpCost last;
  for (std::int64_t tokens : {1, 2, 8, 64}) {
    const OpCost now = total(op_costs(inputs(model, tokens, 4096)));
    EXPECT_GE(now.weight_bytes, last.weight_bytes);
    EXPECT_GT(now.read_bytes, last.read_bytes);
    EXPECT_GT(now.write_bytes, last.write_bytes);
    EXPECT_GT(now.flops, last.flops);
    last = now;
  }
  // Contexts that emit nothing, so that only lengths matter.
  last = {};
  for (std::int64_t context : {1, 101, 1001, 10'001, 100'001}) {
    const OpCost now = total(op_costs(inputs(model, 1, context)));
    EXPECT_GT(now.read_bytes, last.read_bytes);
    EXPECT_GT(now.flops, last.flops);
    last = now;
  }
}

// T tokens read every matrix once; only routed experts, embedding rows, ape rows and hash rows may
// add up, and routed experts exactly with the number of distinct ones.
TEST(OpCosts, WeightsAreReadOncePerStep) {
  const ModelConfig model = preset("dsv4-flash");
  const auto one = op_costs(inputs(model, 1, 1023));
  const auto many = op_costs(inputs(model, 16, 1023));
  ASSERT_EQ(one.size(), many.size());
  const std::set<Op> rows{Op::kEmbed, Op::kCompressor, Op::kIndexCompressor, Op::kRouterTopK};
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (rows.contains(one[i].op)) {
      EXPECT_LE(many[i].weight_bytes, 16 * one[i].weight_bytes) << info(one[i].op).name;
    } else if (one[i].op == Op::kMoeRouted) {
      EXPECT_EQ(many[i].weight_bytes, 16 * one[i].weight_bytes);  // 96 distinct experts, not 6
    } else {
      EXPECT_EQ(many[i].weight_bytes, one[i].weight_bytes) << info(one[i].op).name;
    }
  }
}

TEST(OpCosts, RoutedExpertsScaleWithUniqueOnes) {
  const ModelConfig model = preset("dsv4-flash");
  CostInputs in = inputs(model, 1, 64);
  in.unique_experts[5] = 2.5;
  in.expert_slots[5] = 3;
  const auto costs = op_costs(in);
  EXPECT_EQ(at(costs, Op::kMoeRouted, 5).weight_bytes, 2.5 * 13'369'344);
  EXPECT_EQ(at(costs, Op::kMoeRouted, 5).flops, 3 * 6.0 * 2048 * 4096);
  EXPECT_EQ(at(costs, Op::kMoeRouted, 6).flops, 6 * 6.0 * 2048 * 4096);
}

// Over the eight ranks of TP=8 the sharded ops add up to the whole, to the byte and FLOP; the
// replicated ones cost each rank the same as without division.
TEST(OpCosts, ShardsAddUp) {
  const ModelConfig model = preset("dsv4-flash");
  const auto whole = op_costs(inputs(model, 4, 2048));
  std::vector<std::vector<OpCost>> ranks;
  for (int rank = 0; rank < 8; ++rank) {
    ranks.push_back(op_costs(inputs(model, 4, 2048, {.tp = 8, .rank = rank})));
  }
  const std::set<Op> sharded{Op::kEmbed, Op::kQUp,       Op::kSparseMla, Op::kWoA,
                             Op::kWoB,   Op::kMoeRouted, Op::kMoeShared, Op::kLmHead};
  const std::set<Op> sharded_flops{Op::kQNormRope, Op::kOInverseRope};
  for (const OpCost& op : whole) {
    double weights = 0;
    double flops = 0;
    for (const auto& costs : ranks) {
      weights += at(costs, op.op, op.layer).weight_bytes;
      flops += at(costs, op.op, op.layer).flops;
    }
    const double weight_copies = sharded.contains(op.op) ? 1 : 8;
    const double flop_copies = sharded.contains(op.op) || sharded_flops.contains(op.op) ? 1 : 8;
    EXPECT_DOUBLE_EQ(weights, weight_copies * op.weight_bytes) << info(op.op).name;
    EXPECT_DOUBLE_EQ(flops, flop_copies * op.flops) << info(op.op).name;
  }
}

// The KV cache is replicated: a rank with an eighth of the heads reads the same entries.
TEST(OpCosts, KvReadsAreNotDividedByTp) {
  const ModelConfig model = preset("dsv4-flash");
  const double query = 64 * 512 * 2;
  const double whole = at(op_costs(inputs(model, 1, 8192)), Op::kSparseMla, 2).read_bytes;
  const double rank = at(op_costs(inputs(model, 1, 8192, {.tp = 8})), Op::kSparseMla, 2).read_bytes;
  EXPECT_EQ(whole - query, rank - query / 8);
  EXPECT_EQ(whole - query, (128 + 512) * 584 + 512 * 4);
}

// With more ranks than o-groups, ranks share a group: wo_a is divided, wo_b and the group's output
// are not.
TEST(OpCosts, RanksMayShareAnOGroup) {
  const ModelConfig model = preset("dsv4-flash");
  const auto eight = op_costs(inputs(model, 1, 8, {.tp = 8}));
  const auto sixteen = op_costs(inputs(model, 1, 8, {.tp = 16, .rank = 5}));
  EXPECT_EQ(at(sixteen, Op::kWoA, 0).weight_bytes, at(eight, Op::kWoA, 0).weight_bytes / 2);
  EXPECT_EQ(at(sixteen, Op::kWoA, 0).flops, at(eight, Op::kWoA, 0).flops / 2);
  EXPECT_EQ(at(sixteen, Op::kWoB, 0).weight_bytes, at(eight, Op::kWoB, 0).weight_bytes);
}

// Two tokens of Flash at S = 1023, by hand: T x width x 2 bytes, float32 where float32 is stated.
TEST(OpCosts, ActivationsByHand) {
  const ModelConfig model = preset("dsv4-flash");
  const auto costs = op_costs(inputs(model, 2, 1023));
  const auto expect = [&](Op op, double read, double written) {
    EXPECT_EQ(at(costs, op, 4).read_bytes, read) << info(op).name;
    EXPECT_EQ(at(costs, op, 4).write_bytes, written) << info(op).name;
  };
  const double x = 2 * 4096 * 2;
  expect(Op::kAttnHcPre, 4 * x, x + 2 * 20 * 4);
  expect(Op::kAttnNorm, x, x);
  expect(Op::kQkvDown, x, 2 * 1536 * 2);
  expect(Op::kQUp, 2 * 1024 * 2, 2 * 32768 * 2);
  expect(Op::kKvNormRopeStore, 2 * 512 * 2, 2 * 584);
  expect(Op::kIndexQQuant, 2 * 8192 * 2, 2 * 64 * 132);
  expect(Op::kIndexWeights, x, 2 * 64 * 4);
  expect(Op::kIndexLogits, 2 * 255 * 132 + 2 * 64 * 132 + 2 * 64 * 4, 2 * 255 * 4);
  expect(Op::kOInverseRope, 2 * 64 * 64 * 2, 2 * 64 * 64 * 2);
  expect(Op::kWoA, 2 * 32768 * 2, 2 * 8192 * 2);
  expect(Op::kRouterGate, x, 2 * 256 * 4);
  expect(Op::kRouterTopK, 2 * 256 * 4, 2 * 6 * 8);
  expect(Op::kMoeRouted, x + 2 * 6 * 8, x);
  expect(Op::kFfnHcPost, 5 * x + 2 * 20 * 4, 4 * x);
  EXPECT_EQ(at(costs, Op::kEmbed, -1).write_bytes, 4 * x);
  EXPECT_EQ(at(costs, Op::kLmHead, -1).write_bytes, 2 * 129'280 * 2);

  CostInputs exact = inputs(model, 2, 1023);
  exact.numerics = Numerics::kExact;
  const auto wide = op_costs(exact);
  EXPECT_EQ(at(wide, Op::kAttnNorm, 4).read_bytes, 2 * x);
  EXPECT_EQ(at(wide, Op::kKvNormRopeStore, 4).write_bytes, 2 * 2048);
  EXPECT_EQ(at(wide, Op::kRouterGate, 4).write_bytes, 2 * 256 * 4);
}

// Expert parallelism gives a rank whole experts, tensor parallelism slices of all of them.
TEST(OpCosts, ExpertParallelRanksReadWholeExperts) {
  const ModelConfig model = preset("dsv4-flash");
  CostInputs in = inputs(model, 1, 64, {.tp = 8, .ep = 8});
  in.unique_experts.assign(43, 1);
  in.expert_slots.assign(43, 1);
  EXPECT_EQ(at(op_costs(in), Op::kMoeRouted, 0).weight_bytes, 13'369'344);
  EXPECT_EQ(at(op_costs(in), Op::kMoeRouted, 0).flops, 6.0 * 2048 * 4096);
  in.layout.ep = 1;
  EXPECT_EQ(at(op_costs(in), Op::kMoeRouted, 0).weight_bytes, 13'369'344 / 8);
  const MemoryCost whole = memory_cost(model, {.tp = 8, .ep = 8}, in.numerics, true, 0, 0);
  const MemoryCost sliced = memory_cost(model, {.tp = 8}, in.numerics, true, 0, 0);
  EXPECT_EQ(whole.routed_expert_bytes, 43.0 * 32 * 13'369'344);
  EXPECT_EQ(sliced.routed_expert_bytes, whole.routed_expert_bytes);
}

// top-k has nothing to choose while all entries fit: it writes their ids without reading logits.
TEST(OpCosts, TopKReadsLogitsOnlyWhenItChooses) {
  const ModelConfig model = preset("dsv4-flash");
  const OpCost all = at(op_costs(inputs(model, 1, 2048)), Op::kIndexTopK, 2);
  EXPECT_EQ(all.read_bytes, 0);
  EXPECT_EQ(all.write_bytes, 512 * 4);
  const OpCost some = at(op_costs(inputs(model, 1, 2052)), Op::kIndexTopK, 2);
  EXPECT_EQ(some.read_bytes, 513 * 4);
  EXPECT_EQ(some.write_bytes, 512 * 4);
}

TEST(OpCosts, RefusesInconsistentInputs) {
  const ModelConfig model = preset("dsv4-tiny");
  const auto message = [](const CostInputs& in) {
    try {
      (void)op_costs(in);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kInternal);
      return std::string(e.what());
    }
    return std::string("no error");
  };
  CostInputs in;
  EXPECT_THAT(message(in), HasSubstr("model must be set"));
  in = inputs(model, 1, 8);
  in.contexts.clear();
  EXPECT_THAT(message(in), HasSubstr("at least one token"));
  in.contexts = {3, 0};
  EXPECT_THAT(message(in), HasSubstr("contexts must be at least 1, one is 0"));
  in = inputs(model, 1, 8);
  in.unique_experts.pop_back();
  EXPECT_THAT(message(in), HasSubstr("unique_experts must have 4 entries, has 3"));
  in = inputs(model, 1, 8);
  in.expert_slots.clear();
  EXPECT_THAT(message(in), HasSubstr("expert_slots must have 4 entries, has 0"));
  ModelConfig broken = model;
  broken.compress_ratios.pop_back();
  in = inputs(model, 1, 8);
  in.model = &broken;
  EXPECT_THAT(message(in), HasSubstr("compress_ratios must have 4 entries, has 3"));
}

}  // namespace
}  // namespace dscope
