// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/weights.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dscope {

struct TensorSlot;

// Weights made up from a seed, in the formats and layout of an official checkpoint. Every byte
// depends on seed, tensor name and position alone: not on the order of asking, the number of
// threads or the expert budget. Magnitudes keep activations of order one: matrices have a root mean
// square of about 1/sqrt(columns), norms lie between 1 and 1.25, offsets (biases, sinks,
// hyper-connection base and scale) below 1/8, and a token's hash-routed experts are distinct.
//
// Ends and layers are made when first asked for and stay; routed experts are kept up to a budget,
// the least recently used are dropped first and made again when asked for.
class SyntheticWeights final : public WeightSource {
 public:
  // `expert_budget_bytes` bounds what the cache of routed experts holds; handles out there keep
  // their bytes beyond it. Throws Error{kInput} for an inconsistent config. Making weights that do
  // not fit into memory throws Error{kUnavailable}, beyond all memory (tensor_catalog.h)
  // Error{kInput}.
  SyntheticWeights(ModelConfig config, std::uint64_t seed, std::int64_t expert_budget_bytes);
  ~SyntheticWeights() override;

  [[nodiscard]] const ModelConfig& config() const override { return config_; }
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] const EndWeights& ends() override;
  [[nodiscard]] const LayerWeights& layer(std::int64_t layer) override;
  [[nodiscard]] std::shared_ptr<const ExpertWeights> expert(std::int64_t layer,
                                                            std::int64_t id) override;

  // Bytes of the routed experts in the cache, and how many were made so far (again included).
  [[nodiscard]] std::int64_t cached_expert_bytes() const { return cached_bytes_; }
  [[nodiscard]] std::int64_t experts_made() const { return experts_made_; }

 private:
  template <class Weights>
  struct Made;                                              // weights and the memory they view
  using ExpertKey = std::pair<std::int64_t, std::int64_t>;  // layer, id
  using ExpertHandle = std::shared_ptr<const Made<ExpertWeights>>;
  struct CachedExpert {
    ExpertHandle handle;
    std::list<ExpertKey>::iterator use;  // its place in uses_
  };

  // `slots` point into made.weights.
  template <class Weights>
  void make(Made<Weights>& made, const std::vector<TensorSlot>& slots) const;
  [[nodiscard]] ExpertHandle make_expert(ExpertKey key);
  void drop_until_fits(std::int64_t bytes);

  ModelConfig config_;
  std::uint64_t seed_;
  std::int64_t expert_budget_bytes_;
  std::unique_ptr<Made<EndWeights>> ends_;
  std::vector<std::unique_ptr<Made<LayerWeights>>> layers_;
  std::list<ExpertKey> uses_;  // most recent first
  std::map<ExpertKey, CachedExpert> experts_;
  std::int64_t cached_bytes_ = 0;
  std::int64_t experts_made_ = 0;
};

}  // namespace dscope
