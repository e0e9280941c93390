// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/routing/statistics.h"

#include "workloads/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace dscope::routing {
namespace {

double entropy_bits(std::span<const std::int64_t> counts, std::int64_t total) {
  double bits = 0;
  for (const std::int64_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(total);
    bits -= share * std::log2(share);
  }
  return bits;
}

// 1 - (1 - p)^T without the loss of digits for small p.
double chance_of_use(double p, std::int64_t tokens) {
  if (tokens == 0) return 0;  // also for p = 1, where the formula has 0 * infinity
  return -std::expm1(static_cast<double>(tokens) * std::log1p(-p));
}

nlohmann::json summary_json(const LayerRoutingSummary& summary) {
  return {{"unique_experts", summary.unique_experts}, {"load", summary.load},
          {"imbalance_mean", summary.imbalance_mean}, {"imbalance_max", summary.imbalance_max},
          {"entropy_bits", summary.entropy_bits},     {"picks", summary.picks},
          {"absent_ids", summary.absent_ids}};
}

}  // namespace

RoutingStatistics::RoutingStatistics(std::int64_t layers, std::int64_t experts)
    : experts_(experts) {
  DSCOPE_REQUIRE(layers >= 1 && layers <= 4096, "layers must be 1 to 4096, got {}", layers);
  DSCOPE_REQUIRE(experts >= 1 && experts <= 65536, "experts must be 1 to 65536, got {}", experts);
  layers_.resize(static_cast<std::size_t>(layers));
  step_load_.resize(static_cast<std::size_t>(experts));
  for (Layer& layer : layers_) layer.picks_of_expert.resize(static_cast<std::size_t>(experts));
}

void RoutingStatistics::add(std::int64_t layer, std::span<const std::int32_t> ids) {
  DSCOPE_REQUIRE(layer >= 0 && layer < layers(), "layer must be 0 to {}, got {}", layers() - 1,
                 layer);
  for (const std::int32_t id : ids) {
    DSCOPE_REQUIRE(id >= -1 && id < experts_, "expert id must be -1 to {}, got {}", experts_ - 1,
                   id);
  }
  Layer& into = layers_[static_cast<std::size_t>(layer)];
  std::fill(step_load_.begin(), step_load_.end(), 0);
  std::int64_t picks = 0;
  for (const std::int32_t id : ids) {
    if (id < 0) continue;
    ++step_load_[static_cast<std::size_t>(id)];
    ++picks;
  }
  std::int64_t unique = 0;
  std::int64_t largest = 0;
  for (std::size_t expert = 0; expert < step_load_.size(); ++expert) {
    const std::int64_t load = step_load_[expert];
    into.load.add(load);
    into.picks_of_expert[expert] += load;
    unique += load > 0 ? 1 : 0;
    largest = std::max(largest, load);
  }
  into.unique_experts.add(unique);
  into.absent_ids += static_cast<std::int64_t>(ids.size()) - picks;
  if (picks == 0) return;
  const double imbalance =
      static_cast<double>(largest) * static_cast<double>(experts_) / static_cast<double>(picks);
  into.imbalance_sum += imbalance;
  into.imbalance_max = std::max(into.imbalance_max, imbalance);
  ++into.routed_steps;
}

LayerRoutingSummary RoutingStatistics::summarise(const Layer& layer) {
  LayerRoutingSummary out;
  out.unique_experts = layer.unique_experts.distribution();
  out.load = layer.load.distribution();
  out.absent_ids = layer.absent_ids;
  for (const std::int64_t count : layer.picks_of_expert) out.picks += count;
  out.entropy_bits = entropy_bits(layer.picks_of_expert, out.picks);
  out.imbalance_max = layer.imbalance_max;
  if (layer.routed_steps > 0) {
    out.imbalance_mean = layer.imbalance_sum / static_cast<double>(layer.routed_steps);
  }
  return out;
}

LayerRoutingSummary RoutingStatistics::layer(std::int64_t layer) const {
  DSCOPE_REQUIRE(layer >= 0 && layer < layers(), "layer must be 0 to {}, got {}", layers() - 1,
                 layer);
  return summarise(layers_[static_cast<std::size_t>(layer)]);
}

LayerRoutingSummary RoutingStatistics::overall() const {
  Layer all;
  std::int64_t picks = 0;
  double entropy_sum = 0;
  std::int64_t routed_layers = 0;
  for (const Layer& layer : layers_) {
    all.unique_experts.merge(layer.unique_experts);
    all.load.merge(layer.load);
    all.imbalance_sum += layer.imbalance_sum;
    all.imbalance_max = std::max(all.imbalance_max, layer.imbalance_max);
    all.routed_steps += layer.routed_steps;
    all.absent_ids += layer.absent_ids;
    const LayerRoutingSummary one = summarise(layer);
    picks += one.picks;
    entropy_sum += one.entropy_bits;
    routed_layers += one.picks > 0 ? 1 : 0;
  }
  LayerRoutingSummary out = summarise(all);
  out.picks = picks;
  if (routed_layers > 0) out.entropy_bits = entropy_sum / static_cast<double>(routed_layers);
  return out;
}

void to_json(nlohmann::json& json, const RoutingStatistics& statistics) {
  json = {{"experts", statistics.experts()},
          {"overall", summary_json(statistics.overall())},
          {"layers", nlohmann::json::array()}};
  for (std::int64_t layer = 0; layer < statistics.layers(); ++layer) {
    json["layers"].push_back(summary_json(statistics.layer(layer)));
  }
}

double expected_unique_experts(std::int64_t experts, std::int64_t experts_per_token,
                               std::int64_t tokens) {
  DSCOPE_REQUIRE(experts_per_token >= 1 && experts_per_token <= experts,
                 "experts per token must be 1 to {}, got {}", experts, experts_per_token);
  DSCOPE_REQUIRE(tokens >= 0, "tokens must not be negative, got {}", tokens);
  const double all = static_cast<double>(experts);
  return all * chance_of_use(static_cast<double>(experts_per_token) / all, tokens);
}

double expected_unique_experts(std::span<const double> inclusion_probabilities,
                               std::int64_t tokens) {
  DSCOPE_REQUIRE(tokens >= 0, "tokens must not be negative, got {}", tokens);
  double sum = 0;
  for (const double p : inclusion_probabilities) {
    DSCOPE_REQUIRE(p >= 0 && p <= 1, "inclusion probabilities must be 0 to 1, got {}", p);
    sum += chance_of_use(p, tokens);
  }
  return sum;
}

}  // namespace dscope::routing
