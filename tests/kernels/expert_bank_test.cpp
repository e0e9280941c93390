// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/moe/expert_bank.h"

#include "workloads/base/error.h"
#include "workloads/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace dscope {
namespace {

// An MXFP4 matrix of random codes and scales.
struct RandomMxfp4 {
  std::vector<std::byte> data;
  std::vector<std::uint8_t> scales;
  WeightMatrix view;

  RandomMxfp4(std::int64_t rows, std::int64_t cols, std::uint64_t seed)
      : data(static_cast<std::size_t>(rows * cols / 2)),
        scales(static_cast<std::size_t>(rows * cols / 32)) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = std::byte(hash64(seed, i) & 0xff);
    for (std::size_t i = 0; i < scales.size(); ++i) {
      scales[i] = static_cast<std::uint8_t>(hash64(seed + 1, i) % 129);  // 2^-127 .. 2^1
    }
    view = {
        WeightFormat::kMxfp4, rows, cols, data.data(), cols / 2, scales.data(), cols / 32, 0, 0};
  }
};

struct RandomExpert {
  RandomMxfp4 w1;
  RandomMxfp4 w3;
  RandomMxfp4 w2;

  RandomExpert(std::int64_t hidden, std::int64_t intermediate)
      : w1(intermediate, hidden, 1), w3(intermediate, hidden, 3), w2(hidden, intermediate, 5) {}
  [[nodiscard]] ExpertWeights view() const { return {w1.view, w3.view, w2.view}; }
};

std::vector<std::byte> pack(const ExpertWeights& expert) {
  const ExpertBank bank{.hidden = expert.w1.cols, .intermediate = expert.w1.rows};
  std::vector<std::byte> packed(static_cast<std::size_t>(bank.expert_bytes()), std::byte{0xff});
  pack_expert(expert, packed.data());
  return packed;
}

// The value at (row, col) of a tile of `across` stripes, read as the comment of ExpertStripe has
// it: nothing here is shared with the code that packs.
double packed_value(const std::byte* tile, std::int64_t row, std::int64_t col) {
  const std::byte* stripe = tile + col / 128 * 2176;
  const std::int64_t group = col % 128 / 32;
  const std::int64_t lane = row % 8 * 4 + col % 32 / 8;
  const std::int64_t i = col % 8;  // within the word
  const std::byte* at = stripe + group * 512 + lane * 16 + row / 8 * 4 + i % 2 * 2;
  const auto half = std::to_integer<unsigned>(at[0]) | std::to_integer<unsigned>(at[1]) << 8;
  constexpr int kSignBit[] = {15, 12, 14, 13};
  constexpr int kMagnitudeBit[] = {6, 3, 0, 9};
  const double magnitude = kE2m1Values[half >> kMagnitudeBit[i / 2] & 7];
  const double sign = (half >> kSignBit[i / 2] & 1) != 0 ? -1 : 1;
  const std::byte scale = stripe[2048 + row % 8 * 16 + group * 4 + row / 8];
  return sign * std::ldexp(magnitude, std::to_integer<int>(scale) - 62 - 127);
}

// Rows [row, row + 16) of a matrix are rows [at, at + 16) of a tile.
void expect_fragment(const WeightMatrix& matrix, std::int64_t row, const std::byte* tile,
                     std::int64_t at) {
  std::vector<float> want(static_cast<std::size_t>(matrix.cols));
  for (std::int64_t i = 0; i < 16; ++i) {
    decode_row(matrix, row + i, want.data());
    for (std::int64_t col = 0; col < matrix.cols; ++col) {
      ASSERT_EQ(packed_value(tile, at + i, col), want[col]) << "row " << row + i << " col " << col;
    }
    for (std::int64_t col = matrix.cols; col % 128 != 0; ++col) {
      ASSERT_EQ(packed_value(tile, at + i, col), 0) << "row " << row + i << " col " << col;
    }
  }
}

void expect_round_trip(const ExpertWeights& expert) {
  const std::int64_t hidden = expert.w1.cols;
  const std::int64_t intermediate = expert.w1.rows;
  const std::vector<std::byte> packed = pack(expert);
  const std::byte* tile = packed.data();
  for (std::int64_t row = 0; row < intermediate; row += 16) {
    expect_fragment(expert.w1, row, tile, 0);
    expect_fragment(expert.w3, row, tile, 16);
    tile += (hidden + 127) / 128 * 2176;
  }
  for (std::int64_t row = 0; row < hidden; row += 32) {
    expect_fragment(expert.w2, row, tile, 0);
    expect_fragment(expert.w2, row + 16, tile, 16);
    tile += (intermediate + 127) / 128 * 2176;
  }
  EXPECT_EQ(tile, packed.data() + packed.size());
}

TEST(ExpertBank, RoundTrip) {
  expect_round_trip(RandomExpert(128, 128).view());
  expect_round_trip(RandomExpert(96, 32).view());
  expect_round_trip(RandomExpert(32, 160).view());
  expect_round_trip(RandomExpert(256, 96).view());
}

// Slices are views into larger matrices, with rows and scales further apart than they are long.
TEST(ExpertBank, RoundTripOfASlice) {
  const RandomExpert whole(64, 192);
  const ExpertWeights w = whole.view();
  expect_round_trip({w.w1.row_slice(64, 128), w.w3.row_slice(64, 128), w.w2.col_slice(64, 128)});
}

TEST(ExpertBank, TakesNoMoreThanTheCheckpoint) {
  // V4-Flash: [2048, 4096] twice and [4096, 2048], 4.25 bits a value.
  const ExpertBank flash{.hidden = 4096, .intermediate = 2048};
  EXPECT_EQ(flash.expert_bytes(), 13'369'344);
  const ExpertBank pro_tp8{.hidden = 7168, .intermediate = 384};
  EXPECT_EQ(pro_tp8.expert_bytes(), 3 * 7168 * 384 / 32 * 17);
}

void expect_refused(const ExpertWeights& expert, const std::string& part) {
  try {
    pack(expert);
    FAIL() << "expected a refusal that mentions " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(part));
  }
}

TEST(ExpertBank, RefusesWhatTheKernelsCannotTake) {
  RandomExpert expert(64, 32);
  ExpertWeights w = expert.view();
  w.w3.format = WeightFormat::kFp8;
  expect_refused(w, "w3");
  expect_refused(RandomExpert(64, 16).view(), "intermediate 16");
  expect_refused(RandomExpert(16, 32).view(), "hidden 16");
  expert.w2.scales.back() = 129;
  expect_refused(expert.view(), "2^2");
}

TEST(ExpertBank, ShapesMustAgree) {
  const RandomExpert expert(64, 32);
  ExpertWeights w = expert.view();
  w.w2 = w.w2.row_slice(0, 32);
  std::vector<std::byte> out(1 << 20);
  EXPECT_THROW(pack_expert(w, out.data()), Error);
}

}  // namespace
}  // namespace dscope
