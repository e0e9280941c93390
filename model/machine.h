// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "model/device.h"

#include <optional>

namespace dscope::model {

// A device as the terms take it: plain numbers, bytes and nanoseconds. GB/s is bytes per ns.
struct Machine {
  double sms = 0;
  double clock_ghz = 0;     // of the SMs, under the power limit
  double lanes_per_sm = 0;  // FP32 lanes: instructions of a lane that an SM issues each clock
  double dram_gbps = 0;     // reading
  double dram_spec_gbps = 0;
  double dram_latency_ns = 0;
  double l2_gbps = 0;
  double l2_bytes = 0;
  double shared_per_sm = 0;
  double shared_per_block = 0;
  double warps_per_sm = 0;
  double registers_per_sm = 0;
  double bf16_flops_per_ns = 0;  // tensor cores, at this clock
  double fp8_flops_per_ns = 0;
  double fp32_flops_per_ns = 0;  // outside tensor cores

  // What pick_config() of the kernels sees.
  [[nodiscard]] DeviceLimits limits() const;
};

// The SM clock under a power limit. Sustained tensor load is what the device's table was measured
// with, so for decoding, which draws less, it is a lower bound. Without a limit or a table: the
// boost clock. Linear between the table's points, proportional below them; never above boost.
[[nodiscard]] double clock_mhz(const Device& device, std::optional<double> power_limit_w);

// Values that a device does not state are replaced by ones that do not limit (latency 0, L2
// bandwidth and FP8 rate as the next slower thing there is).
[[nodiscard]] Machine machine(const Device& device, std::optional<double> power_limit_w);

}  // namespace dscope::model
