// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/device_state.h"

#include "profiler/collect/nvml.h"

#include <memory>
#include <utility>

namespace dscope::collect {

DeviceStateSampler::DeviceStateSampler(Observe observe, std::chrono::milliseconds period)
    : observe_(std::move(observe)), period_(period) {
  if (observe_) thread_ = std::thread([this] { run(); });
}

DeviceStateSampler::~DeviceStateSampler() {
  (void)finish();
}

void DeviceStateSampler::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    look();
    lock.lock();
    changed_.wait_for(lock, period_, [&] { return stop_; });
  }
}

// Called by the thread, and by finish() when there is none any more.
void DeviceStateSampler::look() {
  const std::int64_t step = step_.load(std::memory_order_relaxed);
  std::vector<profile::ClockSample> seen = observe_();
  for (profile::ClockSample& sample : seen) sample.step = step;
  if (!seen.empty()) looks_.push_back(std::move(seen));
  if (looks_.size() < kCapacity) return;
  std::vector<std::vector<profile::ClockSample>> every_other;
  for (std::size_t i = 0; i < looks_.size(); i += 2) every_other.push_back(std::move(looks_[i]));
  looks_ = std::move(every_other);
  period_ *= 2;
}

std::vector<profile::ClockSample> DeviceStateSampler::finish() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
    look();
  }
  std::vector<profile::ClockSample> samples;
  for (auto& seen : looks_) {
    for (profile::ClockSample& sample : seen) samples.push_back(std::move(sample));
  }
  looks_.clear();
  return samples;
}

DeviceStateSampler::Observe nvml_observer(const std::vector<profile::Gpu>& gpus) {
  const auto nvml = std::make_shared<Nvml>();
  if (!nvml->unavailable().empty()) return {};
  struct Board {
    std::int64_t index;
    NvmlDevice handle;
  };
  std::vector<Board> boards;
  for (const profile::Gpu& gpu : gpus) {
    NvmlDevice handle = gpu.pci_bus_id ? nvml->find(*gpu.pci_bus_id) : nullptr;
    if (handle != nullptr) boards.push_back({gpu.index, handle});
  }
  if (boards.empty()) return {};
  return [nvml, boards] {
    std::vector<profile::ClockSample> seen;
    for (const Board& board : boards) {
      profile::ClockSample& sample = seen.emplace_back();
      sample.device = board.index;
      sample.sm_clock_mhz = nvml->sm_clock_mhz(board.handle);
      sample.memory_clock_mhz = nvml->memory_clock_mhz(board.handle);
      if (const auto milliwatts = nvml->number("nvmlDeviceGetPowerUsage", board.handle)) {
        sample.power_w = *milliwatts / 1000.0;
      }
      sample.temperature_c = nvml->temperature_c(board.handle);
      sample.throttle_reasons = nvml->throttle_reasons(board.handle);
    }
    return seen;
  };
}

}  // namespace dscope::collect
