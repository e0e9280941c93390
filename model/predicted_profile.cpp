// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/predict.h"
#include "model/step_shape.h"
#include "workloads/base/error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace dscope::model {
namespace {

std::optional<std::int64_t> whole(const Sourced<double>& field) {
  if (!field.value) return std::nullopt;
  return std::llround(*field.value);
}

profile::Device device_section(const Configuration& c) {
  profile::Device section;
  const Device& d = c.device;
  for (std::int64_t i = 0; i < c.tp; ++i) {
    section.gpus.push_back({.index = i,
                            .name = d.label,
                            .compute_capability = d.compute_capability.value,
                            .sms = whole(d.sms),
                            .shared_memory_per_block_bytes = whole(d.shared_memory_per_block_bytes),
                            .shared_memory_per_sm_bytes = whole(d.shared_memory_per_sm_bytes),
                            .l2_bytes = whole(d.l2_bytes),
                            .memory_bytes = whole(d.memory_bytes),
                            .sm_clock_max_mhz = whole(d.boost_clock_mhz),
                            .power_limit_w = c.power_limit_w});
  }
  section.read_bandwidth_gbps = d.dram_read_gbps.value;
  section.missing = {"predicted: the catalogue's values, nothing was probed"};
  return section;
}

// Costs of the ops over all layers, as a measured document has them.
std::vector<profile::OpTotals> op_totals(const Configuration& c) {
  const StepShape shape = step_shape(c, 1 + c.speculation.depth);
  std::vector<profile::OpTotals> totals;
  for (const OpInfo& op : kOps) {
    profile::OpTotals sum{.op = op.name, .stage = op.stage};
    for (const PricedOp& priced : shape.ops) {
      if (priced.op != op.op) continue;
      sum.calls += std::llround(priced.calls);
      sum.weight_bytes += priced.calls * priced.cost.weight_bytes;
      sum.read_bytes += priced.calls * priced.cost.read_bytes;
      sum.write_bytes += priced.calls * priced.cost.write_bytes;
      sum.wire_bytes += priced.calls * priced.cost.wire_bytes;
      sum.flops += priced.calls * priced.cost.flops;
    }
    if (sum.calls > 0) totals.push_back(std::move(sum));
  }
  return totals;
}

profile::Workload workload_section(const Configuration& c) {
  profile::Workload section;
  section.source = "fixed";
  section.model = decoded_model(c);
  section.layout = ParallelLayout{
      .tp = static_cast<int>(c.tp), .ep = static_cast<int>(c.ep), .rank = static_cast<int>(c.rank)};
  section.numerics = c.numerics;
  section.comm = c.tp == 1 ? "single" : (c.collectives ? "nccl" : "none");
  section.batch = c.batch;
  section.context_min = c.context;
  section.context_max = c.context;
  section.context_mean = static_cast<double>(c.context);
  section.routing = std::make_shared<const nlohmann::json>(nlohmann::json(c.routing));
  section.ops = op_totals(c);
  return section;
}

}  // namespace

profile::Profile predicted_profile(const Configuration& configuration, const Outcome& outcome) {
  profile::Profile document;
  document.workload = workload_section(configuration);
  document.device = device_section(configuration);
  document.prediction = outcome.prediction;
  return document;
}

}  // namespace dscope::model
