// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// How a number came to be known.
enum class ValueSource : std::uint8_t {
  kDatasheet,  // the manufacturer's document that `where` names
  kMeasured,   // a measurement; `where` says whose
  kDerived,    // calculated from other values; `where` says how
  kAssumed,    // not confirmed; `where` says why this value, or why there is none
};

inline constexpr std::array<std::string_view, 4> kValueSourceIds{"datasheet", "measured", "derived",
                                                                 "assumed"};
[[nodiscard]] constexpr std::string_view id(ValueSource source) {
  return kValueSourceIds[static_cast<std::size_t>(source)];
}

// A value never stands alone: it carries its source, and no value (null in the file) its reason.
template <class T>
struct Sourced {
  std::optional<T> value;
  ValueSource source = ValueSource::kAssumed;
  std::string where;
  friend bool operator==(const Sourced&, const Sourced&) = default;
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
  Sourced<double> dram_read_gbps;  // measured: reading only
  Sourced<double> dram_copy_gbps;  // measured: device to device, read and written bytes
  Sourced<double> bf16_tflops;     // tensor cores
  Sourced<double> fp8_tflops;
  Sourced<double> fp4_tflops;   // no value: no such tensor cores
  Sourced<double> fp32_tflops;  // outside the tensor cores
  Sourced<double> pcie_generation;
  Sourced<double> pcie_lanes;
  Sourced<double> pcie_gbps;  // measured, one direction
  Sourced<bool> nvlink;       // between GPUs
  Sourced<double> board_power_w;

  friend bool operator==(const Device&, const Device&) = default;
};

// Reads one device. Strict: every field must be there and no other; every value needs source and
// where; only some may be null; numbers are positive. Throws Error{kInput} naming `source` and the
// JSON pointer.
[[nodiscard]] Device device_from_json(const nlohmann::json& json, const std::string& source);

// The file form again.
void to_json(nlohmann::json& json, const Device& device);

// One line of `dscope devices show`: every sourced field in the order of Device.
struct DeviceRow {
  std::string_view key;
  std::string value;  // "188", "yes", "-" for none
  ValueSource source = ValueSource::kAssumed;
  std::string where;
};
[[nodiscard]] std::vector<DeviceRow> device_rows(const Device& device);

}  // namespace dscope::model
