// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/comm/rank_sum.h"
#include "tests/support/cuda_test.h"

#include <tuple>

namespace dscope {
namespace {

class RankSum : public test::CudaTestWithParam<std::tuple<int, std::int64_t>> {};

// Float32 sums in the order of the ranks, rounded once: bit for bit.
template <class Part>
void check_sum(const std::vector<Part>& parts, int ranks, std::int64_t count) {
  const DeviceArray<Part> on_device(parts);
  const DeviceArray<bf16_t> out(count);
  test::poison(out);
  launch_rank_sum(on_device.data(), ranks, count, out.data(), nullptr);
  const std::vector<bf16_t> got = out.to_host();
  for (std::int64_t i = 0; i < count; ++i) {
    float sum = 0;
    for (int r = 0; r < ranks; ++r) {
      sum += static_cast<float>(test::as_double(parts[static_cast<std::size_t>(r * count + i)]));
    }
    ASSERT_EQ(got[static_cast<std::size_t>(i)].bits, bf16_from_float(sum).bits) << "value " << i;
  }
}

TEST_P(RankSum, AddsInOrderAndRoundsOnce) {
  const auto [ranks, count] = GetParam();
  check_sum(test::random_bf16(ranks * count, 7), ranks, count);
  check_sum(test::random_floats(ranks * count, 8), ranks, count);
}
INSTANTIATE_TEST_SUITE_P(Shapes, RankSum,
                         ::testing::Combine(::testing::Values(1, 2, 4, 8, 11),
                                            ::testing::Values<std::int64_t>(1, 8, 250, 4096,
                                                                            32768)));

}  // namespace
}  // namespace dscope
