// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/weight_matrix.h"

#include "workloads/base/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace dscope {
namespace {

// FP8 [200, 300] whose value is its code and whose scale differs per block: 2^(row block) *
// 4^(column block).
struct Fp8Fixture {
  static constexpr std::int64_t kRows = 200;
  static constexpr std::int64_t kCols = 300;
  std::vector<std::byte> data;
  std::vector<std::uint8_t> scales;
  WeightMatrix weight;

  Fp8Fixture() {
    for (std::int64_t r = 0; r < kRows; ++r) {
      for (std::int64_t c = 0; c < kCols; ++c) {
        data.push_back(std::byte{e4m3_from_float(static_cast<float>((r + c) % 16))});
      }
    }
    for (int r = 0; r < 2; ++r) {
      for (int c = 0; c < 3; ++c) scales.push_back(static_cast<std::uint8_t>(127 + r + 2 * c));
    }
    weight = {WeightFormat::kFp8, kRows, kCols, data.data(), kCols, scales.data(), 3};
  }
  static float expected(std::int64_t r, std::int64_t c) {
    return static_cast<float>((r + c) % 16) *
           std::ldexp(1.0f, static_cast<int>(r / 128 + 2 * (c / 128)));
  }
};

TEST(WeightMatrix, Fp8BlocksAreRaggedAtTheEdges) {
  const Fp8Fixture f;
  std::vector<float> row(Fp8Fixture::kCols);
  for (const std::int64_t r : {0, 127, 128, 199}) {
    decode_row(f.weight, r, row.data());
    for (std::int64_t c = 0; c < Fp8Fixture::kCols; ++c) {
      ASSERT_EQ(row[c], Fp8Fixture::expected(r, c)) << r << ", " << c;
    }
  }
  EXPECT_EQ(f.weight.bytes(), 200 * 300 + 6);
}

// Tensor-parallel slices may start inside a scale block.
TEST(WeightMatrix, Fp8SlicesKeepTheirScales) {
  const Fp8Fixture f;
  const WeightMatrix slice = f.weight.row_slice(100, 150).col_slice(70, 290);
  std::vector<float> row(static_cast<std::size_t>(slice.cols));
  for (std::int64_t r = 0; r < slice.rows; ++r) {
    decode_row(slice, r, row.data());
    for (std::int64_t c = 0; c < slice.cols; ++c) {
      ASSERT_EQ(row[c], Fp8Fixture::expected(100 + r, 70 + c)) << r << ", " << c;
    }
  }
  EXPECT_EQ(slice.bytes(), 50 * 220 + 2 * 3);
}

TEST(WeightMatrix, Mxfp4HasTheEvenColumnInTheLowNibble) {
  std::vector<std::byte> data(32);                   // one row of 64
  data[0] = std::byte{0x21};                         // columns 0, 1: 0.5, 1
  data[16] = std::byte{0xf2};                        // columns 32, 33: 1, -6
  const std::vector<std::uint8_t> scales{128, 126};  // 2, 0.5
  const WeightMatrix weight{WeightFormat::kMxfp4, 1, 64, data.data(), 32, scales.data(), 2};
  std::vector<float> row(64);
  decode_row(weight, 0, row.data());
  EXPECT_EQ(row[0], 1.0f);
  EXPECT_EQ(row[1], 2.0f);
  EXPECT_EQ(row[32], 0.5f);
  EXPECT_EQ(row[33], -3.0f);
  EXPECT_EQ(weight.bytes(), 34);

  const WeightMatrix right = weight.col_slice(32, 64);
  decode_row(right, 0, row.data());
  EXPECT_EQ(row[0], 0.5f);
  EXPECT_EQ(row[1], -3.0f);
  EXPECT_THROW(static_cast<void>(weight.col_slice(16, 64)), Error);
  EXPECT_THROW(static_cast<void>(weight.col_slice(0, 65)), Error);
  EXPECT_THROW(static_cast<void>(weight.row_slice(-1, 1)), Error);
}

TEST(WeightMatrix, PlainFormats) {
  const float f32[2] = {1.5f, -2.0f};
  const std::uint16_t bf16[2] = {0x3fc0, 0xc000};
  const std::uint16_t f16[2] = {0x3e00, 0xc000};
  const auto check = [](WeightFormat format, const void* data, std::int64_t bytes) {
    const auto* base = static_cast<const std::byte*>(data);
    const WeightMatrix weight{format, 1, 2, base, 2 * bytes};
    float row[2] = {};
    decode_row(weight, 0, row);
    EXPECT_EQ(row[0], 1.5f);
    EXPECT_EQ(row[1], -2.0f);
    const WeightVector vector{format, 2, base};
    EXPECT_EQ(vector[1], -2.0f);
    EXPECT_EQ(vector.slice(1, 2)[0], -2.0f);
  };
  check(WeightFormat::kF32, f32, 4);
  check(WeightFormat::kBf16, bf16, 2);
  check(WeightFormat::kF16, f16, 2);
}

TEST(IntMatrix, ReadsBothWidths) {
  const std::int32_t narrow[4] = {1, 2, 3, -4};
  const std::int64_t wide[4] = {1, 2, 3, -4};
  EXPECT_EQ((IntMatrix{2, 2, 4, reinterpret_cast<const std::byte*>(narrow)}.at(1, 1)), -4);
  EXPECT_EQ((IntMatrix{2, 2, 8, reinterpret_cast<const std::byte*>(wide)}.at(1, 0)), 3);
}

}  // namespace
}  // namespace dscope
