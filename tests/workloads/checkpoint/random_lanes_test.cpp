// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/random_lanes.h"

#include "workloads/dtypes.h"

#include <gtest/gtest.h>

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <vector>

namespace dscope {
namespace {

std::vector<std::byte> filled(std::size_t bytes, std::uint64_t key, Lanes lanes) {
  std::vector<std::byte> out(bytes);
  fill_lanes(out, key, lanes);
  return out;
}

TEST(CounterHash, IsSplitMix64) {
  // The first outputs of the published generator for the seed 1234567.
  EXPECT_EQ(counter_hash(1234567, 0), 6457827717110365317ull);
  EXPECT_EQ(counter_hash(1234567, 1), 3203168211198807973ull);
}

TEST(StreamKey, DependsOnSeedAndName) {
  EXPECT_NE(stream_key(1, "a"), stream_key(2, "a"));
  EXPECT_NE(stream_key(1, "a"), stream_key(1, "b"));
  EXPECT_EQ(stream_key(1, "a"), stream_key(1, "a"));
}

TEST(RandomLanes, RepeatsALane) {
  const Lanes lanes = repeat_lane(16, 0x1f, 0x3f80);
  EXPECT_EQ(lanes.mask, 0x001f001f001f001full);
  EXPECT_EQ(lanes.add, 0x3f803f803f803f80ull);
}

TEST(RandomLanes, APrefixOfALongerFillIsTheShorterFill) {
  const Lanes all = repeat_lane(8, 0xff, 0);
  const auto whole = filled(1000, 5, all);
  for (const std::size_t size : {0u, 1u, 7u, 8u, 9u, 999u}) {
    const auto part = filled(size, 5, all);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin())) << size;
  }
}

TEST(RandomLanes, DoesNotDependOnTheNumberOfThreads) {
  const Lanes all = repeat_lane(8, 0xff, 0);
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = filled(3 << 20, 9, all);
  omp_set_num_threads(3);
  const auto three = filled(3 << 20, 9, all);
  omp_set_num_threads(threads);
  EXPECT_EQ(one, three);
}

struct Range {
  float low = INFINITY;
  float high = 0;
  double mean_square = 0;
};

template <class T, class Decode>
Range range_of(Lanes lanes, Decode decode) {
  constexpr std::size_t kCount = 1 << 16;
  const auto bytes = filled(kCount * sizeof(T), 3, lanes);
  Range range;
  for (std::size_t i = 0; i < kCount; ++i) {
    T raw;
    std::memcpy(&raw, bytes.data() + i * sizeof(T), sizeof(T));
    const float value = std::fabs(decode(raw));
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
    range.mean_square += static_cast<double>(value) * value / kCount;
  }
  return range;
}

// Mean square by hand: the four octaves average (1/64 + 1/16 + 1/4 + 1) / 4 = 0.33203; the mantissa
// factor averages 2.1484 with 3 bits, 2.3216 with 7 and 7/3 with 23.
TEST(RandomLanes, FourOctavesHaveTheirRangeAndMeanSquare) {
  const Range e4m3 = range_of<std::uint8_t>(four_octaves(8, 3, 0), e4m3_to_float);
  EXPECT_EQ(e4m3.low, 0.125f);
  EXPECT_EQ(e4m3.high, 1.875f);
  EXPECT_NEAR(e4m3.mean_square, 0.33203 * 2.1484, 0.02);
  const Range bf16 = range_of<bf16_t>(four_octaves(16, 7, -4), bf16_to_float);
  EXPECT_EQ(bf16.low, 0x1p-7f);
  EXPECT_LT(bf16.high, 0x1p-3f);
  EXPECT_NEAR(bf16.mean_square * 256, 0.33203 * 2.3216, 0.02);
  const Range f32 = range_of<float>(four_octaves(32, 23, 1), [](float value) { return value; });
  EXPECT_GE(f32.low, 0.25f);
  EXPECT_LT(f32.high, 4.0f);
  EXPECT_NEAR(f32.mean_square / 4, 0.33203 * 7 / 3, 0.02);
}

}  // namespace
}  // namespace dscope
