// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/tensor_catalog.h"

#include "workloads/base/error.h"

#include <array>
#include <string_view>
#include <utility>

namespace dscope {
namespace {

constexpr std::string_view kWeightSuffix = ".weight";

// Collects slots whose names share a prefix.
class SlotList {
 public:
  explicit SlotList(std::string prefix) : prefix_(std::move(prefix)) {}

  void matrix(std::string_view name, WeightMatrix& target, std::int64_t rows, std::int64_t cols,
              WeightFormat format, TensorRole role = TensorRole::kMatrix) {
    slots_.push_back({prefix_ + std::string(name), {rows, cols}, format, role, &target});
  }
  void vector(std::string_view name, WeightVector& target, std::int64_t size, WeightFormat format,
              TensorRole role) {
    slots_.push_back({prefix_ + std::string(name), {size}, format, role, &target});
  }
  void norm(std::string_view name, WeightVector& target, std::int64_t size) {
    vector(name, target, size, WeightFormat::kBf16, TensorRole::kNorm);
  }
  void table(std::string_view name, IntMatrix& target, std::int64_t rows, std::int64_t cols) {
    slots_.push_back({prefix_ + std::string(name),
                      {rows, cols},
                      WeightFormat::kF32,
                      TensorRole::kTokenTable,
                      &target});
  }

  [[nodiscard]] std::vector<TensorSlot> take() { return std::move(slots_); }

 private:
  std::string prefix_;
  std::vector<TensorSlot> slots_;
};

void add_hyper_connection(SlotList& list, const std::string& name, HyperConnectionWeights& hc,
                          std::int64_t rows, std::int64_t scales, const ModelConfig& m) {
  list.matrix(name + "_fn", hc.fn, rows, m.hc_mult * m.hidden, WeightFormat::kF32);
  list.vector(name + "_base", hc.base, rows, WeightFormat::kF32, TensorRole::kOffset);
  list.vector(name + "_scale", hc.scale, scales, WeightFormat::kF32, TensorRole::kOffset);
}

// Ratio 4 compresses two overlapping blocks, so its projections are twice as wide.
void add_compressor(SlotList& list, const std::string& name, CompressorWeights& compressor,
                    int ratio, std::int64_t dim, const ModelConfig& m) {
  const std::int64_t channels = ratio == 4 ? 2 * dim : dim;
  list.matrix(name + ".wkv.weight", compressor.wkv, channels, m.hidden, WeightFormat::kBf16);
  list.matrix(name + ".wgate.weight", compressor.wgate, channels, m.hidden, WeightFormat::kBf16);
  list.matrix(name + ".ape", compressor.ape, ratio, channels, WeightFormat::kF32,
              TensorRole::kOffset);
  list.norm(name + ".norm.weight", compressor.norm, dim);
}

void add_expert(SlotList& list, const std::string& name, ExpertWeights& expert,
                std::int64_t intermediate, WeightFormat format, const ModelConfig& m) {
  list.matrix(name + ".w1.weight", expert.w1, intermediate, m.hidden, format);
  list.matrix(name + ".w3.weight", expert.w3, intermediate, m.hidden, format);
  list.matrix(name + ".w2.weight", expert.w2, m.hidden, intermediate, format);
}

void add_attention(SlotList& list, AttentionWeights& attn, int ratio, const ModelConfig& m) {
  const std::int64_t o_rank = m.o_groups * m.o_lora_rank;
  list.matrix("attn.wq_a.weight", attn.wq_a, m.q_lora_rank, m.hidden, WeightFormat::kFp8);
  list.norm("attn.q_norm.weight", attn.q_norm, m.q_lora_rank);
  list.matrix("attn.wq_b.weight", attn.wq_b, m.heads * m.head_dim, m.q_lora_rank,
              WeightFormat::kFp8);
  list.matrix("attn.wkv.weight", attn.wkv, m.head_dim, m.hidden, WeightFormat::kFp8);
  list.norm("attn.kv_norm.weight", attn.kv_norm, m.head_dim);
  list.vector("attn.attn_sink", attn.sink, m.heads, WeightFormat::kF32, TensorRole::kOffset);
  list.matrix("attn.wo_a.weight", attn.wo_a, o_rank, m.o_group_inputs(), WeightFormat::kFp8);
  list.matrix("attn.wo_b.weight", attn.wo_b, m.hidden, o_rank, WeightFormat::kFp8);
  if (ratio == 0) return;
  add_compressor(list, "attn.compressor", attn.compressor, ratio, m.head_dim, m);
  if (ratio != 4) return;
  list.matrix("attn.indexer.wq_b.weight", attn.indexer.wq_b, m.index_heads * m.index_dim,
              m.q_lora_rank, WeightFormat::kFp8);
  list.matrix("attn.indexer.weights_proj.weight", attn.indexer.weights_proj, m.index_heads,
              m.hidden, WeightFormat::kBf16);
  add_compressor(list, "attn.indexer.compressor", attn.indexer.compressor, ratio, m.index_dim, m);
}

constexpr std::array kFp8Dtypes{TensorDtype::kF8E4m3, TensorDtype::kBf16, TensorDtype::kF16,
                                TensorDtype::kF32};
constexpr std::array kMxfp4Dtypes{TensorDtype::kI8, TensorDtype::kU8, TensorDtype::kF4};
constexpr std::array kBf16Dtypes{TensorDtype::kBf16, TensorDtype::kF16, TensorDtype::kF32};
constexpr std::array kF32Dtypes{TensorDtype::kF32, TensorDtype::kF16, TensorDtype::kBf16};
constexpr std::array kTableDtypes{TensorDtype::kI32, TensorDtype::kI64};

}  // namespace

std::string TensorSlot::scale_name() const {
  DSCOPE_REQUIRE(name.ends_with(kWeightSuffix), "{} has no scales", name);
  return name.substr(0, name.size() - kWeightSuffix.size()) + ".scale";
}

std::vector<TensorSlot> end_slots(const ModelConfig& m, EndWeights& weights) {
  SlotList list("");
  list.matrix("embed.weight", weights.embed, m.vocab, m.hidden, WeightFormat::kBf16,
              TensorRole::kEmbedding);
  add_hyper_connection(list, "hc_head", weights.hc_head, m.hc_mult, 1, m);
  list.norm("norm.weight", weights.norm, m.hidden);
  list.matrix("head.weight", weights.head, m.vocab, m.hidden, WeightFormat::kBf16);
  return list.take();
}

std::vector<TensorSlot> layer_slots(const ModelConfig& m, std::int64_t layer,
                                    LayerWeights& weights) {
  SlotList list(fmt::format("layers.{}.", layer));
  add_hyper_connection(list, "hc_attn", weights.hc_attn, m.hc_rows(), 3, m);
  list.norm("attn_norm.weight", weights.attn_norm, m.hidden);
  add_attention(list, weights.attn, m.compress_ratios[static_cast<std::size_t>(layer)], m);
  add_hyper_connection(list, "hc_ffn", weights.hc_ffn, m.hc_rows(), 3, m);
  list.norm("ffn_norm.weight", weights.ffn_norm, m.hidden);
  list.matrix("ffn.gate.weight", weights.router.gate, m.experts, m.hidden, WeightFormat::kBf16);
  if (m.is_hash_layer(layer)) {
    list.table("ffn.gate.tid2eid", weights.router.tid2eid, m.vocab, m.experts_per_token);
  } else {
    list.vector("ffn.gate.bias", weights.router.bias, m.experts, WeightFormat::kF32,
                TensorRole::kOffset);
  }
  add_expert(list, "ffn.shared_experts", weights.shared_expert, m.shared_intermediate(),
             WeightFormat::kFp8, m);
  return list.take();
}

std::vector<TensorSlot> expert_slots(const ModelConfig& m, std::int64_t layer, std::int64_t id,
                                     ExpertWeights& weights) {
  SlotList list(fmt::format("layers.{}.ffn.experts.", layer));
  add_expert(list, fmt::to_string(id), weights, m.moe_intermediate, WeightFormat::kMxfp4, m);
  return list.take();
}

std::span<const TensorDtype> accepted_dtypes(const TensorSlot& slot) {
  if (slot.role == TensorRole::kTokenTable) return kTableDtypes;
  switch (slot.format) {
    case WeightFormat::kFp8:
      return kFp8Dtypes;
    case WeightFormat::kMxfp4:
      return kMxfp4Dtypes;
    case WeightFormat::kF32:
      return kF32Dtypes;
    case WeightFormat::kF16:
    case WeightFormat::kBf16:
      break;
  }
  return kBf16Dtypes;
}

WeightFormat stored_format(const TensorSlot& slot, TensorDtype dtype) {
  switch (dtype) {
    case TensorDtype::kF32:
      return WeightFormat::kF32;
    case TensorDtype::kF16:
      return WeightFormat::kF16;
    case TensorDtype::kBf16:
      return WeightFormat::kBf16;
    default:
      return slot.format;
  }
}

std::int64_t value_bytes(const TensorSlot& slot, WeightFormat format) {
  constexpr std::int64_t kMaxBits = 8ll << 50;
  std::int64_t bits = value_bits(format);
  for (const std::int64_t dimension : slot.shape) {
    if (__builtin_mul_overflow(bits, dimension, &bits) || bits > kMaxBits) {
      throw input_error("{}: expected a shape of at most 2^50 bytes, found {}", slot.name,
                        shape_text(slot.shape));
    }
  }
  return bits / 8;
}

std::vector<std::int64_t> scale_shape(const TensorSlot& slot, WeightFormat format) {
  if (format == WeightFormat::kFp8) {
    return {ceil_div(slot.shape[0], kFp8Block), ceil_div(slot.shape[1], kFp8Block)};
  }
  if (format == WeightFormat::kMxfp4) return {slot.shape[0], ceil_div(slot.shape[1], kMxfp4Group)};
  return {};
}

void bind_weight(const TensorSlot& slot, WeightFormat format, const std::byte* data,
                 const std::byte* scales) {
  if (auto* const vector = std::get_if<WeightVector*>(&slot.target)) {
    **vector = {format, slot.shape[0], data};
    return;
  }
  WeightMatrix& matrix = *std::get<WeightMatrix*>(slot.target);
  matrix = {.format = format, .rows = slot.shape[0], .cols = slot.shape[1], .data = data};
  matrix.row_bytes = value_bytes(slot, format) / matrix.rows;
  if (scales == nullptr) return;
  matrix.scales = reinterpret_cast<const std::uint8_t*>(scales);
  matrix.scale_row_bytes = scale_shape(slot, format)[1];
}

void bind_table(const TensorSlot& slot, int element_bytes, const std::byte* data) {
  *std::get<IntMatrix*>(slot.target) = {slot.shape[0], slot.shape[1], element_bytes, data};
}

}  // namespace dscope
