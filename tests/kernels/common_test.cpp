// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/activation_quant.h"
#include "kernels/common/cache_view.h"
#include "kernels/common/device_limits.h"
#include "kernels/common/hadamard.h"
#include "kernels/common/rope.h"
#include "workloads/base/error.h"
#include "workloads/dtypes.h"
#include "workloads/formats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

namespace dscope {
namespace {

std::vector<float> random_values(std::size_t n, unsigned seed, float scale = 1.0f) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0f, scale);
  std::vector<float> values(n);
  for (float& v : values) v = normal(random);
  return values;
}

TEST(ActivationQuant, ScaleIsTheSmallestPowerOfTwoThatFits) {
  EXPECT_EQ(e8m0_to_float(e4m3_scale_byte(448.0f)), 1.0f);
  EXPECT_EQ(e8m0_to_float(e4m3_scale_byte(449.0f)), 2.0f);
  EXPECT_EQ(e8m0_to_float(e4m3_scale_byte(224.0f)), 0.5f);
  // The floor of 1e-4 on the magnitude: 1e-4 / 448 rounds up to 2^-22.
  EXPECT_EQ(e8m0_to_float(e4m3_scale_byte(0.0f)), 0x1p-22f);
}

TEST(ActivationQuant, GroupsOf128AreIndependent) {
  std::vector<float> x(200, 1.0f);
  x[0] = 448.0f * 64;  // coarse scale for the first group: 1 becomes 0.0156 units, still exact
  x[128] = 3.3f;       // second, shorter group: scale 2^-7, 3.3 * 128 = 422.4 -> 416
  fake_quantise_activations(x.data(), 200);
  EXPECT_EQ(x[0], 448.0f * 64);
  EXPECT_EQ(x[1], 1.0f);
  EXPECT_EQ(x[128], 416.0f / 128);
  EXPECT_EQ(x[199], 1.0f);
}

TEST(Hadamard, IsOrthonormalAndItsOwnInverse) {
  const std::vector<float> x = random_values(128, 1);
  std::vector<float> y = x;
  hadamard(y.data(), 128);
  EXPECT_NEAR(y[0], std::accumulate(x.begin(), x.end(), 0.0) / std::sqrt(128.0), 1e-5);
  hadamard(y.data(), 128);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], x[i], 1e-5);
}

TEST(Rope, PlainFrequenciesAndRotation) {
  const ModelConfig m = preset("dsv4-flash");
  const Rope rope(m, 0);
  ASSERT_EQ(rope.frequencies().size(), 32u);
  EXPECT_DOUBLE_EQ(rope.frequencies()[0], 1.0);
  EXPECT_NEAR(rope.frequencies()[16], 0.01, 1e-12);  // 10000^(-32/64)
  std::vector<float> x(64);
  x[0] = 1.0f;
  x[33] = 2.0f;  // the imaginary part of pair 16
  apply_rope(rope.view(), x.data(), 100);
  EXPECT_NEAR(x[0], std::cos(100.0), 1e-6);
  EXPECT_NEAR(x[1], std::sin(100.0), 1e-6);
  EXPECT_NEAR(x[32], -2 * std::sin(1.0), 1e-6);
  EXPECT_NEAR(x[33], 2 * std::cos(1.0), 1e-6);
}

// With base 160000, factor 16 and original length 65536 the ramp runs from pair 15 to pair 25.
TEST(Rope, YarnRamp) {
  const ModelConfig m = preset("dsv4-flash");
  const Rope rope(m, 4);
  const std::vector<double>& f = rope.frequencies();
  const auto plain = [](int i) { return std::pow(160000.0, -2.0 * i / 64); };
  for (int i = 0; i <= 15; ++i) EXPECT_NEAR(f[i] / plain(i), 1.0, 1e-12) << i;
  EXPECT_NEAR(f[20] / plain(20), 0.5 + 0.5 / 16, 1e-12);
  for (int i = 25; i < 32; ++i) EXPECT_NEAR(f[i] / plain(i), 1.0 / 16, 1e-12) << i;
}

TEST(Rope, InverseUndoes) {
  const Rope rope(preset("dsv4-flash"), 128);
  const std::vector<float> x = random_values(64, 2);
  std::vector<float> y = x;
  apply_rope(rope.view(), y.data(), 123456);
  apply_rope(rope.view(), y.data(), 123456, /*inverse=*/true);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], x[i], 1e-6);
}

class KvPages : public ::testing::TestWithParam<std::int64_t> {};

// Every byte of an entry is where the layout says, and neighbours are untouched.
TEST_P(KvPages, Fp8EntriesLieWhereTheLayoutSays) {
  const std::int64_t page_entries = GetParam();
  const std::int64_t stride = kv_page_stride(CacheFormat::kFp8, page_entries, 512);
  std::vector<std::byte> bytes(static_cast<std::size_t>(2 * stride), std::byte{0xee});
  const KvCacheView cache{bytes.data(), CacheFormat::kFp8, 512, 64, page_entries, stride};
  const std::vector<float> entry = random_values(512, 3);
  const std::int64_t slot = page_entries + 1;  // second token of the second page
  store_kv(cache, slot, entry.data());

  const std::byte* page = bytes.data() + stride;
  for (std::int64_t i = 0; i < 448; ++i) {
    const auto code = std::to_integer<std::uint8_t>(page[576 + i]);
    const auto scale = std::to_integer<std::uint8_t>(page[page_entries * 576 + 8 + i / 64]);
    const float value = e4m3_to_float(code) * e8m0_to_float(scale);
    ASSERT_NEAR(value, entry[i], std::fabs(entry[i]) / 16 + 1e-2) << i;
  }
  for (std::int64_t i = 0; i < 64; ++i) {
    bf16_t stored;
    std::memcpy(&stored, page + 576 + 448 + 2 * i, 2);
    ASSERT_EQ(stored, bf16_from_float(entry[448 + i]));
  }
  EXPECT_EQ(page[page_entries * 576 + 15], std::byte{0});
  EXPECT_EQ(page[575], std::byte{0xee});
  EXPECT_EQ(page[2 * 576], page_entries > 2 ? std::byte{0xee} : page[2 * 576]);
  EXPECT_EQ(page[page_entries * 576 + 7], std::byte{0xee});

  std::vector<float> loaded(512);
  load_kv(cache, slot, loaded.data());
  std::vector<std::byte> again = bytes;
  KvCacheView copy = cache;
  copy.data = again.data();
  store_kv(copy, slot, loaded.data());
  EXPECT_EQ(bytes, again) << "rounding twice must be rounding once";
}
INSTANTIATE_TEST_SUITE_P(Sizes, KvPages, ::testing::Values(256, 64, 2));

TEST(KvCache, PlainFormats) {
  for (const CacheFormat format : {CacheFormat::kF32, CacheFormat::kBf16}) {
    const std::int64_t stride = kv_page_stride(format, 4, 96);
    std::vector<std::byte> bytes(static_cast<std::size_t>(3 * stride));
    const KvCacheView cache{bytes.data(), format, 96, 32, 4, stride};
    const std::vector<float> entry = random_values(96, 4);
    store_kv(cache, 9, entry.data());
    std::vector<float> loaded(96);
    load_kv(cache, 9, loaded.data());
    for (std::size_t i = 0; i < 96; ++i) {
      EXPECT_EQ(loaded[i],
                format == CacheFormat::kF32 ? entry[i] : bf16_to_float(bf16_from_float(entry[i])));
    }
  }
  EXPECT_THROW(static_cast<void>(kv_page_stride(CacheFormat::kFp8, 64, 256)), Error);
  EXPECT_THROW(static_cast<void>(index_page_stride(CacheFormat::kFp8, 64, 64)), Error);
}

TEST(IndexCache, Fp8KeysCarryAFloatScale) {
  std::vector<std::byte> bytes(2 * IndexPage::kStride);
  const IndexCacheView cache{bytes.data(), CacheFormat::kFp8, 128, 64, IndexPage::kStride};
  const std::vector<float> key = random_values(128, 5, 3.0f);
  store_index_key(cache, 64 + 5, key.data());
  float largest = 0;
  for (const float v : key) largest = std::max(largest, std::fabs(v));
  float scale = 0;
  std::memcpy(&scale, bytes.data() + 8448 + 8192 + 4 * 5, 4);
  EXPECT_FLOAT_EQ(scale, largest / 448);
  std::vector<float> loaded(128);
  EXPECT_EQ(load_index_key(cache, 64 + 5, loaded.data()), scale);
  for (std::size_t i = 0; i < 128; ++i) {
    EXPECT_NEAR(loaded[i] * scale, key[i], std::fabs(key[i]) / 16 + scale / 512);
    EXPECT_EQ(std::to_integer<std::uint8_t>(bytes[8448 + 5 * 128 + i]),
              e4m3_from_float(key[i] / scale));
  }
}

TEST(SpreadingSharedBytes, AnSmHasRoomForItsShareOfTheBlocksAndNoMore) {
  DeviceLimits h200 = kRtxPro6000;
  h200.sms = 132;
  h200.shared_per_block = 232'448;
  h200.shared_per_sm = 233'472;
  for (const DeviceLimits& limits : {kRtxPro6000, h200}) {
    for (std::int64_t blocks = 1; blocks <= 4 * limits.sms; ++blocks) {
      const std::int64_t bytes = spreading_shared_bytes(blocks, limits);
      ASSERT_LE(bytes, limits.shared_per_block) << blocks;
      constexpr std::int64_t kReserved = 1024;
      ASSERT_EQ(limits.shared_per_sm / (bytes + kReserved), ceil_div(blocks, limits.sms)) << blocks;
    }
    EXPECT_EQ(spreading_shared_bytes(4 * limits.sms + 1, limits), 0);
  }
}

TEST(SharedCarveout, HoldsTheBlocksAndLeavesTheRestToL1) {
  const DeviceLimits& limits = kRtxPro6000;
  EXPECT_EQ(shared_carveout_percent(0, 1, limits), 1);
  EXPECT_EQ(shared_carveout_percent(limits.shared_per_block, 1, limits), 100);
  EXPECT_EQ(shared_carveout_percent(limits.shared_per_block, 2, limits), 100);
  for (std::int64_t bytes = 0; bytes <= limits.shared_per_block; bytes += 512) {
    for (std::int64_t blocks = 1; blocks * (bytes + 1024) <= limits.shared_per_sm; ++blocks) {
      const int percent = shared_carveout_percent(bytes, blocks, limits);
      ASSERT_GE(percent * limits.shared_per_sm, 100 * blocks * (bytes + 1024));
      ASSERT_LT((percent - 1) * limits.shared_per_sm, 100 * blocks * (bytes + 1024));
    }
  }
}

}  // namespace
}  // namespace dscope
