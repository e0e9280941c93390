// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/sourced.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// Clock under a power limit.
struct PowerClock {
  double limit_w = 0;
  double clock_mhz = 0;
  friend bool operator==(const PowerClock&, const PowerClock&) = default;
};

// One GPU as a file of devices/ describes it. Units are in the names: GB/s and TFLOP/s are decimal,
// bytes are bytes. Rates are dense, with float32 accumulation where the hardware has a choice.
struct Device {
  std::string name;                         // kebab-case, the file's name
  std::string label;                        // for people
  Sourced<std::string> compute_capability;  // "12.0"
  Sourced<double> sms;
  Sourced<double> boost_clock_mhz;
  Sourced<double> base_clock_mhz;
  Sourced<double> tensor_load_clock_mhz;  // observed under sustained tensor load at board power
  Sourced<double> shared_memory_per_sm_bytes;
  Sourced<double> shared_memory_per_block_bytes;  // with opt-in
  Sourced<double> registers_per_sm;               // of 32 bits
  Sourced<double> warps_per_sm;
  Sourced<double> l2_bytes;
  Sourced<double> memory_bytes;
  Sourced<double> dram_spec_gbps;
  Sourced<double> dram_read_gbps;   // measured: reading only
  Sourced<double> dram_copy_gbps;   // measured: device to device, read and written bytes
  Sourced<double> dram_latency_ns;  // of one load, without other traffic
  Sourced<double> l2_latency_ns;
  Sourced<double> l2_read_gbps;  // all SMs reading what L2 holds
  Sourced<double> bf16_tflops;   // tensor cores
  Sourced<double> fp8_tflops;
  Sourced<double> fp4_tflops;   // no value: no such tensor cores
  Sourced<double> fp32_tflops;  // outside the tensor cores
  Sourced<double> pcie_generation;
  Sourced<double> pcie_lanes;
  Sourced<double> pcie_gbps;  // measured, one direction
  Sourced<bool> nvlink;       // between GPUs
  Sourced<double> board_power_w;
  // Rising in both: the SM clock under sustained tensor load at that power limit.
  Sourced<std::vector<PowerClock>> power_clocks;

  friend bool operator==(const Device&, const Device&) = default;
};

// Reads one device. Strict: every field must be there and no other; every value needs source and
// where; only some may be null; numbers are positive. Throws Error{kInput} naming `source` and the
// JSON pointer.
[[nodiscard]] Device device_from_json(const nlohmann::json& json, const std::string& source);

// The file form again.
void to_json(nlohmann::json& json, const PowerClock& point);
void to_json(nlohmann::json& json, const Device& device);

// The lines of `dscope devices NAME`: every sourced field in the order of Device.
using DeviceRow = SourcedRow;
[[nodiscard]] std::vector<DeviceRow> device_rows(const Device& device);

}  // namespace dscope::model
