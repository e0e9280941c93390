// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/synthetic_weights.h"

#include "workloads/base/error.h"
#include "workloads/base/units.h"
#include "workloads/checkpoint/synthetic_tensor.h"

#include <new>

namespace dscope {
namespace {

// Cache-line aligned and not zeroed: it is about to be filled.
struct AlignedFree {
  void operator()(std::byte* memory) const { ::operator delete (memory, std::align_val_t{64}); }
};
using AlignedMemory = std::unique_ptr<std::byte[], AlignedFree>;

AlignedMemory allocate(std::int64_t bytes) {
  void* const memory =
      ::operator new (static_cast<std::size_t>(bytes), std::align_val_t{64}, std::nothrow);
  if (memory == nullptr) {
    throw unavailable_error("synthetic weights: {} do not fit into memory",
                            format_bytes(static_cast<double>(bytes)));
  }
  return AlignedMemory(static_cast<std::byte*>(memory));
}

}  // namespace

template <class Weights>
struct SyntheticWeights::Made {
  Weights weights;
  AlignedMemory memory;
  std::int64_t bytes = 0;
};

SyntheticWeights::SyntheticWeights(ModelConfig config, std::uint64_t seed,
                                   std::int64_t expert_budget_bytes)
    : config_(std::move(config)), seed_(seed), expert_budget_bytes_(expert_budget_bytes) {
  validate(config_, "synthetic weights");
  layers_.resize(static_cast<std::size_t>(config_.layers));
}

SyntheticWeights::~SyntheticWeights() = default;

std::string SyntheticWeights::description() const {
  return fmt::format("synthetic, seed {}", seed_);
}

template <class Weights>
void SyntheticWeights::make(Made<Weights>& made, const std::vector<TensorSlot>& slots) const {
  for (const TensorSlot& slot : slots) made.bytes += synthetic_bytes(slot);
  made.memory = allocate(made.bytes);
  std::byte* next = made.memory.get();
  for (const TensorSlot& slot : slots) {
    make_synthetic(slot, seed_, config_.experts, next);
    next += synthetic_bytes(slot);
  }
}

const EndWeights& SyntheticWeights::ends() {
  if (!ends_) {
    auto made = std::make_unique<Made<EndWeights>>();
    make(*made, end_slots(config_, made->weights));
    ends_ = std::move(made);
  }
  return ends_->weights;
}

const LayerWeights& SyntheticWeights::layer(std::int64_t layer) {
  DSCOPE_REQUIRE(layer >= 0 && layer < config_.layers, "layer {} of {}", layer, config_.layers);
  auto& entry = layers_[static_cast<std::size_t>(layer)];
  if (!entry) {
    auto made = std::make_unique<Made<LayerWeights>>();
    make(*made, layer_slots(config_, layer, made->weights));
    entry = std::move(made);
  }
  return entry->weights;
}

std::shared_ptr<const ExpertWeights> SyntheticWeights::expert(std::int64_t layer, std::int64_t id) {
  DSCOPE_REQUIRE(layer >= 0 && layer < config_.layers && id >= 0 && id < config_.experts,
                 "expert {} of layer {}: the model has {} layers of {} experts", id, layer,
                 config_.layers, config_.experts);
  const ExpertKey key{layer, id};
  const auto found = experts_.find(key);
  if (found != experts_.end()) uses_.splice(uses_.begin(), uses_, found->second.use);
  ExpertHandle handle = found != experts_.end() ? found->second.handle : make_expert(key);
  const ExpertWeights* const weights = &handle->weights;
  return {std::move(handle), weights};
}

SyntheticWeights::ExpertHandle SyntheticWeights::make_expert(ExpertKey key) {
  const auto made = std::make_shared<Made<ExpertWeights>>();
  make(*made, expert_slots(config_, key.first, key.second, made->weights));
  ++experts_made_;
  drop_until_fits(made->bytes);
  if (made->bytes <= expert_budget_bytes_) {
    uses_.push_front(key);
    experts_.emplace(key, CachedExpert{made, uses_.begin()});
    cached_bytes_ += made->bytes;
  }
  return made;
}

void SyntheticWeights::drop_until_fits(std::int64_t bytes) {
  while (!uses_.empty() && cached_bytes_ + bytes > expert_budget_bytes_) {
    const auto oldest = experts_.find(uses_.back());
    cached_bytes_ -= oldest->second.handle->bytes;
    experts_.erase(oldest);
    uses_.pop_back();
  }
}

}  // namespace dscope
