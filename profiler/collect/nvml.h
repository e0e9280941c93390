// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/shared_library.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dscope::collect {

using NvmlDevice = void*;

// The few functions of NVML that we use, looked up at run time: building needs no CUDA. Numbers and
// signatures are those of nvml.h, which keeps them stable. Everything answers empty for what the
// board or the driver does not tell.
class Nvml {
 public:
  Nvml();
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  [[nodiscard]] const std::string& unavailable() const { return reason_; }  // empty: it works

  [[nodiscard]] std::optional<std::string> driver_version();
  // By bus id, because NVML counts all boards and the driver only the visible ones. May be null.
  [[nodiscard]] NvmlDevice find(const std::string& pci_bus_id);
  // A function of NVML that takes a device and fills one unsigned number.
  [[nodiscard]] std::optional<unsigned> number(const char* function, NvmlDevice device);
  [[nodiscard]] std::optional<unsigned> topology_level(NvmlDevice a, NvmlDevice b);

  [[nodiscard]] std::optional<unsigned> sm_clock_mhz(NvmlDevice device);
  [[nodiscard]] std::optional<unsigned> memory_clock_mhz(NvmlDevice device);
  [[nodiscard]] std::optional<unsigned> temperature_c(NvmlDevice device);
  // Why clocks are lower than they could be, as words; empty at full clocks or where unknown.
  [[nodiscard]] std::vector<std::string> throttle_reasons(NvmlDevice device);

 private:
  [[nodiscard]] std::optional<unsigned> clock(NvmlDevice device, unsigned domain);

  SharedLibrary library_;
  std::string reason_;
};

// The words of a bit mask of nvmlClocksThrottleReasons. Idling and the user's own settings count.
[[nodiscard]] std::vector<std::string> throttle_words(std::uint64_t mask);

}  // namespace dscope::collect
