// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/stage.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dscope {

// The ops of a decode step, in the order a layer runs them. One name per op everywhere: the decode
// step opens ranges with it, op_costs prices it, documents and tables show it.
enum class Op : std::uint8_t {
  kStepInputs,
  kEmbed,
  kEmbedAllReduce,
  // Attention sublayer
  kAttnHcPre,
  kAttnNorm,
  kQkvDown,
  kQNorm,
  kQUp,
  kQNormRope,
  kKvNormRopeStore,
  kIndexCompressor,
  kIndexQ,
  kIndexQQuant,
  kIndexWeights,
  kIndexLogits,
  kIndexTopK,
  kCompressor,
  kSparseMla,
  kOInverseRope,
  kWoA,
  kWoB,
  kAttnAllReduce,
  kAttnHcPost,
  // MoE sublayer
  kFfnHcPre,
  kFfnNorm,
  kRouterGate,
  kRouterTopK,
  kMoeRouted,
  kMoeShared,
  kMoeAllReduce,
  kFfnHcPost,
  // End
  kHcHead,
  kFinalNorm,
  kLmHead,
  kLogitsAllGather,
  kSample,
};

inline constexpr std::size_t kOpCount = 36;

struct OpInfo {
  Op op;
  Stage stage;
  const char* name;  // stable; also the range name
};

inline constexpr std::array<OpInfo, kOpCount> kOps{{
    {Op::kStepInputs, Stage::kOther, "step.inputs"},
    {Op::kEmbed, Stage::kEmbed, "embed"},
    {Op::kEmbedAllReduce, Stage::kNccl, "embed.all_reduce"},
    {Op::kAttnHcPre, Stage::kMhc, "attn.hc_pre"},
    {Op::kAttnNorm, Stage::kNormRopeCache, "attn.norm"},
    {Op::kQkvDown, Stage::kProjection, "attn.qkv_down"},
    {Op::kQNorm, Stage::kNormRopeCache, "attn.q_norm"},
    {Op::kQUp, Stage::kProjection, "attn.q_up"},
    {Op::kQNormRope, Stage::kNormRopeCache, "attn.q_norm_rope"},
    {Op::kKvNormRopeStore, Stage::kNormRopeCache, "attn.kv_norm_rope_store"},
    {Op::kIndexCompressor, Stage::kCompressor, "indexer.compressor"},
    {Op::kIndexQ, Stage::kIndexer, "indexer.q_up"},
    {Op::kIndexQQuant, Stage::kIndexer, "indexer.q_rope_hadamard_quant"},
    {Op::kIndexWeights, Stage::kIndexer, "indexer.weights_proj"},
    {Op::kIndexLogits, Stage::kIndexer, "indexer.mqa_logits"},
    {Op::kIndexTopK, Stage::kIndexer, "indexer.topk"},
    {Op::kCompressor, Stage::kCompressor, "attn.compressor"},
    {Op::kSparseMla, Stage::kFlashMla, "attn.sparse_mla"},
    {Op::kOInverseRope, Stage::kNormRopeCache, "attn.o_inverse_rope"},
    {Op::kWoA, Stage::kProjection, "attn.wo_a"},
    {Op::kWoB, Stage::kProjection, "attn.wo_b"},
    {Op::kAttnAllReduce, Stage::kNccl, "attn.all_reduce"},
    {Op::kAttnHcPost, Stage::kMhc, "attn.hc_post"},
    {Op::kFfnHcPre, Stage::kMhc, "ffn.hc_pre"},
    {Op::kFfnNorm, Stage::kNormRopeCache, "ffn.norm"},
    {Op::kRouterGate, Stage::kRouter, "router.gate"},
    {Op::kRouterTopK, Stage::kRouter, "router.topk"},
    {Op::kMoeRouted, Stage::kMoe, "moe.routed"},
    {Op::kMoeShared, Stage::kMoe, "moe.shared"},
    {Op::kMoeAllReduce, Stage::kNccl, "moe.all_reduce"},
    {Op::kFfnHcPost, Stage::kMhc, "ffn.hc_post"},
    {Op::kHcHead, Stage::kMhc, "hc_head"},
    {Op::kFinalNorm, Stage::kLmHead, "lm_head.norm"},
    {Op::kLmHead, Stage::kLmHead, "lm_head.logits"},
    {Op::kLogitsAllGather, Stage::kNccl, "lm_head.all_gather"},
    {Op::kSample, Stage::kLmHead, "lm_head.sample"},
}};

[[nodiscard]] constexpr const OpInfo& info(Op op) {
  return kOps[static_cast<std::size_t>(op)];
}

[[nodiscard]] constexpr std::optional<Op> op_from_name(std::string_view name) {
  for (const OpInfo& entry : kOps) {
    if (entry.name == name) return entry.op;
  }
  return std::nullopt;
}

namespace detail {
constexpr bool ops_are_in_enum_order() {
  for (std::size_t i = 0; i < kOps.size(); ++i) {
    if (static_cast<std::size_t>(kOps[i].op) != i) return false;
  }
  return true;
}
static_assert(ops_are_in_enum_order(), "kOps must list the ops in enum order");
}  // namespace detail

}  // namespace dscope
