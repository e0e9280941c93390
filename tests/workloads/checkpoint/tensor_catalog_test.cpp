// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/tensor_catalog.h"

#include "tests/workloads/checkpoint/checkpoint_folder.h"
#include "workloads/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace dscope {
namespace {

using Shape = std::vector<std::int64_t>;

std::map<std::string, Shape> shapes_of(const std::vector<TensorSlot>& slots) {
  std::map<std::string, Shape> shapes;
  for (const TensorSlot& slot : slots) {
    EXPECT_TRUE(shapes.emplace(slot.name, slot.shape).second) << slot.name;
  }
  return shapes;
}

std::map<std::string, Shape> layer_shapes(const ModelConfig& config, std::int64_t layer) {
  LayerWeights weights;
  return shapes_of(layer_slots(config, layer, weights));
}

// Names and scales of the catalogue are exactly the tensors of the bundled checkpoint.
TEST(TensorCatalog, ListsTheBundledCheckpoint) {
  const ModelConfig config = read_model_config(tiny_checkpoint() / "config.json");
  std::vector<TensorSlot> slots;
  const auto add = [&](std::vector<TensorSlot> more) {
    for (TensorSlot& slot : more) slots.push_back(std::move(slot));
  };
  EndWeights ends;
  LayerWeights layer_weights;
  ExpertWeights expert_weights;
  add(end_slots(config, ends));
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    add(layer_slots(config, layer, layer_weights));
    for (std::int64_t id = 0; id < config.experts; ++id) {
      add(expert_slots(config, layer, id, expert_weights));
    }
  }
  std::set<std::string> listed;
  for (const TensorSlot& slot : slots) {
    listed.insert(slot.name);
    if (!scale_shape(slot, slot.format).empty()) listed.insert(slot.scale_name());
  }
  std::set<std::string> stored;
  for (const LooseTensor& tensor : tiny_tensors()) stored.insert(tensor.spec.name);
  EXPECT_EQ(listed, stored);
}

// Shapes of the official configuration, as published.
TEST(TensorCatalog, KnowsTheShapesOfFlash) {
  const ModelConfig flash = preset("dsv4-flash");
  EndWeights ends;
  const auto end_shapes = shapes_of(end_slots(flash, ends));
  EXPECT_EQ(end_shapes.at("embed.weight"), (Shape{129280, 4096}));
  EXPECT_EQ(end_shapes.at("hc_head_fn"), (Shape{4, 16384}));
  EXPECT_EQ(end_shapes.at("hc_head_scale"), (Shape{1}));

  const auto window_hash = layer_shapes(flash, 0);
  EXPECT_EQ(window_hash.at("layers.0.attn.wo_a.weight"), (Shape{8192, 4096}));
  EXPECT_EQ(window_hash.at("layers.0.attn.wq_b.weight"), (Shape{32768, 1024}));
  EXPECT_EQ(window_hash.at("layers.0.hc_attn_fn"), (Shape{24, 16384}));
  EXPECT_EQ(window_hash.at("layers.0.ffn.gate.tid2eid"), (Shape{129280, 6}));
  EXPECT_FALSE(window_hash.contains("layers.0.ffn.gate.bias"));
  EXPECT_FALSE(window_hash.contains("layers.0.attn.compressor.ape"));

  const auto ratio_128 = layer_shapes(flash, 3);
  EXPECT_EQ(ratio_128.at("layers.3.attn.compressor.wkv.weight"), (Shape{512, 4096}));
  EXPECT_EQ(ratio_128.at("layers.3.attn.compressor.ape"), (Shape{128, 512}));
  EXPECT_EQ(ratio_128.at("layers.3.ffn.gate.bias"), (Shape{256}));
  EXPECT_FALSE(ratio_128.contains("layers.3.attn.indexer.wq_b.weight"));

  const auto ratio_4 = layer_shapes(flash, 4);
  EXPECT_EQ(ratio_4.at("layers.4.attn.compressor.wgate.weight"), (Shape{1024, 4096}));
  EXPECT_EQ(ratio_4.at("layers.4.attn.compressor.ape"), (Shape{4, 1024}));
  EXPECT_EQ(ratio_4.at("layers.4.attn.indexer.wq_b.weight"), (Shape{8192, 1024}));
  EXPECT_EQ(ratio_4.at("layers.4.attn.indexer.compressor.wkv.weight"), (Shape{256, 4096}));
  EXPECT_EQ(ratio_4.at("layers.4.attn.indexer.compressor.norm.weight"), (Shape{128}));

  ExpertWeights expert;
  const auto expert_shapes = shapes_of(expert_slots(flash, 4, 255, expert));
  EXPECT_EQ(expert_shapes.size(), 3u);
  EXPECT_EQ(expert_shapes.at("layers.4.ffn.experts.255.w2.weight"), (Shape{4096, 2048}));
}

// 13,369,344 B: one routed expert of V4-Flash with its scales, as published.
TEST(TensorCatalog, SizesAnExpert) {
  ExpertWeights expert;
  std::int64_t bytes = 0;
  for (const TensorSlot& slot : expert_slots(preset("dsv4-flash"), 0, 0, expert)) {
    const Shape scales = scale_shape(slot, slot.format);
    bytes += value_bytes(slot, slot.format) + scales[0] * scales[1];
  }
  EXPECT_EQ(bytes, 13'369'344);
}

TEST(TensorCatalog, NamesScales) {
  TensorSlot slot;
  slot.name = "layers.0.attn.wq_a.weight";
  EXPECT_EQ(slot.scale_name(), "layers.0.attn.wq_a.scale");
  slot.name = "hc_head_fn";
  EXPECT_THROW((void)slot.scale_name(), Error);
}

TEST(TensorCatalog, ScalesAreRaggedAtTheEdge) {
  TensorSlot slot;
  slot.shape = {129, 256};
  EXPECT_EQ(scale_shape(slot, WeightFormat::kFp8), (Shape{2, 2}));
  EXPECT_EQ(scale_shape(slot, WeightFormat::kMxfp4), (Shape{129, 8}));
  EXPECT_EQ(scale_shape(slot, WeightFormat::kBf16), Shape{});
}

}  // namespace
}  // namespace dscope
