// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dscope {

// YaRN frequency scaling of the compressed layers' RoPE.
struct YarnScaling {
  double factor = 16;
  double original_max_position = 65536;
  double beta_fast = 32;
  double beta_slow = 1;
  friend bool operator==(const YarnScaling&, const YarnScaling&) = default;
};

// The dimensions of one DeepSeek-V4 model. Names follow the official config.json where it has a
// name; source of the values: the official configurations of V4-Flash and V4-Pro.
struct ModelConfig {
  std::string name;

  std::int64_t layers = 0;      // num_hidden_layers, without MTP layers
  std::int64_t hidden = 0;      // hidden_size, d
  std::int64_t vocab = 0;       // vocab_size
  std::int64_t heads = 0;       // num_attention_heads, H; one KV head, K = V
  std::int64_t head_dim = 512;  // of queries, keys and values, the roped tail included
  std::int64_t rope_dim = 64;   // qk_rope_head_dim: the last dims of a head
  std::int64_t q_lora_rank = 0;
  std::int64_t o_groups = 0;
  std::int64_t o_lora_rank = 0;
  std::int64_t window = 128;  // sliding_window

  std::int64_t index_heads = 0;  // index_n_heads
  std::int64_t index_dim = 128;  // index_head_dim
  std::int64_t index_topk = 0;
  std::vector<int> compress_ratios;  // [layers]: 0 (window only), 4 or 128

  std::int64_t experts = 0;            // n_routed_experts, E
  std::int64_t experts_per_token = 0;  // num_experts_per_tok, k
  std::int64_t shared_experts = 1;     // n_shared_experts: as one expert of this many times I
  std::int64_t moe_intermediate = 0;   // moe_intermediate_size, I
  std::int64_t hash_layers = 0;        // num_hash_layers: the first layers route by token id
  double routed_scaling = 1;           // routed_scaling_factor, applied exactly once
  double swiglu_limit = 0;             // 0: no clamp

  std::int64_t hc_mult = 4;  // residual streams
  std::int64_t sinkhorn_iterations = 20;
  double hc_eps = 1e-6;
  double rms_eps = 1e-6;

  double rope_theta = 10000;            // ratio-0 layers, no YaRN
  double compress_rope_theta = 160000;  // ratio-4 and ratio-128 layers, with YaRN
  YarnScaling yarn;
  std::int64_t max_position = 1 << 20;  // max_position_embeddings
  std::int64_t mtp_layers = 0;          // num_nextn_predict_layers: carried, not decoded
  std::int64_t bos = 0;
  std::int64_t eos = 1;

  [[nodiscard]] std::int64_t nope_dim() const { return head_dim - rope_dim; }
  [[nodiscard]] std::int64_t heads_per_group() const { return heads / o_groups; }
  // Inputs of one o-group of wo_a: 4096 in both official models.
  [[nodiscard]] std::int64_t o_group_inputs() const { return heads_per_group() * head_dim; }
  [[nodiscard]] std::int64_t shared_intermediate() const {
    return shared_experts * moe_intermediate;
  }
  [[nodiscard]] std::int64_t layers_with_ratio(int ratio) const;
  [[nodiscard]] bool is_hash_layer(std::int64_t layer) const { return layer < hash_layers; }
  // Rows of hc_attn_fn and hc_ffn_fn: pre, post and the mixing matrix: 24 for four streams.
  [[nodiscard]] std::int64_t hc_rows() const { return (2 + hc_mult) * hc_mult; }

  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};

// Throws Error{kInput} that names `source`, the field, what is wrong and what would be right; all
// findings at once.
void validate(const ModelConfig& config, std::string_view source);

// "dsv4-flash", "dsv4-pro", and "dsv4-tiny" (the dimensions of the bundled test checkpoint).
[[nodiscard]] const std::vector<std::string>& preset_names();

// Throws Error{kUsage} with the list of presets for an unknown name.
[[nodiscard]] ModelConfig preset(std::string_view name);

// Reads an official config.json. Throws Error{kInput} naming file, field and reason for unknown
// architectures (V4.1 and others are not this decode step) and inconsistent values. The name is
// taken from the folder that holds the file.
[[nodiscard]] ModelConfig read_model_config(const std::filesystem::path& config_json);
[[nodiscard]] ModelConfig model_config_from_json(const nlohmann::json& json,
                                                 const std::string& source, std::string name);

// The model cut down to its first `layers` (0: all of them), 0 <= layers <= model.layers.
[[nodiscard]] ModelConfig first_layers(ModelConfig model, std::int64_t layers);

// The profile document's form: every field by the name it has in this struct.
void to_json(nlohmann::json& json, const ModelConfig& config);
void from_json(const nlohmann::json& json, ModelConfig& config);

}  // namespace dscope
