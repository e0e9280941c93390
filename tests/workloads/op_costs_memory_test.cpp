// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/workloads/op_costs_support.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <string>

namespace dscope {
namespace {

MemoryCost whole_memory(const ModelConfig& model, std::int64_t batch, std::int64_t context) {
  return memory_cost(model, {}, Numerics::kServing, true, batch, context);
}

TEST(MemoryCost, PublishedRoutedExperts) {
  EXPECT_NEAR(whole_memory(preset("dsv4-flash"), 1, 1).routed_expert_bytes / 1e9, 147.2, 0.05);
  EXPECT_NEAR(whole_memory(preset("dsv4-pro"), 1, 1).routed_expert_bytes / 1e9, 822.1, 0.05);
}

// A step that uses every row of every table reads all weights: with V tokens that each complete a
// block. So a weight that a step reads cannot be missing from memory, nor the other way round.
TEST(MemoryCost, HoldsExactlyWhatSomeStepReads) {
  for (const std::string& name : preset_names()) {
    const ModelConfig model = preset(name);
    for (const ParallelLayout layout :
         {ParallelLayout{}, ParallelLayout{.tp = 2, .ep = 2, .rank = 1}}) {
      CostInputs in = inputs(model, model.vocab, 128, layout);
      in.unique_experts.assign(in.unique_experts.size(),
                               static_cast<double>(layout.experts(model).size()));
      const MemoryCost memory = memory_cost(model, layout, in.numerics, in.wo_a_bf16, 0, 0);
      EXPECT_EQ(memory.total(), memory.routed_expert_bytes + memory.other_weight_bytes);
      EXPECT_DOUBLE_EQ(memory.total(), total(op_costs(in)).weight_bytes) << name;
    }
  }
}

// 256 tokens are one page of every cache; page strides as in formats.h. Two sequences, Flash.
TEST(MemoryCost, CachesByHand) {
  const MemoryCost page = whole_memory(preset("dsv4-flash"), 2, 256);
  EXPECT_EQ(page.window_cache_bytes, 2.0 * 43 * 149'760);
  EXPECT_EQ(page.compressed_cache_bytes, 2.0 * (21 * 37'440 + 20 * 1'728));
  EXPECT_EQ(page.index_cache_bytes, 2.0 * 21 * 8'448);
  EXPECT_EQ(page.compressor_state_bytes, 2.0 * (21 * 8 * (8'192 + 2'048) + 20 * 128 * 4'096));

  const MemoryCost next = whole_memory(preset("dsv4-flash"), 2, 260);
  EXPECT_EQ(next.window_cache_bytes, page.window_cache_bytes);
  EXPECT_EQ(next.compressed_cache_bytes, 2.0 * (21 * 2 * 37'440 + 20 * 1'728));
  EXPECT_EQ(next.index_cache_bytes, 2 * page.index_cache_bytes);

  const MemoryCost bf16 = memory_cost(preset("dsv4-flash"), {}, Numerics::kBf16, true, 1, 256);
  EXPECT_EQ(bf16.window_cache_bytes, 43.0 * 256 * 1024);
  EXPECT_EQ(bf16.compressed_cache_bytes, 21.0 * 64 * 1024 + 20.0 * 2 * 1024);
  EXPECT_EQ(bf16.index_cache_bytes, 21.0 * 64 * 256);
}

// Entries alone are 3,850 B (Flash) and 5,512 B (Pro) a token; page padding adds 49 and 75.
TEST(MemoryCost, BytesPerTokenOfContext) {
  const auto per_token = [](const char* name) {
    const MemoryCost cost = whole_memory(preset(name), 1, 1 << 20);
    return (cost.compressed_cache_bytes + cost.index_cache_bytes) / (1 << 20);
  };
  EXPECT_NEAR(per_token("dsv4-flash"), 3850 + 49, 1);
  EXPECT_NEAR(per_token("dsv4-pro"), 5512 + 75, 2);
}

TEST(MemoryCost, RefusesNegativeSizes) {
  EXPECT_THROW((void)whole_memory(preset("dsv4-tiny"), -1, 1), Error);
  EXPECT_THROW((void)whole_memory(preset("dsv4-tiny"), 1, -1), Error);
}

}  // namespace
}  // namespace dscope
