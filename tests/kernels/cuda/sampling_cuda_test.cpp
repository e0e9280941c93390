// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/sampling/sampling.h"
#include "tests/support/cuda_test.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace dscope {
namespace {

using test::CudaTest;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Draw {
  std::int64_t stream = 0;
  std::int64_t position = 0;
};

// Rows of logits with what their draws depend on.
struct Problem {
  std::int64_t vocab = 0;
  std::vector<float> logits;
  std::vector<std::int64_t> streams;
  std::vector<std::int64_t> positions;
  double temperature = 0;
  std::uint64_t seed = 0;

  [[nodiscard]] std::int64_t tokens() const {
    return static_cast<std::int64_t>(logits.size()) / vocab;
  }
  [[nodiscard]] SampleParams host_params() const {
    return {.tokens = tokens(),
            .vocab = vocab,
            .logits = logits.data(),
            .streams = streams.data(),
            .positions = positions.data(),
            .temperature = temperature,
            .seed = seed};
  }
  [[nodiscard]] std::vector<std::int32_t> reference() const {
    std::vector<std::int32_t> next(static_cast<std::size_t>(tokens()));
    SampleParams p = host_params();
    p.next = next.data();
    reference_sample(p);
    return next;
  }
  [[nodiscard]] std::vector<std::int32_t> run() const {
    const DeviceArray<float> device_logits(logits);
    const DeviceArray<std::int64_t> device_streams(streams);
    const DeviceArray<std::int64_t> device_positions(positions);
    const DeviceArray<std::int32_t> next(tokens());
    const DeviceArray<SamplePartial> workspace(tokens() * sample_segments(vocab));
    test::poison(next);
    test::poison(workspace);
    SampleParams p = host_params();
    p.logits = device_logits.data();
    p.streams = device_streams.data();
    p.positions = device_positions.data();
    p.next = next.data();
    p.workspace = workspace.data();
    launch_sample(p, nullptr);
    return next.to_host();
  }
  // What sampling maximises, in double.
  [[nodiscard]] double value(std::int64_t t, std::int32_t id) const {
    const double uniform =
        unit_interval(hash64(seed, static_cast<std::uint64_t>(streams[static_cast<std::size_t>(t)]),
                             static_cast<std::uint64_t>(positions[static_cast<std::size_t>(t)]),
                             static_cast<std::uint64_t>(id)));
    return logits[static_cast<std::size_t>(t * vocab + id)] / temperature -
           std::log(-std::log(uniform));
  }
};

Problem random_problem(std::int64_t tokens, std::int64_t vocab, float spread, double temperature) {
  Problem p{.vocab = vocab,
            .logits = test::random_floats(tokens * vocab, 1),
            .temperature = temperature,
            .seed = 42};
  for (float& logit : p.logits) logit *= spread;
  for (std::int64_t t = 0; t < tokens; ++t) {
    p.streams.push_back(3 + t);
    p.positions.push_back(1000 + 7 * t);
  }
  return p;
}

struct SamplingCuda : CudaTest {};

TEST_F(SamplingCuda, GreedyIsTheReference) {
  for (const std::int64_t tokens : {1, 3, 8}) {
    for (const std::int64_t vocab : {1, 31, 512, 4096, 4097, 16'160, 129'280}) {
      const Problem p = random_problem(tokens, vocab, 10, 0);
      EXPECT_EQ(p.run(), p.reference()) << tokens << " tokens, " << vocab << " ids";
    }
  }
}

TEST_F(SamplingCuda, GreedyTakesTheLowestOfEqualIds) {
  Problem p = random_problem(3, 20'000, 1, 0);
  for (const int id : {19'999, 4096, 8191, 4100, 15'000})
    p.logits[static_cast<std::size_t>(id)] = 5;
  std::fill_n(p.logits.begin() + 20'000, 20'000, -0.0f);
  p.logits[20'000 + 12'345] = 0.0f;  // equals -0
  p.logits[40'000 + 77] = kInfinity;
  p.logits[40'000 + 9000] = kInfinity;
  EXPECT_EQ(p.run(), (std::vector<std::int32_t>{4096, 0, 77}));
}

TEST_F(SamplingCuda, NanIsNeverTakenAndRowsWithoutNumbersGiveZero) {
  for (const double temperature : {0.0, 1.0}) {
    Problem p = random_problem(4, 10'000, 1, temperature);
    std::fill(p.logits.begin(), p.logits.begin() + 10'000, NAN);
    std::fill_n(p.logits.begin() + 10'000, 10'000, -kInfinity);
    std::fill_n(p.logits.begin() + 20'000, 10'000, NAN);
    p.logits[20'000 + 9001] = -1e30f;
    p.logits[30'000] = NAN;
    const std::vector<std::int32_t> got = p.run();
    EXPECT_EQ(got, p.reference());
    EXPECT_EQ(got[0], 0);
    EXPECT_EQ(got[1], 0);
    EXPECT_EQ(got[2], 9001);
  }
}

TEST_F(SamplingCuda, DrawsAreThoseOfTheReference) {
  std::int64_t draws = 0;
  std::int64_t others = 0;
  for (const std::int64_t vocab : {2, 512, 16'160, 129'280}) {
    for (const double temperature : {0.1, 0.7, 1.0, 5.0}) {
      const std::int64_t tokens = vocab > 100'000 ? 2 : 40;
      const Problem p = random_problem(tokens, vocab, 3, temperature);
      const std::vector<std::int32_t> got = p.run();
      const std::vector<std::int32_t> want = p.reference();
      for (std::int64_t t = 0; t < tokens; ++t) {
        const std::int32_t id = got[static_cast<std::size_t>(t)];
        const std::int32_t best = want[static_cast<std::size_t>(t)];
        ASSERT_GE(id, 0);
        ASSERT_LT(id, vocab);
        EXPECT_NEAR(p.value(t, id), p.value(t, best), 2e-5) << "chose " << id << " for " << best;
        ++draws;
        others += id != best;
      }
      EXPECT_EQ(got, p.run());
    }
  }
  EXPECT_LE(others, draws / 100);
}

TEST_F(SamplingCuda, DrawsDoNotDependOnTheBatch) {
  const Problem alone = random_problem(1, 5000, 2, 1);
  Problem batch = random_problem(5, 5000, 2, 1);
  std::copy(alone.logits.begin(), alone.logits.end(), batch.logits.begin() + 3 * 5000);
  batch.streams[3] = alone.streams[0];
  batch.positions[3] = alone.positions[0];
  EXPECT_EQ(batch.run()[3], alone.run()[0]);
}

// 20,000 draws from two ids with probabilities 1/4 and 3/4.
TEST_F(SamplingCuda, FollowsTheTemperedDistribution) {
  constexpr int kDraws = 20'000;
  Problem p{.vocab = 2, .temperature = 2, .seed = 1};
  for (int i = 0; i < kDraws; ++i) {
    p.logits.insert(p.logits.end(), {0.0f, static_cast<float>(2 * std::log(3.0))});
    p.streams.push_back(3);
    p.positions.push_back(i);
  }
  int ones = 0;
  for (const std::int32_t id : p.run()) ones += id;
  EXPECT_NEAR(ones, 0.75 * kDraws, 5 * std::sqrt(kDraws * 0.75 * 0.25));
}

TEST_F(SamplingCuda, RefusesInvalidFields) {
  const DeviceArray<float> logits(16);
  const DeviceArray<std::int64_t> keys(1);
  const DeviceArray<std::int32_t> next(1);
  const DeviceArray<SamplePartial> workspace(1);
  const SampleParams good{.tokens = 1,
                          .vocab = 16,
                          .logits = logits.data(),
                          .streams = keys.data(),
                          .positions = keys.data(),
                          .temperature = 1,
                          .next = next.data(),
                          .workspace = workspace.data()};
  EXPECT_TRUE(supports(good).ok()) << supports(good).reason;
  const auto expect_refusal = [&](const std::string& field,
                                  const std::function<void(SampleParams&)>& spoil) {
    SampleParams p = good;
    spoil(p);
    EXPECT_NE(supports(p).reason.find(field), std::string::npos)
        << field << ": " << supports(p).reason;
    EXPECT_THROW(launch_sample(p, nullptr), Error) << field;
  };
  expect_refusal("tokens", [](auto& p) { p.tokens = 0; });
  expect_refusal("vocab", [](auto& p) { p.vocab = 0; });
  expect_refusal("vocab", [](auto& p) { p.vocab = 1ll << 31; });
  expect_refusal("logits", [](auto& p) { p.logits = nullptr; });
  expect_refusal("temperature", [](auto& p) { p.temperature = -1; });
  expect_refusal("temperature", [](auto& p) { p.temperature = NAN; });
  expect_refusal("temperature", [](auto& p) { p.temperature = 1e-320; });
  expect_refusal("streams", [](auto& p) { p.streams = nullptr; });
  expect_refusal("positions", [](auto& p) { p.positions = nullptr; });
  expect_refusal("next", [](auto& p) { p.next = nullptr; });
  expect_refusal("workspace", [](auto& p) { p.workspace = nullptr; });
  SampleParams greedy = good;
  greedy.temperature = 0;
  greedy.streams = nullptr;
  greedy.positions = nullptr;
  EXPECT_TRUE(supports(greedy).ok()) << supports(greedy).reason;
}

}  // namespace
}  // namespace dscope
