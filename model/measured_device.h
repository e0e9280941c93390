// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/device.h"
#include "profiler/profile/profile.h"

#include <string>

namespace dscope::model {

// What micro-benchmarks found out about a GPU's memories and links. Units as in Device.
struct MemoryRates {
  double dram_read_gbps = 0;
  double dram_copy_gbps = 0;
  double dram_latency_ns = 0;
  double l2_latency_ns = 0;
  double l2_read_gbps = 0;
  double pcie_gbps = 0;  // the slower direction
};

// `like` with what was measured (three digits of it) and what the driver says of the GPU in place
// of its values; `where` is the source they get. What neither knows stays as it is.
[[nodiscard]] Device measured_device(Device like, const profile::Gpu& gpu, const MemoryRates& rates,
                                     const std::string& where);

}  // namespace dscope::model
