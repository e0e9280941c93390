// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/synthetic_weights.h"

#include "workloads/base/error.h"
#include "workloads/checkpoint/tensor_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace dscope {
namespace {

constexpr std::int64_t kNoLimit = 1 << 30;

using Bytes = std::vector<std::uint8_t>;

// Values, scales and shape of everything a slot's view shows.
Bytes bytes_of(const TensorSlot& slot) {
  Bytes out;
  const auto add = [&out](const void* data, std::int64_t bytes) {
    const auto* const begin = static_cast<const std::uint8_t*>(data);
    out.insert(out.end(), begin, begin + bytes);
  };
  if (const auto* const vector = std::get_if<WeightVector*>(&slot.target)) {
    add((*vector)->data, value_bytes(slot, slot.format));
  } else if (const auto* const table = std::get_if<IntMatrix*>(&slot.target)) {
    add((*table)->data, slot.shape[0] * slot.shape[1] * (*table)->element_bytes);
  } else {
    const WeightMatrix& matrix = *std::get<WeightMatrix*>(slot.target);
    add(matrix.data, value_bytes(slot, slot.format));
    const auto scales = scale_shape(slot, slot.format);
    if (!scales.empty()) add(matrix.scales, scales[0] * scales[1]);
  }
  return out;
}

// The slots write nothing: their targets are copies of the views.
Bytes ends_bytes(SyntheticWeights& source) {
  EndWeights copy = source.ends();
  Bytes all;
  for (const TensorSlot& slot : end_slots(source.config(), copy)) {
    const Bytes bytes = bytes_of(slot);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}
Bytes layer_bytes(SyntheticWeights& source, std::int64_t layer) {
  LayerWeights copy = source.layer(layer);
  Bytes all;
  for (const TensorSlot& slot : layer_slots(source.config(), layer, copy)) {
    const Bytes bytes = bytes_of(slot);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}
Bytes expert_bytes(SyntheticWeights& source, std::int64_t layer, std::int64_t id) {
  const auto handle = source.expert(layer, id);
  ExpertWeights copy = *handle;
  Bytes all;
  for (const TensorSlot& slot : expert_slots(source.config(), layer, id, copy)) {
    const Bytes bytes = bytes_of(slot);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

TEST(SyntheticWeights, BytesDoNotDependOnTheOrderOfAsking) {
  SyntheticWeights forward(preset("dsv4-tiny"), 7, kNoLimit);
  SyntheticWeights backward(preset("dsv4-tiny"), 7, 0);
  const Bytes first_ends = ends_bytes(forward);
  std::vector<Bytes> layers;
  std::vector<Bytes> experts;
  for (std::int64_t layer = 0; layer < 4; ++layer) {
    layers.push_back(layer_bytes(forward, layer));
    for (std::int64_t id = 0; id < 8; ++id) experts.push_back(expert_bytes(forward, layer, id));
  }
  for (std::int64_t layer = 3; layer >= 0; --layer) {
    for (std::int64_t id = 7; id >= 0; --id) {
      EXPECT_EQ(expert_bytes(backward, layer, id),
                experts[static_cast<std::size_t>(layer * 8 + id)]);
    }
    EXPECT_EQ(layer_bytes(backward, layer), layers[static_cast<std::size_t>(layer)]);
  }
  EXPECT_EQ(ends_bytes(backward), first_ends);
}

TEST(SyntheticWeights, SeedsAndTensorsDiffer) {
  SyntheticWeights a(preset("dsv4-tiny"), 7, kNoLimit);
  SyntheticWeights b(preset("dsv4-tiny"), 8, kNoLimit);
  EXPECT_EQ(a.description(), "synthetic, seed 7");
  EXPECT_NE(ends_bytes(a), ends_bytes(b));
  EXPECT_NE(expert_bytes(a, 0, 0), expert_bytes(b, 0, 0));
  EXPECT_NE(expert_bytes(a, 0, 0), expert_bytes(a, 0, 1));
  EXPECT_NE(expert_bytes(a, 0, 0), expert_bytes(a, 1, 0));
}

TEST(SyntheticWeights, KeepsExpertsWithinTheBudget) {
  SyntheticWeights probe(preset("dsv4-tiny"), 7, kNoLimit);
  (void)probe.expert(0, 0);
  const std::int64_t one = probe.cached_expert_bytes();
  // Three matrices of 16384 packed bytes and 1024 scales.
  EXPECT_EQ(one, 3 * (16384 + 1024));

  SyntheticWeights source(preset("dsv4-tiny"), 7, 2 * one + one / 2);
  const auto first = source.expert(0, 0);
  const Bytes bytes = expert_bytes(source, 0, 0);
  EXPECT_EQ(source.experts_made(), 1);
  (void)source.expert(0, 1);
  EXPECT_EQ(source.expert(0, 0), first);  // used again: now 1 is the oldest
  (void)source.expert(0, 2);
  EXPECT_EQ(source.cached_expert_bytes(), 2 * one);
  EXPECT_EQ(source.experts_made(), 3);
  EXPECT_EQ(source.expert(0, 0), first);
  EXPECT_EQ(source.experts_made(), 3);
  (void)source.expert(0, 1);  // was dropped
  EXPECT_EQ(source.experts_made(), 4);
  (void)source.expert(0, 2);
  (void)source.expert(0, 3);
  EXPECT_EQ(source.cached_expert_bytes(), 2 * one);
  // Dropped by the cache, alive in our hand, and made again as it was.
  EXPECT_NE(source.expert(0, 0), first);
  EXPECT_EQ(expert_bytes(source, 0, 0), bytes);
  std::vector<float> row(static_cast<std::size_t>(first->w1.cols));
  decode_row(first->w1, 0, row.data());
}

TEST(SyntheticWeights, WorksWithoutACache) {
  SyntheticWeights source(preset("dsv4-tiny"), 7, 0);
  const auto held = source.expert(1, 2);
  EXPECT_EQ(source.cached_expert_bytes(), 0);
  EXPECT_EQ(expert_bytes(source, 1, 2).size(), 3u * (16384 + 1024));
  EXPECT_EQ(source.experts_made(), 2);
}

// Root mean square over all rows, after checking that every value is finite.
double rms(const WeightMatrix& weight) {
  std::vector<float> row(static_cast<std::size_t>(weight.cols));
  double sum = 0;
  for (std::int64_t r = 0; r < weight.rows; ++r) {
    decode_row(weight, r, row.data());
    for (const float value : row) {
      EXPECT_TRUE(std::isfinite(value));
      sum += static_cast<double>(value) * value;
    }
  }
  return std::sqrt(sum / static_cast<double>(weight.rows * weight.cols));
}

void expect_matrix_scale(const WeightMatrix& weight) {
  const double wanted = 1 / std::sqrt(static_cast<double>(weight.cols));
  // The exponent is rounded, sqrt(2) either way, and a matrix of few scale blocks may have drawn
  // the same of its two scales, 1.58 below or 1.27 above their mean, for all of them.
  EXPECT_GT(rms(weight), wanted / 2.3);
  EXPECT_LT(rms(weight), wanted * 1.9);
}

TEST(SyntheticWeights, MatricesHaveTheRightMagnitude) {
  SyntheticWeights source(preset("dsv4-tiny"), 7, kNoLimit);
  for (std::int64_t layer = 0; layer < 4; ++layer) {
    const LayerWeights& w = source.layer(layer);
    for (const WeightMatrix* matrix :
         {&w.hc_attn.fn, &w.attn.wq_a, &w.attn.wq_b, &w.attn.wkv, &w.attn.wo_a, &w.attn.wo_b,
          &w.router.gate, &w.shared_expert.w1, &w.shared_expert.w2}) {
      expect_matrix_scale(*matrix);
    }
    const auto expert = source.expert(layer, 0);
    for (const WeightMatrix* matrix : {&expert->w1, &expert->w2, &expert->w3}) {
      expect_matrix_scale(*matrix);
    }
  }
  expect_matrix_scale(source.ends().head);
  expect_matrix_scale(source.layer(1).attn.indexer.wq_b);
  expect_matrix_scale(source.layer(1).attn.compressor.wkv);
  EXPECT_NEAR(rms(source.ends().embed), 0.88, 0.05);
  EXPECT_LT(rms(source.layer(1).attn.compressor.ape), 0.125);
}

TEST(SyntheticWeights, NormsAreNearOneAndOffsetsSmall) {
  SyntheticWeights source(preset("dsv4-tiny"), 7, kNoLimit);
  const LayerWeights& w = source.layer(1);
  for (const WeightVector* norm : {&w.attn_norm, &w.ffn_norm, &w.attn.q_norm, &w.attn.kv_norm,
                                   &w.attn.compressor.norm, &source.ends().norm}) {
    for (std::int64_t i = 0; i < norm->size; ++i) {
      EXPECT_GE((*norm)[i], 1.0f);
      EXPECT_LT((*norm)[i], 1.25f);
    }
  }
  for (const WeightVector* offset :
       {&w.attn.sink, &w.router.bias, &w.hc_attn.base, &w.hc_attn.scale, &w.hc_ffn.base,
        &source.ends().hc_head.base}) {
    for (std::int64_t i = 0; i < offset->size; ++i) EXPECT_LT(std::fabs((*offset)[i]), 0.125f);
  }
}

// Official formats and neighbouring scales that differ.
TEST(SyntheticWeights, HasTheLayoutOfACheckpoint) {
  SyntheticWeights source(preset("dsv4-tiny"), 7, kNoLimit);
  const WeightMatrix& wkv = source.layer(2).attn.wkv;
  EXPECT_EQ(wkv.format, WeightFormat::kFp8);
  EXPECT_EQ(wkv.scale_row_bytes, 2);
  std::set<std::uint8_t> scales(wkv.scales, wkv.scales + 8);
  EXPECT_EQ(scales.size(), 2u);
  EXPECT_EQ(*scales.rbegin(), *scales.begin() + 1);
  EXPECT_EQ(source.expert(2, 0)->w1.format, WeightFormat::kMxfp4);
  EXPECT_EQ(source.expert(2, 0)->w1.row_bytes, 128);
  EXPECT_TRUE(source.layer(2).router.tid2eid.empty());
}

TEST(SyntheticWeights, TokenTablesHoldDistinctUniformIds) {
  ModelConfig config = preset("dsv4-tiny");
  config.vocab = 8000;
  config.experts_per_token = 3;
  SyntheticWeights source(config, 7, kNoLimit);
  const IntMatrix& table = source.layer(0).router.tid2eid;
  ASSERT_EQ(table.rows, 8000);
  std::vector<int> uses(8, 0);
  for (std::int64_t token = 0; token < table.rows; ++token) {
    std::set<std::int64_t> ids;
    for (std::int64_t k = 0; k < 3; ++k) ids.insert(table.at(token, k));
    ASSERT_EQ(ids.size(), 3u) << token;
    ASSERT_GE(*ids.begin(), 0);
    ASSERT_LT(*ids.rbegin(), 8);
    for (const std::int64_t id : ids) ++uses[static_cast<std::size_t>(id)];
  }
  // 3000 expected each, standard deviation 43.
  for (const int count : uses) EXPECT_NEAR(count, 3000, 250);
}

TEST(SyntheticWeights, ChecksWhatItIsAskedFor) {
  SyntheticWeights source(preset("dsv4-tiny"), 7, kNoLimit);
  EXPECT_THROW((void)source.layer(4), Error);
  EXPECT_THROW((void)source.expert(0, -1), Error);
  EXPECT_THROW((void)source.expert(4, 0), Error);
  EXPECT_THROW(SyntheticWeights(ModelConfig{}, 7, kNoLimit), Error);
}

TEST(SyntheticWeights, RefusesTensorsBeyondAllMemory) {
  ModelConfig config = preset("dsv4-tiny");
  config.hidden = 1 << 20;
  config.hc_mult = 1 << 20;
  SyntheticWeights source(config, 7, kNoLimit);
  try {
    (void)source.layer(0);
    FAIL() << "2^80 values were made";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("layers.0.hc_attn_fn: expected a shape of at "
                                                   "most 2^50 bytes"));
  }
}

}  // namespace
}  // namespace dscope
