// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/device_state.h"

#include "profiler/collect/nvml.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace dscope::collect {
namespace {

TEST(DeviceState, JoinsObservationsToSteps) {
  std::atomic<int> looks{0};
  DeviceStateSampler sampler(
      [&] {
        profile::ClockSample sample;
        sample.device = 3;
        sample.sm_clock_mhz = 1000 + looks++;
        return std::vector{sample};
      },
      std::chrono::milliseconds(1));
  while (looks < 2) std::this_thread::yield();
  sampler.set_step(17);
  const int before = looks;
  while (looks < before + 3) std::this_thread::yield();
  const std::vector<profile::ClockSample> samples = sampler.finish();
  ASSERT_GE(samples.size(), 5u);
  EXPECT_EQ(samples.front().step, 0);
  EXPECT_EQ(samples.back().step, 17);
  EXPECT_EQ(samples.front().device, 3);
  EXPECT_EQ(samples.front().sm_clock_mhz, 1000);
  EXPECT_TRUE(sampler.finish().empty()) << "they were handed out";
}

TEST(DeviceState, IsBounded) {
  std::atomic<std::int64_t> looks{0};
  DeviceStateSampler sampler(
      [&] {
        ++looks;
        return std::vector(1, profile::ClockSample{});
      },
      std::chrono::milliseconds(0));
  while (looks < static_cast<std::int64_t>(DeviceStateSampler::kCapacity) * 3) {
    std::this_thread::yield();
  }
  EXPECT_LE(sampler.finish().size(), DeviceStateSampler::kCapacity);
}

TEST(DeviceState, NothingToObserveIsFine) {
  DeviceStateSampler sampler(nullptr, std::chrono::milliseconds(1));
  EXPECT_TRUE(sampler.finish().empty());
  EXPECT_FALSE(static_cast<bool>(nvml_observer({})));
}

TEST(ThrottleWords, SayWhatTheBitsMean) {
  EXPECT_TRUE(throttle_words(0).empty());
  EXPECT_EQ(throttle_words(0x4 | 0x40),
            (std::vector<std::string>{"power cap", "hardware thermal slowdown"}));
  EXPECT_EQ(throttle_words(0x8000), (std::vector<std::string>{"reason 0x8000"}));
}

}  // namespace
}  // namespace dscope::collect
