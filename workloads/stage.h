// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dscope {

// The stages a decode step is divided into. The only list: ids are stable strings in documents and
// on the command line, labels are for people. Order is the order of every table.
enum class Stage : std::uint8_t {
  kMoe,
  kNccl,
  kFlashMla,
  kIndexer,
  kCompressor,
  kProjection,
  kRouter,
  kMhc,
  kNormRopeCache,
  kLmHead,
  kEmbed,
  kOther,
  kUnattributed,
  kGap,
};

inline constexpr std::size_t kStageCount = 14;

struct StageInfo {
  Stage stage;
  std::string_view id;
  std::string_view label;
  std::string_view holds;  // what belongs to it, for help texts and tooltips
};

inline constexpr std::array<StageInfo, kStageCount> kStages{{
    {Stage::kMoe, "moe", "MoE", "routed and shared experts, their activation, weighted sum"},
    {Stage::kNccl, "nccl", "NCCL", "every collective: wait, transfer, launch"},
    {Stage::kFlashMla, "flashmla", "FlashMLA", "sparse decode attention, split merge, sink"},
    {Stage::kIndexer, "indexer", "Indexer", "indexer projections, paged MQA logits, top-k"},
    {Stage::kCompressor, "compressor", "Compressor", "compressor projections, state, entries"},
    {Stage::kProjection, "projection", "Projections",
     "q/kv down and up projections, wo_a, wo_b, activation quantisation for them"},
    {Stage::kRouter, "router", "Router", "gate GEMV, scores, top-k or hash lookup"},
    {Stage::kMhc, "mhc", "Hyper-connections", "hc_pre, hc_post, hc_head"},
    {Stage::kNormRopeCache, "norm_rope_cache", "Norm, RoPE, cache",
     "RMS norms, RoPE, KV quantise and store"},
    {Stage::kLmHead, "lm_head", "LM head", "final norm, logits, sampling"},
    {Stage::kEmbed, "embed", "Embedding", "lookup"},
    {Stage::kOther, "other", "Other", "recognised, but none of the above"},
    {Stage::kUnattributed, "unattributed", "Unattributed", "not recognised"},
    {Stage::kGap, "gap", "GPU idle", "wall time of the step minus busy time"},
}};

[[nodiscard]] constexpr const StageInfo& info(Stage stage) {
  return kStages[static_cast<std::size_t>(stage)];
}

[[nodiscard]] constexpr std::optional<Stage> stage_from_id(std::string_view id) {
  for (const StageInfo& entry : kStages) {
    if (entry.id == id) return entry.stage;
  }
  return std::nullopt;
}

namespace detail {
constexpr bool stages_are_in_enum_order() {
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    if (static_cast<std::size_t>(kStages[i].stage) != i) return false;
  }
  return true;
}
static_assert(stages_are_in_enum_order(), "kStages must list the stages in enum order");
}  // namespace detail

}  // namespace dscope
