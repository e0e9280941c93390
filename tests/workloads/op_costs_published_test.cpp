// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/op_costs_support.h"

#include <gtest/gtest.h>

// The published figures of the two official models: bytes and FLOPs per token.
namespace dscope {
namespace {

// Everything whose weights are vectors or single rows: norms, sinks, biases, tables.
const std::set<Op> kSmallWeights{Op::kEmbed,     Op::kAttnNorm,        Op::kQNorm,
                                 Op::kFfnNorm,   Op::kKvNormRopeStore, Op::kSparseMla,
                                 Op::kFinalNorm, Op::kRouterTopK,      Op::kHcHead};

struct Published {
  const char* preset;
  bool wo_a_bf16;
  double weight_gb;  // as quoted, two decimals
};

class PublishedWeights : public ::testing::TestWithParam<Published> {};

// Weight bytes per token at T=1, TP=1, as quoted in GB with two decimals. The quoted sum holds the
// matrices of all layers (attention, compressors, indexer, gate, six routed and one shared expert,
// hyper-connection fn) and the LM head. Norms, sinks, biases, ape rows, hc_head and the embedding
// row add 1.3 MB (Flash) and 2.8 MB (Pro): nothing at this precision, and they are in our sum.
TEST_P(PublishedWeights, PerToken) {
  const ModelConfig model = preset(GetParam().preset);
  CostInputs in = inputs(model, 1, 1024);
  in.wo_a_bf16 = GetParam().wo_a_bf16;
  EXPECT_NEAR(total(op_costs(in)).weight_bytes / 1e9, GetParam().weight_gb, 0.005);
}

INSTANTIATE_TEST_SUITE_P(All, PublishedWeights,
                         ::testing::Values(Published{"dsv4-flash", true, 12.65},
                                           Published{"dsv4-flash", false, 11.21},
                                           Published{"dsv4-pro", true, 43.75},
                                           Published{"dsv4-pro", false, 39.66}));

// The matrices alone, summed by hand from their shapes and formats. hc base and scale (27 floats
// twice a layer) and the ape rows belong to ops that also read a matrix, so they are taken off.
TEST(OpCosts, FlashMatricesToTheByte) {
  const ModelConfig model = preset("dsv4-flash");
  const auto costs = op_costs(inputs(model, 1, 1023));
  double bytes = 0;
  for (const OpCost& cost : costs) {
    if (!kSmallWeights.contains(cost.op)) bytes += cost.weight_bytes;
  }
  bytes -= 43 * 2 * 27 * 4;                       // hc base and scale
  bytes -= 21 * (1024 + 256) * 4 + 20 * 512 * 4;  // one ape row per compressor
  EXPECT_EQ(bytes, 12'653'436'032.0);
}

struct LayerBytes {
  const char* what;
  std::set<Op> ops;
  double flash_mb;
  double pro_mb;
};

// The published table of bytes per layer, MB with two decimals. Layer 4 has ratio 4 in both models,
// layer 3 ratio 128. Compressor rows here include one ape row (at most 4 kB).
TEST(OpCosts, PublishedLayerTable) {
  const std::vector<LayerBytes> table{
      {"wq_a + wkv", {Op::kQkvDown}, 4.19 + 2.10, 11.01 + 3.67},
      {"wq_b", {Op::kQUp}, 33.56, 100.67},
      {"wo_a BF16", {Op::kWoA}, 67.11, 134.22},
      {"wo_b", {Op::kWoB}, 33.56, 117.45},
      {"gate", {Op::kRouterGate}, 2.10, 5.51},
      {"six experts", {Op::kMoeRouted}, 80.22, 210.57},
      {"shared expert", {Op::kMoeShared}, 25.17, 66.06},
      {"mHC, two sublayers", {Op::kAttnHcPre, Op::kFfnHcPre}, 3.15, 5.51},
      {"compressor", {Op::kCompressor}, 16.78, 29.36},
      {"index compressor", {Op::kIndexCompressor}, 4.19, 7.34},
      {"index wq_b", {Op::kIndexQ}, 8.39, 12.58},
      {"index weights_proj", {Op::kIndexWeights}, 0.52, 0.92},
  };
  for (const bool flash : {true, false}) {
    const ModelConfig model = preset(flash ? "dsv4-flash" : "dsv4-pro");
    const auto costs = op_costs(inputs(model, 1, 1023));
    for (const LayerBytes& row : table) {
      const OpCost sum =
          sum_if(costs, [&](const OpCost& c) { return c.layer == 4 && row.ops.contains(c.op); });
      EXPECT_NEAR(sum.weight_bytes / 1e6, flash ? row.flash_mb : row.pro_mb, 0.011)
          << model.name << " " << row.what;
    }
    EXPECT_NEAR(at(costs, Op::kCompressor, 3).weight_bytes / 1e6, flash ? 8.39 : 14.68, 0.006);
    EXPECT_NEAR(at(costs, Op::kLmHead, -1).weight_bytes / 1e6, flash ? 1059 : 1853, 0.5);
  }
}

TEST(OpCosts, OneExpertToTheByte) {
  const ModelConfig flash = preset("dsv4-flash");
  const ModelConfig pro = preset("dsv4-pro");
  EXPECT_EQ(at(op_costs(inputs(flash, 1, 1)), Op::kMoeRouted, 0).weight_bytes, 6.0 * 13'369'344);
  EXPECT_EQ(at(op_costs(inputs(pro, 1, 1)), Op::kMoeRouted, 0).weight_bytes, 6.0 * 35'094'528);
}

struct AttentionRow {
  const char* preset;
  std::int64_t context;
  double kv_mb;
  double index_mb;
  double attention_gflop;
  double index_gflop;
  double mb_tolerance;  // half a unit of the last quoted digit
};

class PublishedAttention : public ::testing::TestWithParam<AttentionRow> {};

// The published table of attention and indexer work per token. It counts cache entries and matrix
// products only; our reads also hold queries, head weights and chosen indices, so entries are
// isolated by their weight: a BF16 entry is 1024 - 584 bytes heavier, and nothing else in the
// attention op depends on bf16 against serving. Index keys differ by 256 - 132 bytes, and so does
// every one of the 64 query heads.
TEST_P(PublishedAttention, PerToken) {
  const AttentionRow& row = GetParam();
  const ModelConfig model = preset(row.preset);
  CostInputs in = inputs(model, 1, row.context);
  const auto serving = op_costs(in);
  in.numerics = Numerics::kBf16;
  const auto bf16 = op_costs(in);

  const OpCost mla = sum_of(serving, {Op::kSparseMla});
  const double entries =
      (sum_of(bf16, {Op::kSparseMla}).read_bytes - mla.read_bytes) / (1024 - 584);
  EXPECT_NEAR(584 * entries / 1e6, row.kv_mb, row.mb_tolerance);
  EXPECT_NEAR(mla.flops / 1e9, row.attention_gflop, row.attention_gflop > 20 ? 0.05 : 0.005);

  const OpCost logits = sum_of(serving, {Op::kIndexLogits});
  const double lines =
      (sum_of(bf16, {Op::kIndexLogits}).read_bytes - logits.read_bytes) / (256 - 132);
  const double keys = lines - 64.0 * static_cast<double>(model.layers_with_ratio(4));
  EXPECT_NEAR(132 * keys / 1e6, row.index_mb, row.index_mb > 20 ? 0.05 : 0.006);
  EXPECT_NEAR(logits.flops / 1e9, row.index_gflop, row.index_gflop > 20 ? 0.051 : 0.006);
}

INSTANTIATE_TEST_SUITE_P(
    All, PublishedAttention,
    ::testing::Values(AttentionRow{"dsv4-flash", 1024, 6.45, 0.71, 1.45, 0.09, 0.005},
                      AttentionRow{"dsv4-flash", 8192, 10.24, 5.68, 2.30, 0.71, 0.005},
                      AttentionRow{"dsv4-flash", 65536, 15.47, 45.4, 3.47, 5.64, 0.005},
                      AttentionRow{"dsv4-flash", 262144, 33.4, 181.7, 7.50, 22.5, 0.05},
                      AttentionRow{"dsv4-pro", 1024, 9.19, 1.01, 4.13, 0.13, 0.005},
                      AttentionRow{"dsv4-pro", 8192, 23.66, 8.11, 10.62, 1.01, 0.005},
                      AttentionRow{"dsv4-pro", 65536, 31.77, 64.9, 14.26, 8.05, 0.005},
                      AttentionRow{"dsv4-pro", 262144, 59.6, 259.5, 26.7, 32.2, 0.05}));

struct Collectives {
  const char* preset;
  std::size_t all_reduces;
  double all_reduce_bytes;
};

class PublishedCollectives : public ::testing::TestWithParam<Collectives> {};

TEST_P(PublishedCollectives, PerStep) {
  const ModelConfig model = preset(GetParam().preset);
  const auto is_reduce = [](const OpCost& c) {
    return c.op == Op::kEmbedAllReduce || c.op == Op::kAttnAllReduce || c.op == Op::kMoeAllReduce;
  };
  CostInputs in = inputs(model, 1, 1024, {.tp = 8});
  auto costs = op_costs(in);
  EXPECT_EQ(static_cast<std::size_t>(std::count_if(costs.begin(), costs.end(), is_reduce)),
            GetParam().all_reduces);
  EXPECT_EQ(sum_if(costs, is_reduce).wire_bytes, GetParam().all_reduce_bytes);
  EXPECT_EQ(sum_of(costs, {Op::kLogitsAllGather}).wire_bytes, 258'560);

  in.numerics = Numerics::kExact;
  costs = op_costs(in);
  EXPECT_EQ(sum_if(costs, is_reduce).wire_bytes, 2 * GetParam().all_reduce_bytes);
  EXPECT_EQ(sum_of(costs, {Op::kLogitsAllGather}).wire_bytes, 517'120);

  for (const OpCost& cost : op_costs(inputs(model, 1, 1024))) {
    EXPECT_EQ(cost.wire_bytes, 0) << info(cost.op).name;
    EXPECT_NE(info(cost.op).stage, Stage::kNccl) << info(cost.op).name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PublishedCollectives,
                         ::testing::Values(Collectives{"dsv4-flash", 87, 712'704},
                                           Collectives{"dsv4-pro", 123, 1'763'328}));

// Compressed KV and index keys per token of context, entries without page padding: what the
// compressors write, averaged over a whole period, less the state (8192 + 2048 and 4096 bytes).
// Published as 3,850 and 5,512 (the latter with its parts rounded up).
TEST(OpCosts, CompressedBytesPerToken) {
  struct Row {
    const char* preset;
    double ratio4;
    double ratio128;
    double bytes;
  };
  for (const Row& row : {Row{"dsv4-flash", 21, 20, 3850.25}, Row{"dsv4-pro", 30, 31, 5511.4375}}) {
    const ModelConfig model = preset(row.preset);
    double written = 0;
    for (std::int64_t s = 129; s <= 256; ++s) {
      written += sum_of(op_costs(inputs(model, 1, s)), {Op::kCompressor, Op::kIndexCompressor})
                     .write_bytes;
    }
    const double state = row.ratio4 * (8192 + 2048) + row.ratio128 * 4096;
    EXPECT_DOUBLE_EQ(written / 128 - state, row.bytes) << row.preset;
  }
}

}  // namespace
}  // namespace dscope
