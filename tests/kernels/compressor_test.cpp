// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/compressor/compressor.h"

#include "tests/support/test_weights.h"
#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace dscope {
namespace {

using test::Matrix;
using test::Vector;

// Entries of a whole sequence straight from the formula, from all rows at once: no ring, no state.
std::vector<float> entry_by_formula(const std::vector<float>& kv, const std::vector<float>& score,
                                    const std::vector<float>& ape, std::int64_t ratio,
                                    std::int64_t dim, std::int64_t entry, const Rope& rope,
                                    std::int64_t rope_dim) {
  const std::int64_t channels = compressor_channels(ratio, dim);
  std::vector<double> pooled;
  for (std::int64_t c = 0; c < dim; ++c) {
    double sum = 0;
    double weighted = 0;
    const auto add = [&](std::int64_t position, std::int64_t channel) {
      const double weight = std::exp(double{score[position * channels + channel]} +
                                     ape[position % ratio * channels + channel]);
      sum += weight;
      weighted += weight * kv[position * channels + channel];
    };
    for (std::int64_t i = 0; i < ratio; ++i) {
      add(entry * ratio + i, channels - dim + c);
      if (ratio == 4 && entry > 0) add((entry - 1) * ratio + i, c);
    }
    pooled.push_back(weighted / sum);
  }
  double squares = 0;
  for (const double v : pooled) squares += v * v;
  const double scale = 1 / std::sqrt(squares / static_cast<double>(dim));
  std::vector<float> result;
  for (const double v : pooled) result.push_back(static_cast<float>(v * scale));
  apply_rope(rope.view(), result.data() + dim - rope_dim, entry * ratio);
  return result;
}

class Compressor : public ::testing::TestWithParam<int> {};

// Two interleaved sequences, token by token, against the formula.
TEST_P(Compressor, MatchesTheFormulaOverWholeSequences) {
  const std::int64_t ratio = GetParam();
  const std::int64_t dim = 8;
  const std::int64_t rope_dim = 4;
  const std::int64_t entries = 5;
  const std::int64_t channels = compressor_channels(ratio, dim);
  ModelConfig model = preset("dsv4-tiny");
  model.rope_dim = rope_dim;
  const Rope rope(model, static_cast<int>(ratio));

  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  const auto values = [&](std::int64_t n) {
    std::vector<float> v(static_cast<std::size_t>(n));
    for (float& x : v) x = normal(random);
    return v;
  };
  const std::vector<float> ape = values(ratio * channels);
  const Matrix ape_weight(ratio, channels, ape);
  const Vector norm(std::vector<float>(static_cast<std::size_t>(dim), 1.0f));
  const std::int64_t length = entries * ratio;
  const std::vector<std::vector<float>> kv{values(length * channels), values(length * channels)};
  const std::vector<std::vector<float>> score{values(length * channels), values(length * channels)};

  // Stale state must not matter.
  std::vector<float> state(static_cast<std::size_t>(2 * compressor_ring(ratio) * 2 * channels),
                           1e9f);
  const std::int64_t stride = kv_page_stride(CacheFormat::kF32, 2, dim);
  std::vector<std::byte> bytes(static_cast<std::size_t>(2 * entries * stride));
  const KvCacheView cache{bytes.data(), CacheFormat::kF32, dim, rope_dim, 2, stride};
  for (std::int64_t p = 0; p < length; ++p) {
    std::vector<float> kv_rows;
    std::vector<float> score_rows;
    for (int s = 0; s < 2; ++s) {
      const auto at = p * channels;
      kv_rows.insert(kv_rows.end(), kv[s].begin() + at, kv[s].begin() + at + channels);
      score_rows.insert(score_rows.end(), score[s].begin() + at, score[s].begin() + at + channels);
    }
    const std::int64_t positions[2] = {p, p};
    const std::int64_t slots[2] = {1, 0};
    const std::int64_t entry_slots[2] = {2 * (p / ratio), 2 * (p / ratio) + 1};
    reference_compressor<float>({.tokens = 2,
                                 .ratio = ratio,
                                 .dim = dim,
                                 .rope_dim = rope_dim,
                                 .kv = kv_rows.data(),
                                 .score = score_rows.data(),
                                 .ape = ape_weight.view(),
                                 .norm = norm.view(),
                                 .eps = 0,
                                 .rope = rope.view(),
                                 .positions = positions,
                                 .state_slots = slots,
                                 .state = state.data(),
                                 .entry_slots = entry_slots,
                                 .kv_cache = cache});
  }
  std::vector<float> stored(static_cast<std::size_t>(dim));
  for (int s = 0; s < 2; ++s) {
    for (std::int64_t e = 0; e < entries; ++e) {
      load_kv(cache, 2 * e + s, stored.data());
      const std::vector<float> expected =
          entry_by_formula(kv[s], score[s], ape, ratio, dim, e, rope, rope_dim);
      for (std::int64_t c = 0; c < dim; ++c) EXPECT_NEAR(stored[c], expected[c], 1e-4) << e;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Ratios, Compressor, ::testing::Values(4, 128));

TEST(CompressorParams, RefusesOtherRatiosAndAmbiguousTargets) {
  EXPECT_THROW(reference_compressor<float>({.ratio = 8}), Error);
  EXPECT_THROW(reference_compressor<float>({.ratio = 4}), Error);
}

}  // namespace
}  // namespace dscope
