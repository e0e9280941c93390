// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/measured_device.h"

#include <cmath>
#include <optional>
#include <utility>

namespace dscope::model {
namespace {

double three_digits(double value) {
  if (!(value > 0)) return value;
  const double scale = std::pow(10.0, 2 - std::floor(std::log10(value)));
  return std::round(value * scale) / scale;
}

class Measure {
 public:
  explicit Measure(const std::string& where) : where_(where) {}

  template <class T, class U>
  void operator()(Sourced<T>& field, const std::optional<U>& value) const {
    if (value) field = {static_cast<T>(*value), ValueSource::kMeasured, where_};
  }
  void operator()(Sourced<double>& field, double rate) const {
    (*this)(field, std::optional(three_digits(rate)));
  }

 private:
  const std::string& where_;
};

}  // namespace

Device measured_device(Device like, const profile::Gpu& gpu, const MemoryRates& rates,
                       const std::string& where) {
  const Measure measure(where);
  like.label = gpu.name + ", measured";
  measure(like.compute_capability, gpu.compute_capability);
  measure(like.sms, gpu.sms);
  measure(like.shared_memory_per_sm_bytes, gpu.shared_memory_per_sm_bytes);
  measure(like.shared_memory_per_block_bytes, gpu.shared_memory_per_block_bytes);
  measure(like.l2_bytes, gpu.l2_bytes);
  measure(like.memory_bytes, gpu.memory_bytes);
  measure(like.board_power_w, gpu.power_limit_w);
  measure(like.pcie_generation, gpu.pcie_max_generation);
  measure(like.pcie_lanes, gpu.pcie_max_width);
  measure(like.dram_read_gbps, rates.dram_read_gbps);
  measure(like.dram_copy_gbps, rates.dram_copy_gbps);
  measure(like.dram_latency_ns, rates.dram_latency_ns);
  measure(like.l2_latency_ns, rates.l2_latency_ns);
  measure(like.l2_read_gbps, rates.l2_read_gbps);
  measure(like.pcie_gbps, rates.pcie_gbps);
  return like;
}

}  // namespace dscope::model
