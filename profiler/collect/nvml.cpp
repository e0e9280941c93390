// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/nvml.h"

#include <fmt/format.h>

#include <array>

namespace dscope::collect {
namespace {

using NvmlInit = int();
using NvmlShutdown = int();
using NvmlDriverVersion = int(char* version, unsigned length);
using NvmlHandleByBusId = int(const char* bus_id, NvmlDevice* device);
using NvmlGetUnsigned = int(NvmlDevice device, unsigned* value);
using NvmlGetIndexed = int(NvmlDevice device, unsigned index, unsigned* value);
using NvmlGetMask = int(NvmlDevice device, unsigned long long* mask);
using NvmlTopology = int(NvmlDevice a, NvmlDevice b, unsigned* level);

constexpr unsigned kSmClock = 1;      // NVML_CLOCK_SM
constexpr unsigned kMemoryClock = 2;  // NVML_CLOCK_MEM
constexpr unsigned kGpuSensor = 0;    // NVML_TEMPERATURE_GPU

struct Reason {
  std::uint64_t bit;
  const char* word;
};
constexpr std::array<Reason, 9> kReasons{{
    {0x1, "idle"},
    {0x2, "set by the user"},
    {0x4, "power cap"},
    {0x8, "hardware slowdown"},
    {0x10, "synchronised boost"},
    {0x20, "software thermal slowdown"},
    {0x40, "hardware thermal slowdown"},
    {0x80, "power brake"},
    {0x100, "display clocks"},
}};

}  // namespace

std::vector<std::string> throttle_words(std::uint64_t mask) {
  std::vector<std::string> words;
  for (const Reason& reason : kReasons) {
    if ((mask & reason.bit) != 0) words.emplace_back(reason.word);
    mask &= ~reason.bit;
  }
  if (mask != 0) words.push_back(fmt::format("reason {:#x}", mask));
  return words;
}

Nvml::Nvml() : library_({"libnvidia-ml.so.1"}) {
  auto* init = library_.function<NvmlInit>("nvmlInit_v2");
  if (init == nullptr) {
    reason_ = library_.detail();
  } else if (const int code = init(); code != 0) {
    reason_ = fmt::format("nvmlInit_v2 answered {}", code);
  }
}

Nvml::~Nvml() {
  if (!reason_.empty()) return;
  if (auto* shutdown = library_.function<NvmlShutdown>("nvmlShutdown")) shutdown();
}

std::optional<std::string> Nvml::driver_version() {
  std::array<char, 96> text{};
  auto* get = library_.function<NvmlDriverVersion>("nvmlSystemGetDriverVersion");
  if (get == nullptr || get(text.data(), static_cast<unsigned>(text.size())) != 0) return {};
  return text.data();
}

NvmlDevice Nvml::find(const std::string& pci_bus_id) {
  NvmlDevice device = nullptr;
  auto* get = library_.function<NvmlHandleByBusId>("nvmlDeviceGetHandleByPciBusId_v2");
  if (get == nullptr || get(pci_bus_id.c_str(), &device) != 0) return nullptr;
  return device;
}

std::optional<unsigned> Nvml::number(const char* function, NvmlDevice device) {
  auto* get = library_.function<NvmlGetUnsigned>(function);
  unsigned value = 0;
  if (get == nullptr || device == nullptr || get(device, &value) != 0) return std::nullopt;
  return value;
}

std::optional<unsigned> Nvml::topology_level(NvmlDevice a, NvmlDevice b) {
  auto* get = library_.function<NvmlTopology>("nvmlDeviceGetTopologyCommonAncestor");
  unsigned level = 0;
  if (get == nullptr || a == nullptr || b == nullptr || get(a, b, &level) != 0) return {};
  return level;
}

std::optional<unsigned> Nvml::clock(NvmlDevice device, unsigned domain) {
  auto* get = library_.function<NvmlGetIndexed>("nvmlDeviceGetClockInfo");
  unsigned value = 0;
  if (get == nullptr || device == nullptr || get(device, domain, &value) != 0) return {};
  return value;
}

std::optional<unsigned> Nvml::sm_clock_mhz(NvmlDevice device) {
  return clock(device, kSmClock);
}

std::optional<unsigned> Nvml::memory_clock_mhz(NvmlDevice device) {
  return clock(device, kMemoryClock);
}

std::optional<unsigned> Nvml::temperature_c(NvmlDevice device) {
  auto* get = library_.function<NvmlGetIndexed>("nvmlDeviceGetTemperature");
  unsigned value = 0;
  if (get == nullptr || device == nullptr || get(device, kGpuSensor, &value) != 0) return {};
  return value;
}

std::vector<std::string> Nvml::throttle_reasons(NvmlDevice device) {
  auto* get = library_.function<NvmlGetMask>("nvmlDeviceGetCurrentClocksThrottleReasons");
  unsigned long long mask = 0;
  if (get == nullptr || device == nullptr || get(device, &mask) != 0) return {};
  return throttle_words(mask);
}

}  // namespace dscope::collect
