// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/machine.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace dscope::model {

DeviceLimits Machine::limits() const {
  return {.sms = static_cast<int>(sms),
          .shared_per_block = static_cast<std::int64_t>(shared_per_block),
          .shared_per_sm = static_cast<std::int64_t>(shared_per_sm),
          .l2_bytes = static_cast<std::int64_t>(l2_bytes),
          .warps_per_sm = static_cast<int>(warps_per_sm)};
}

double clock_mhz(const Device& device, std::optional<double> power_limit_w) {
  const double boost = device.boost_clock_mhz.value.value_or(0);
  if (!power_limit_w || !device.power_clocks.value) return boost;
  const std::vector<PowerClock>& table = *device.power_clocks.value;
  const double limit = *power_limit_w;
  // At and above the card's own power it runs as it comes.
  if (limit >= device.board_power_w.value.value_or(limit)) return boost;
  if (limit <= table.front().limit_w) {
    return std::min(boost, table.front().clock_mhz * limit / table.front().limit_w);
  }
  const auto above = std::find_if(table.begin(), table.end(),
                                  [&](const PowerClock& p) { return p.limit_w >= limit; });
  if (above == table.end()) return std::min(boost, table.back().clock_mhz);
  const PowerClock& high = *above;
  const PowerClock& low = *(above - 1);
  const double share = (limit - low.limit_w) / (high.limit_w - low.limit_w);
  return std::min(boost, low.clock_mhz + share * (high.clock_mhz - low.clock_mhz));
}

Machine machine(const Device& d, std::optional<double> power_limit_w) {
  const auto value = [](const Sourced<double>& field, double otherwise) {
    return field.value.value_or(otherwise);
  };
  const double boost = value(d.boost_clock_mhz, 1);
  const double clock = clock_mhz(d, power_limit_w);
  constexpr double kFlopsPerNs = 1000;  // of a TFLOP/s
  const double rate = kFlopsPerNs * clock / boost;
  Machine m;
  m.sms = value(d.sms, 1);
  m.clock_ghz = clock / 1000;
  m.fp32_flops_per_ns = value(d.fp32_tflops, 0) * rate;
  // A lane multiplies and adds once a clock.
  m.lanes_per_sm = m.fp32_flops_per_ns / (2 * m.sms * m.clock_ghz);
  m.dram_spec_gbps = value(d.dram_spec_gbps, 0);
  m.dram_gbps = value(d.dram_read_gbps, m.dram_spec_gbps);
  m.dram_latency_ns = value(d.dram_latency_ns, 0);
  m.l2_gbps = value(d.l2_read_gbps, std::numeric_limits<double>::infinity());
  m.l2_bytes = value(d.l2_bytes, 0);
  m.shared_per_sm = value(d.shared_memory_per_sm_bytes, 0);
  m.shared_per_block = value(d.shared_memory_per_block_bytes, 0);
  m.warps_per_sm = value(d.warps_per_sm, 0);
  m.registers_per_sm = value(d.registers_per_sm, 0);
  m.bf16_flops_per_ns = value(d.bf16_tflops, 0) * rate;
  m.fp8_flops_per_ns = value(d.fp8_tflops, value(d.bf16_tflops, 0)) * rate;
  return m;
}

}  // namespace dscope::model
