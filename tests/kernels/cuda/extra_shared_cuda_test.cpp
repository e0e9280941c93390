// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/comm/rank_sum.h"
#include "kernels/cuda/extra_shared.h"
#include "kernels/linear/linear.h"
#include "tests/support/cuda_test.h"
#include "workloads/base/error.h"

namespace dscope {
namespace {

class ExtraShared : public test::CudaTest {
 protected:
  void TearDown() override {
    if (cuda_available().ok()) set_extra_shared_bytes(0);
  }
  static bf16_t sum_of_ones() {
    const DeviceArray<bf16_t> parts(std::vector<bf16_t>(16, bf16_from_float(1.0f)));
    const DeviceArray<bf16_t> out(8);
    launch_rank_sum(parts.data(), 2, 8, out.data(), nullptr);
    return out.to_host()[7];
  }
};

TEST_F(ExtraShared, PaddedKernelsRunAndGiveTheSame) {
  set_extra_shared_bytes(64 * 1024);
  EXPECT_EQ(bf16_to_float(sum_of_ones()), 2.0f);
  EXPECT_TRUE(extra_shared_refusals().empty());
}

// A linear's tokens lie in shared memory, so that a block has no room for all that one may have.
TEST_F(ExtraShared, WhatDoesNotFitIsNamedAndRunsAsItIs) {
  const std::int64_t most = device_limits().shared_per_block;
  const test::RandomMatrix host(WeightFormat::kBf16, 64, 256, 1);
  const DeviceMatrix weight(host.view());
  const DeviceArray<bf16_t> x(test::random_bf16(256, 2));
  const auto product = [&] {
    const DeviceArray<float> y(64);
    launch_linear(LinearParams<bf16_t, float>{.tokens = 1,
                                              .x = x.data(),
                                              .x_stride = 256,
                                              .weight = weight.view(),
                                              .y = y.data(),
                                              .y_stride = 64},
                  nullptr);
    return y.to_host();
  };
  const std::vector<float> plain = product();
  set_extra_shared_bytes(most);
  EXPECT_EQ(product(), plain);
  EXPECT_EQ(product(), plain);
  const std::vector<ExtraSharedRefusal> refusals = extra_shared_refusals();
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_NE(refusals[0].kernel.find("linear"), std::string::npos) << refusals[0].kernel;
  EXPECT_GT(refusals[0].shared_bytes, 0);
  EXPECT_EQ(refusals[0].most_bytes, most);
}

TEST_F(ExtraShared, RefusesSizesThatNoBlockCanHave) {
  EXPECT_THROW(set_extra_shared_bytes(device_limits().shared_per_block + 1), Error);
  EXPECT_THROW(set_extra_shared_bytes(-1), Error);
}

}  // namespace
}  // namespace dscope
