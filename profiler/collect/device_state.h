// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace dscope::collect {

// Observes clocks, power and temperature in a thread of its own while steps run, and notes which
// step each observation belongs to. Bounded: when it holds kCapacity observations it drops every
// other one and looks half as often.
class DeviceStateSampler {
 public:
  // Fills in everything but the step; answers an empty list where nothing can be observed.
  using Observe = std::function<std::vector<profile::ClockSample>()>;

  // Begins at once and looks every `period`.
  DeviceStateSampler(Observe observe, std::chrono::milliseconds period);
  ~DeviceStateSampler();
  DeviceStateSampler(const DeviceStateSampler&) = delete;
  DeviceStateSampler& operator=(const DeviceStateSampler&) = delete;

  // The step that runs now, from any thread.
  void set_step(std::int64_t step) { step_.store(step, std::memory_order_relaxed); }

  // Looks a last time and stops; by step, then device.
  [[nodiscard]] std::vector<profile::ClockSample> finish();

  static constexpr std::size_t kCapacity = 4096;

 private:
  void run();
  void look();

  Observe observe_;
  std::chrono::milliseconds period_;
  std::atomic<std::int64_t> step_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::vector<std::vector<profile::ClockSample>> looks_;
  std::thread thread_;
};

// Observes the GPUs of `device` through NVML. Empty where NVML is not there: it says so in
// Device::missing already.
[[nodiscard]] DeviceStateSampler::Observe nvml_observer(const std::vector<profile::Gpu>& gpus);

}  // namespace dscope::collect
