// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/tensor_info.h"
#include "workloads/checkpoint/weights.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

// The tensors of a DeepSeek-V4 checkpoint by their official names: the one list that reading,
// checking and making up weights go by.
namespace dscope {

// What a tensor does; synthetic weights choose their magnitudes by it.
enum class TensorRole : std::uint8_t {
  kMatrix,      // multiplies activations
  kEmbedding,   // its rows become activations
  kNorm,        // per-channel factor of an RMS norm: about one
  kOffset,      // added or scaling something already of order one (bias, sink, ape, hc base, hc
                // scale): small
  kTokenTable,  // expert ids per token
};

using WeightTarget = std::variant<WeightMatrix*, WeightVector*, IntMatrix*>;

// One tensor that a model has, and the view that it fills.
struct TensorSlot {
  std::string name;                           // "layers.3.attn.wq_a.weight"
  std::vector<std::int64_t> shape;            // logical: [rows, cols] or [size], before packing
  WeightFormat format = WeightFormat::kBf16;  // in official checkpoints; unused by token tables
  TensorRole role = TensorRole::kMatrix;
  WeightTarget target;

  // "layers.3.attn.wq_a.scale"; only quantised tensors have one.
  [[nodiscard]] std::string scale_name() const;
};

// The slots point into `weights`, which must outlive them. Requires a valid config; attention parts
// and router tensors that a layer does not have get no slot.
[[nodiscard]] std::vector<TensorSlot> end_slots(const ModelConfig& config, EndWeights& weights);
[[nodiscard]] std::vector<TensorSlot> layer_slots(const ModelConfig& config, std::int64_t layer,
                                                  LayerWeights& weights);
[[nodiscard]] std::vector<TensorSlot> expert_slots(const ModelConfig& config, std::int64_t layer,
                                                   std::int64_t id, ExpertWeights& weights);

// Dtypes that a checkpoint may store the slot in, the official one first: FP8 matrices may also
// come unquantised, packed MXFP4 as I8, U8 or F4, token tables as I32 or I64.
[[nodiscard]] std::span<const TensorDtype> accepted_dtypes(const TensorSlot& slot);
// The format of a slot stored in one of its accepted dtypes. Not for token tables.
[[nodiscard]] WeightFormat stored_format(const TensorSlot& slot, TensorDtype dtype);

// Bytes of a slot's values in `format`, without scales. Not for token tables. Throws Error{kInput}
// above 2^50 bytes, so that sums over a layer cannot overflow.
[[nodiscard]] std::int64_t value_bytes(const TensorSlot& slot, WeightFormat format);
// Shape of the E8M0 scales that belong to the slot in `format`; empty when it has none.
[[nodiscard]] std::vector<std::int64_t> scale_shape(const TensorSlot& slot, WeightFormat format);

// Fills the slot's matrix or vector view. `scales` is null for unquantised formats.
void bind_weight(const TensorSlot& slot, WeightFormat format, const std::byte* data,
                 const std::byte* scales);
// Fills the slot's token table; elements of 4 or 8 bytes.
void bind_table(const TensorSlot& slot, int element_bytes, const std::byte* data);

}  // namespace dscope
