// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/base/json_util.h"
#include "workloads/model_config.h"

namespace dscope {
namespace {

// One list of the scalar fields by the names of the struct: writer and reader cannot drift apart.
template <class Config, class Visit>
void visit_fields(Config& m, Visit visit) {
  visit("layers", m.layers);
  visit("hidden", m.hidden);
  visit("vocab", m.vocab);
  visit("heads", m.heads);
  visit("head_dim", m.head_dim);
  visit("rope_dim", m.rope_dim);
  visit("q_lora_rank", m.q_lora_rank);
  visit("o_groups", m.o_groups);
  visit("o_lora_rank", m.o_lora_rank);
  visit("window", m.window);
  visit("index_heads", m.index_heads);
  visit("index_dim", m.index_dim);
  visit("index_topk", m.index_topk);
  visit("experts", m.experts);
  visit("experts_per_token", m.experts_per_token);
  visit("shared_experts", m.shared_experts);
  visit("moe_intermediate", m.moe_intermediate);
  visit("hash_layers", m.hash_layers);
  visit("routed_scaling", m.routed_scaling);
  visit("swiglu_limit", m.swiglu_limit);
  visit("hc_mult", m.hc_mult);
  visit("sinkhorn_iterations", m.sinkhorn_iterations);
  visit("hc_eps", m.hc_eps);
  visit("rms_eps", m.rms_eps);
  visit("rope_theta", m.rope_theta);
  visit("compress_rope_theta", m.compress_rope_theta);
  visit("yarn_factor", m.yarn.factor);
  visit("yarn_original_max_position", m.yarn.original_max_position);
  visit("yarn_beta_fast", m.yarn.beta_fast);
  visit("yarn_beta_slow", m.yarn.beta_slow);
  visit("max_position", m.max_position);
  visit("mtp_layers", m.mtp_layers);
  visit("bos", m.bos);
  visit("eos", m.eos);
}

void read_field(const JsonReader& at, std::int64_t& out) {
  out = at.as_int();
}
void read_field(const JsonReader& at, double& out) {
  out = at.as_number();
}

}  // namespace

void to_json(nlohmann::json& json, const ModelConfig& config) {
  json = {{"name", config.name}, {"compress_ratios", config.compress_ratios}};
  visit_fields(config, [&](const char* key, const auto& value) { json[key] = value; });
}

void from_json(const nlohmann::json& json, ModelConfig& config) {
  const JsonReader reader(json, "model configuration");
  config = ModelConfig{};
  config.name = reader.at("name").as_string();
  const JsonReader ratios = reader.at("compress_ratios");
  for (std::size_t i = 0; i < ratios.array_size(); ++i) {
    config.compress_ratios.push_back(static_cast<int>(ratios.at(i).as_int(0, 128)));
  }
  visit_fields(config, [&](const char* key, auto& value) { read_field(reader.at(key), value); });
  validate(config, "model configuration");
}

}  // namespace dscope
