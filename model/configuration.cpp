// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/configuration.h"

#include "model/device_catalog.h"
#include "workloads/base/error.h"
#include "workloads/parallel_layout.h"

namespace dscope::model {
namespace {

// Bounds that keep every product of sizes far from overflow, and memory small.
constexpr std::int64_t kMostTokens = 65'536;
constexpr std::int64_t kMostRanks = 1024;
constexpr std::int64_t kMostContext = std::int64_t{1} << 30;

void check_range(const char* field, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) {
    throw usage_error("{}: expected {} to {}, got {}", field, low, high, value);
  }
}

void check_share(const char* field, double value) {
  if (!(value >= 0 && value <= 1)) throw usage_error("{}: expected 0 to 1, got {}", field, value);
}

void check_routing(const Configuration& c) {
  if (c.unique_experts.empty()) {
    if (c.routing.kind == routing::RoutingKind::kRecorded) {
      throw usage_error("routing: recorded ids must have been counted: unique_experts is empty");
    }
    return;
  }
  const auto layers = static_cast<std::size_t>(decoded_model(c).layers);
  if (c.unique_experts.size() != layers) {
    throw usage_error("unique_experts: expected {} layers, got {}", layers,
                      c.unique_experts.size());
  }
  for (const double unique : c.unique_experts) {
    if (!(unique >= 0 && unique <= static_cast<double>(c.model.experts))) {
      throw usage_error("unique_experts: expected 0 to {}, got {}", c.model.experts, unique);
    }
  }
}

}  // namespace

Configuration default_configuration() {
  Configuration c;
  c.model = preset("dsv4-flash");
  c.device = find_device("rtx-pro-6000");
  c.interconnect = find_interconnect("pcie5-dual-socket");
  c.kernel_set = find_kernel_set("sglang-24692");
  c.tp = 8;
  return c;
}

ModelConfig decoded_model(const Configuration& configuration) {
  return first_layers(configuration.model, configuration.layers);
}

void validate(const Configuration& c) {
  check_range("tp", c.tp, 1, kMostRanks);
  check_range("ep", c.ep, 1, kMostRanks);
  check_range("rank", c.rank, 0, c.tp - 1);
  check_range("layers", c.layers, 0, c.model.layers);
  check_range("batch", c.batch, 1, kMostTokens);
  check_range("depth", c.speculation.depth, 0, 64);
  check_range("batch x (1 + depth)", c.batch * (1 + c.speculation.depth), 1, kMostTokens);
  check_range("context", c.context, 1, kMostContext);
  if (c.captured_context) check_range("captured", *c.captured_context, c.context, kMostContext);
  check_share("acceptance", c.speculation.acceptance);
  check_share("draft", c.speculation.draft_share);
  if (c.power_limit_w && !(*c.power_limit_w > 0)) {
    throw usage_error("power: expected a positive number of watts, got {}", *c.power_limit_w);
  }
  dscope::validate(ParallelLayout{.tp = static_cast<int>(c.tp),
                                  .ep = static_cast<int>(c.ep),
                                  .rank = static_cast<int>(c.rank)},
                   c.model);
  check_routing(c);
}

}  // namespace dscope::model
