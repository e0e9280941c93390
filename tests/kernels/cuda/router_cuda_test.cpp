// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/router/router.h"
#include "tests/support/cuda_test.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace dscope {
namespace {

using test::CudaTest;

struct Shape {
  std::int64_t tokens;
  std::int64_t experts;
  std::int64_t choices;
};

struct Choice {
  std::vector<std::int32_t> ids;
  std::vector<float> weights;
};

// One problem on both sides.
struct Problem {
  Problem(const Shape& of, float spread)
      : shape(of), logits(test::random_floats(of.tokens * of.experts, 1)) {
    for (float& logit : logits) logit *= spread;
    params = {.tokens = shape.tokens,
              .experts = shape.experts,
              .experts_per_token = shape.choices,
              .routed_scaling = 1.5};
  }

  [[nodiscard]] Choice reference() const {
    Choice c = empty();
    RouterParams p = params;
    p.logits = logits.data();
    p.ids = c.ids.data();
    p.weights = c.weights.data();
    reference_router(p);
    return c;
  }

  // `device` has the pointers that are not set here as device pointers.
  [[nodiscard]] Choice run(RouterParams device) const {
    const DeviceArray<float> device_logits(logits);
    const DeviceArray<std::int32_t> ids(shape.tokens * shape.choices);
    const DeviceArray<float> weights(shape.tokens * shape.choices);
    test::poison(ids);
    test::poison(weights);
    device.logits = device_logits.data();
    device.ids = ids.data();
    device.weights = weights.data();
    launch_router(device, nullptr);
    return {ids.to_host(), weights.to_host()};
  }

  [[nodiscard]] Choice empty() const {
    const auto size = static_cast<std::size_t>(shape.tokens * shape.choices);
    return {std::vector<std::int32_t>(size), std::vector<float>(size)};
  }

  [[nodiscard]] double biased(std::int64_t t, std::int32_t id) const {
    const double logit = logits[static_cast<std::size_t>(t * shape.experts + id)];
    const double softplus = std::max(logit, 0.0) + std::log1p(std::exp(-std::fabs(logit)));
    return std::sqrt(softplus) + (params.bias.empty() ? 0.0 : params.bias[id]);
  }

  Shape shape;
  std::vector<float> logits;
  RouterParams params;  // host pointers, as far as they are set
};

void expect_close(const std::vector<float>& got, const std::vector<float>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], want[i], 2e-6f * std::fabs(want[i])) << "weight " << i;
  }
}

struct RouterCuda : CudaTest {};

TEST_F(RouterCuda, ChoosesAsTheReferenceDoes) {
  for (const Shape& shape :
       {Shape{1, 256, 6}, Shape{8, 256, 6}, Shape{64, 384, 6}, Shape{17, 8, 2}, Shape{3, 6, 2},
        Shape{2, 512, 32}, Shape{2, 1, 1}, Shape{5, 33, 33 - 1}}) {
    for (const float spread : {1.0f, 30.0f}) {
      for (const bool with_bias : {false, true}) {
        Problem problem(shape, spread);
        const test::RandomVector bias(WeightFormat::kF32, shape.experts, 3);
        const DeviceVector device_bias(bias.view());
        RouterParams device = problem.params;
        if (with_bias) {
          problem.params.bias = bias.view();
          device.bias = device_bias.view();
        }
        const Choice want = problem.reference();
        const Choice got = problem.run(device);
        std::int64_t equal = 0;
        for (std::int64_t t = 0; t < shape.tokens; ++t) {
          std::set<std::int32_t> distinct;
          for (std::int64_t i = 0; i < shape.choices; ++i) {
            const auto at = static_cast<std::size_t>(t * shape.choices + i);
            ASSERT_GE(got.ids[at], 0);
            ASSERT_LT(got.ids[at], shape.experts);
            distinct.insert(got.ids[at]);
            // Equal, or as good as equal.
            EXPECT_NEAR(problem.biased(t, got.ids[at]), problem.biased(t, want.ids[at]), 2e-6)
                << "token " << t << " choice " << i << ": " << got.ids[at] << " for "
                << want.ids[at];
            equal += got.ids[at] == want.ids[at];
          }
          EXPECT_EQ(std::ssize(distinct), shape.choices);
        }
        EXPECT_GE(equal, shape.tokens * shape.choices - 4);
        if (got.ids == want.ids) expect_close(got.weights, want.weights);
        const Choice again = problem.run(device);
        EXPECT_EQ(got.ids, again.ids);
        EXPECT_EQ(got.weights, again.weights);
      }
    }
  }
}

TEST_F(RouterCuda, EqualScoresGoToTheLowerIdAndNanToTheEnd) {
  Problem problem({2, 100, 4}, 1);
  std::fill(problem.logits.begin(), problem.logits.end(), 0.5f);
  for (const int id : {70, 40, 99, 38}) problem.logits[static_cast<std::size_t>(id)] = 2;
  std::fill(problem.logits.begin() + 100, problem.logits.end(), NAN);
  problem.logits[150] = -1;
  problem.logits[199] = -3;
  const Choice got = problem.run(problem.params);
  EXPECT_EQ(got.ids, (std::vector<std::int32_t>{38, 40, 70, 99, 50, 99, 0, 1}));
  for (int i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(got.weights[static_cast<std::size_t>(i)], 1.5f / 4);
}

// Large logits must not overflow, very small ones must not lose their weight.
TEST_F(RouterCuda, WeighsExtremeLogits) {
  Problem problem({2, 4, 3}, 1);
  problem.logits = {1e4f, 200, 89, 0, -80, -81, -82, -85};
  const Choice want = problem.reference();
  const Choice got = problem.run(problem.params);
  EXPECT_EQ(got.ids, want.ids);
  expect_close(got.weights, want.weights);
}

TEST_F(RouterCuda, HashLayersReadTheTable) {
  constexpr std::int64_t kVocab = 50;
  for (const int element_bytes : {4, 8}) {
    Problem problem({9, 256, 6}, 2);
    std::vector<std::int32_t> narrow;
    std::vector<std::int64_t> wide;
    for (std::int64_t i = 0; i < kVocab * 6; ++i) {
      narrow.push_back(static_cast<std::int32_t>(hash64(4, i) % 256));
      wide.push_back(narrow.back());
    }
    const void* data = element_bytes == 4 ? static_cast<const void*>(narrow.data()) : wide.data();
    const IntMatrix table{kVocab, 6, element_bytes, static_cast<const std::byte*>(data)};
    const DeviceIntMatrix device_table(table);
    const std::vector<std::int32_t> tokens{0, 49, 7, 7, 3, 21, 48, 1, 30};
    const DeviceArray<std::int32_t> device_tokens(tokens);
    RouterParams device = problem.params;
    problem.params.tid2eid = table;
    problem.params.token_ids = tokens.data();
    device.tid2eid = device_table.view();
    device.token_ids = device_tokens.data();
    const Choice want = problem.reference();
    const Choice got = problem.run(device);
    EXPECT_EQ(got.ids, want.ids);
    expect_close(got.weights, want.weights);
  }
}

TEST_F(RouterCuda, ForcedRowsAreTakenAndTheOthersChooseFreely) {
  Problem problem({4, 16, 3}, 2);
  const std::vector<std::int32_t> forced{5, -1, 2, kNotForced, 0, 0, -1, -1, -1, 15, 0, -1};
  const DeviceArray<std::int32_t> device_forced(forced);
  RouterParams device = problem.params;
  problem.params.forced = forced.data();
  device.forced = device_forced.data();
  // What is not chosen may be anything.
  problem.logits[0] = NAN;
  const Choice want = problem.reference();
  const Choice got = problem.run(device);
  EXPECT_EQ(got.ids, want.ids);
  expect_close(got.weights, want.weights);
  EXPECT_EQ(got.weights[1], 0);
  for (std::size_t i = 6; i < 9; ++i) EXPECT_EQ(got.weights[i], 0);  // and not 0 / 0
}

TEST_F(RouterCuda, RefusesInvalidFields) {
  const DeviceArray<float> floats(64);
  const DeviceArray<std::int32_t> ints(64);
  const auto* bytes = reinterpret_cast<const std::byte*>(ints.data());
  const RouterParams good{.tokens = 1,
                          .experts = 8,
                          .experts_per_token = 2,
                          .logits = floats.data(),
                          .ids = ints.data(),
                          .weights = floats.data()};
  EXPECT_TRUE(supports(good).ok()) << supports(good).reason;
  const auto expect_refusal = [&](const std::string& field,
                                  const std::function<void(RouterParams&)>& spoil) {
    RouterParams p = good;
    spoil(p);
    EXPECT_NE(supports(p).reason.find(field), std::string::npos)
        << field << ": " << supports(p).reason;
    EXPECT_THROW(launch_router(p, nullptr), Error) << field;
  };
  expect_refusal("tokens", [](auto& p) { p.tokens = 0; });
  expect_refusal("experts is", [](auto& p) { p.experts = 513; });
  expect_refusal("experts is", [](auto& p) { p.experts = 0; });
  expect_refusal("experts_per_token", [](auto& p) { p.experts_per_token = 9; });
  expect_refusal("experts_per_token", [](auto& p) { p.experts_per_token = 0; });
  expect_refusal("logits", [](auto& p) { p.logits = nullptr; });
  expect_refusal("bias.size", [&](auto& p) { p.bias = {WeightFormat::kF32, 7, bytes}; });
  expect_refusal("bias.format", [&](auto& p) { p.bias = {WeightFormat::kFp8, 8, bytes}; });
  expect_refusal("tid2eid.cols", [&](auto& p) { p.tid2eid = {4, 3, 4, bytes}; });
  expect_refusal("tid2eid.rows", [&](auto& p) { p.tid2eid = {0, 2, 4, bytes}; });
  expect_refusal("tid2eid.element_bytes", [&](auto& p) { p.tid2eid = {4, 2, 2, bytes}; });
  expect_refusal("token_ids", [&](auto& p) { p.tid2eid = {4, 2, 4, bytes}; });
  expect_refusal("routed_scaling", [](auto& p) { p.routed_scaling = NAN; });
  expect_refusal("ids is null", [](auto& p) { p.ids = nullptr; });
  expect_refusal("weights is null", [](auto& p) { p.weights = nullptr; });
}

}  // namespace
}  // namespace dscope
