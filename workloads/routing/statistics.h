// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/traces/count_histogram.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace dscope::routing {

// A step that routed nothing has no imbalance and is left out of it. Figures without anything to
// describe are 0.
struct LayerRoutingSummary {
  Distribution unique_experts;  // distinct experts of one step
  Distribution load;            // tokens of one expert in one step; idle experts count as 0
  double imbalance_mean = 0;    // largest load / mean load of one step: mean over steps
  double imbalance_max = 0;
  // Of the layer's experts over all steps together: log2(E) when all are equally used.
  double entropy_bits = 0;
  std::int64_t picks = 0;       // ids that name an expert
  std::int64_t absent_ids = 0;  // ids that are -1
};

// Statistics of the expert ids of any number of steps, in memory that depends on layers and
// experts, not on steps.
class RoutingStatistics {
 public:
  // 1 .. 4096 layers and 1 .. 65536 experts.
  RoutingStatistics(std::int64_t layers, std::int64_t experts);

  // The ids of all tokens of one step in one layer, in any order: -1 .. E-1, anything else is a
  // caller's mistake. Call once per step and layer.
  void add(std::int64_t layer, std::span<const std::int32_t> ids);

  [[nodiscard]] std::int64_t layers() const { return static_cast<std::int64_t>(layers_.size()); }
  [[nodiscard]] std::int64_t experts() const { return experts_; }
  [[nodiscard]] LayerRoutingSummary layer(std::int64_t layer) const;
  // All steps of all layers in one distribution; entropy_bits is the mean over the layers that
  // routed anything, because equal ids in different layers are different experts.
  [[nodiscard]] LayerRoutingSummary overall() const;

 private:
  struct Layer {
    CountHistogram unique_experts;
    CountHistogram load;
    double imbalance_sum = 0;
    double imbalance_max = 0;
    std::int64_t routed_steps = 0;
    std::int64_t absent_ids = 0;
    std::vector<std::int64_t> picks_of_expert;  // [E], over all steps
  };
  static LayerRoutingSummary summarise(const Layer& layer);

  std::int64_t experts_;
  std::vector<Layer> layers_;
  std::vector<std::int64_t> step_load_;  // [E]: scratch of add()
};

// {"experts": E, "overall": {...}, "layers": [{...}, ...]}, each with the fields of
// LayerRoutingSummary; distributions as Distribution.
void to_json(nlohmann::json& json, const RoutingStatistics& statistics);

// How many distinct experts of E a step of T tokens is expected to use when every token draws k
// distinct experts uniformly and independently: each expert is missed by one token with
// probability 1 - k/E, hence E * (1 - (1 - k/E)^T). Requires 1 <= k <= E and T >= 0.
[[nodiscard]] double expected_unique_experts(std::int64_t experts, std::int64_t experts_per_token,
                                             std::int64_t tokens);

// The same for any routing with independent tokens: sum over experts of 1 - (1 - p)^T, where p is
// the probability that one token includes the expert (0 .. 1; their sum is k).
[[nodiscard]] double expected_unique_experts(std::span<const double> inclusion_probabilities,
                                             std::int64_t tokens);

}  // namespace dscope::routing
