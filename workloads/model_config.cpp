// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/model_config.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"
#include "workloads/formats.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dscope {
namespace {

// Ratios of a model's main stack: `head` as given, then (4, 128) pairs, then a last 4.
std::vector<int> alternating_ratios(std::vector<int> head, int pairs) {
  for (int i = 0; i < pairs; ++i) head.insert(head.end(), {4, 128});
  head.push_back(4);
  return head;
}

ModelConfig flash() {
  ModelConfig m;
  m.name = "dsv4-flash";
  m.layers = 43;
  m.hidden = 4096;
  m.vocab = 129280;
  m.heads = 64;
  m.q_lora_rank = 1024;
  m.o_groups = 8;
  m.o_lora_rank = 1024;
  m.index_heads = 64;
  m.index_topk = 512;
  m.compress_ratios = alternating_ratios({0, 0}, 20);
  m.experts = 256;
  m.experts_per_token = 6;
  m.moe_intermediate = 2048;
  m.hash_layers = 3;
  m.routed_scaling = 1.5;
  m.swiglu_limit = 10;
  m.mtp_layers = 1;
  return m;
}

ModelConfig pro() {
  ModelConfig m = flash();
  m.name = "dsv4-pro";
  m.layers = 61;
  m.hidden = 7168;
  m.heads = 128;
  m.q_lora_rank = 1536;
  m.o_groups = 16;
  m.index_topk = 1024;
  m.compress_ratios = alternating_ratios({128, 128}, 29);
  m.experts = 384;
  m.moe_intermediate = 3072;
  m.routed_scaling = 2.5;
  return m;
}

// The dimensions of the checkpoint in tests/data/dsv4_tiny.
ModelConfig tiny() {
  ModelConfig m = flash();
  m.name = "dsv4-tiny";
  m.layers = 4;
  m.hidden = 256;
  m.vocab = 512;
  m.heads = 4;
  m.q_lora_rank = 128;
  m.o_groups = 2;
  m.o_lora_rank = 64;
  m.index_heads = 4;
  m.index_topk = 32;
  m.compress_ratios = {0, 4, 128, 4};
  m.experts = 8;
  m.experts_per_token = 2;
  m.moe_intermediate = 128;
  m.hash_layers = 1;
  m.mtp_layers = 0;
  return m;
}

struct Preset {
  std::string_view name;
  ModelConfig (*make)();
};
constexpr Preset kPresets[] = {{"dsv4-flash", flash}, {"dsv4-pro", pro}, {"dsv4-tiny", tiny}};

// The integer and floating fields by the names of the official config.json. `required` fields have
// no default that would be right for every model.
struct IntField {
  const char* key;
  std::int64_t ModelConfig::*member;
  bool required;
};
constexpr IntField kIntFields[] = {
    {"num_hidden_layers", &ModelConfig::layers, true},
    {"hidden_size", &ModelConfig::hidden, true},
    {"vocab_size", &ModelConfig::vocab, true},
    {"num_attention_heads", &ModelConfig::heads, true},
    {"head_dim", &ModelConfig::head_dim, false},
    {"qk_rope_head_dim", &ModelConfig::rope_dim, false},
    {"q_lora_rank", &ModelConfig::q_lora_rank, true},
    {"o_groups", &ModelConfig::o_groups, true},
    {"o_lora_rank", &ModelConfig::o_lora_rank, true},
    {"sliding_window", &ModelConfig::window, false},
    {"index_n_heads", &ModelConfig::index_heads, true},
    {"index_head_dim", &ModelConfig::index_dim, false},
    {"index_topk", &ModelConfig::index_topk, true},
    {"n_routed_experts", &ModelConfig::experts, true},
    {"num_experts_per_tok", &ModelConfig::experts_per_token, true},
    {"n_shared_experts", &ModelConfig::shared_experts, false},
    {"moe_intermediate_size", &ModelConfig::moe_intermediate, true},
    {"num_hash_layers", &ModelConfig::hash_layers, false},
    {"hc_mult", &ModelConfig::hc_mult, false},
    {"hc_sinkhorn_iters", &ModelConfig::sinkhorn_iterations, false},
    {"max_position_embeddings", &ModelConfig::max_position, false},
    {"num_nextn_predict_layers", &ModelConfig::mtp_layers, false},
    {"bos_token_id", &ModelConfig::bos, false},
    {"eos_token_id", &ModelConfig::eos, false},
};

struct NumberField {
  const char* key;
  double ModelConfig::*member;
  bool required;
};
constexpr NumberField kNumberFields[] = {
    {"routed_scaling_factor", &ModelConfig::routed_scaling, true},
    {"swiglu_limit", &ModelConfig::swiglu_limit, false},
    {"hc_eps", &ModelConfig::hc_eps, false},
    {"rms_norm_eps", &ModelConfig::rms_eps, false},
    {"rope_theta", &ModelConfig::rope_theta, false},
    {"compress_rope_theta", &ModelConfig::compress_rope_theta, false},
};

struct YarnField {
  const char* key;
  double YarnScaling::*member;
};
constexpr YarnField kYarnFields[] = {
    {"factor", &YarnScaling::factor},
    {"original_max_position_embeddings", &YarnScaling::original_max_position},
    {"beta_fast", &YarnScaling::beta_fast},
    {"beta_slow", &YarnScaling::beta_slow},
};

// Fields whose official value this decode step is built on. Another value means another
// architecture or a variant whose maths is not implemented.
struct FixedField {
  const char* key;
  nlohmann::json value;
  const char* reason;
};
const std::vector<FixedField>& fixed_fields() {
  static const std::vector<FixedField> fields{
      {"num_key_value_heads", 1, "keys and values are one shared vector per token"},
      {"scoring_func", "sqrtsoftplus", "the router scores with sqrt(softplus)"},
      {"norm_topk_prob", true, "routing weights are normalised over the chosen experts"},
      {"tie_word_embeddings", false, "the LM head has its own weights"},
      {"hidden_act", "silu", "experts are SwiGLU"},
      {"topk_method", "noaux_tc", "selection is by biased score without groups"},
  };
  return fields;
}

void check_architecture(const JsonReader& json) {
  if (!json.has("model_type")) {
    throw input_error("{}: /model_type: expected \"deepseek_v4\", found none", json.source());
  }
  const std::string type = json.at("model_type").as_string();
  if (type == "deepseek_v4") return;
  const bool v41 = type.find("v4_1") != std::string::npos ||
                   type.find("v41") != std::string::npos || type.find("v4.1") != std::string::npos;
  throw input_error("{}: /model_type: expected \"deepseek_v4\", found \"{}\"{}", json.source(),
                    type,
                    v41 ? ": V4.1 is a different architecture (shared KV layers, engram tables, "
                          "delayed hyper-connections) with another decode step"
                        : "");
}

// V4.1 fields in a file that calls itself deepseek_v4.
void refuse_v41_fields(const JsonReader& json) {
  for (const char* key : {"kv_source_layer_ids", "index_source_layer_ids", "engram_layer_ids"}) {
    if (json.has(key)) {
      throw input_error(
          "{}: /{}: this field belongs to V4.1, a different architecture with another decode step",
          json.source(), key);
    }
  }
}

void check_fixed(const JsonReader& json) {
  for (const FixedField& field : fixed_fields()) {
    if (!json.has(field.key)) continue;
    const JsonReader at = json.at(field.key);
    if (at.value() != field.value)
      at.fail(fmt::format("{} ({})", field.value.dump(), field.reason));
  }
}

void check_quantization(const JsonReader& json) {
  if (!json.has("quantization_config")) return;
  const JsonReader q = json.at("quantization_config");
  if (q.has("quant_method") && q.at("quant_method").as_string() != "fp8") {
    q.at("quant_method").fail("\"fp8\"");
  }
  if (q.has("weight_block_size") &&
      q.at("weight_block_size").as_numbers() != std::vector<double>{kFp8Block, kFp8Block}) {
    q.at("weight_block_size").fail("[128, 128]");
  }
  if (q.has("scale_fmt") && q.at("scale_fmt").as_string() != "ue8m0") {
    q.at("scale_fmt").fail("\"ue8m0\"");
  }
}

void read_yarn(const JsonReader& json, YarnScaling& yarn) {
  if (!json.has("rope_scaling")) return;
  const JsonReader scaling = json.at("rope_scaling");
  for (const char* key : {"type", "rope_type"}) {
    if (scaling.has(key) && scaling.at(key).as_string() != "yarn") scaling.at(key).fail("\"yarn\"");
  }
  for (const YarnField& field : kYarnFields) {
    if (scaling.has(field.key)) yarn.*field.member = scaling.at(field.key).as_number();
  }
}

std::vector<int> read_ratios(const JsonReader& json, std::int64_t layers, std::int64_t mtp_layers) {
  const JsonReader list = json.at("compress_ratios");
  // One entry per layer; official files add entries for the MTP or draft stages, all 0.
  const auto count = static_cast<std::int64_t>(list.array_size());
  if (count < layers) {
    list.fail(fmt::format("one ratio per layer: at least {} ({} layers, {} MTP layers)", layers,
                          layers, mtp_layers));
  }
  std::vector<int> ratios;
  for (std::int64_t i = 0; i < count; ++i) {
    const JsonReader at = list.at(static_cast<std::size_t>(i));
    const auto ratio = static_cast<int>(at.as_int());
    if (i >= layers) {
      if (ratio != 0) at.fail(fmt::format("0 behind the {} layers of the main stack", layers));
      continue;
    }
    if (ratio != 0 && ratio != 4 && ratio != 128) at.fail("0, 4 or 128");
    ratios.push_back(ratio);
  }
  return ratios;
}

// Collects what is wrong so that one message can name all of it.
class Findings {
 public:
  void require(bool holds, std::string text) {
    if (!holds) text_ += "\n  " + std::move(text);
  }
  void raise(std::string_view source) const {
    if (!text_.empty()) throw input_error("{}: inconsistent model configuration:{}", source, text_);
  }

 private:
  std::string text_;
};

void check_positive(const ModelConfig& m, Findings& findings) {
  for (const IntField& field : kIntFields) {
    const bool may_be_zero = field.member == &ModelConfig::hash_layers ||
                             field.member == &ModelConfig::mtp_layers ||
                             field.member == &ModelConfig::bos || field.member == &ModelConfig::eos;
    // 2^20 is far beyond any model and keeps products of three dimensions within 64 bits.
    findings.require(m.*field.member >= (may_be_zero ? 0 : 1) && m.*field.member <= (1 << 20),
                     fmt::format("{}: expected {} to 2^20, found {}", field.key,
                                 may_be_zero ? "0" : "1", m.*field.member));
  }
  for (const NumberField& field : kNumberFields) {
    const double value = m.*field.member;
    const bool may_be_zero = field.member == &ModelConfig::swiglu_limit;
    findings.require(std::isfinite(value) && (value > 0 || (may_be_zero && value == 0)),
                     fmt::format("{}: expected a positive number, found {}", field.key, value));
  }
  for (const YarnField& field : kYarnFields) {
    const double value = m.yarn.*field.member;
    findings.require(
        std::isfinite(value) && value > 0,
        fmt::format("rope_scaling.{}: expected a positive number, found {}", field.key, value));
  }
}

void check_relations(const ModelConfig& m, Findings& findings) {
  const auto ratios = static_cast<std::int64_t>(m.compress_ratios.size());
  findings.require(ratios == m.layers,
                   fmt::format("compress_ratios: expected {} entries, found {}", m.layers, ratios));
  findings.require(m.heads % m.o_groups == 0,
                   fmt::format("o_groups: {} groups do not divide {} heads", m.o_groups, m.heads));
  findings.require(
      m.rope_dim < m.head_dim && m.rope_dim % 2 == 0,
      fmt::format("qk_rope_head_dim: expected an even number below head_dim {}, found {}",
                  m.head_dim, m.rope_dim));
  findings.require(
      std::has_single_bit(static_cast<std::uint64_t>(m.index_dim)),
      fmt::format("index_head_dim: expected a power of two (Hadamard), found {}", m.index_dim));
  findings.require(m.rope_dim <= m.index_dim,
                   fmt::format("index_head_dim: expected at least qk_rope_head_dim {}, found {}",
                               m.rope_dim, m.index_dim));
  findings.require(
      m.experts_per_token <= m.experts,
      fmt::format("num_experts_per_tok: {} of {} experts", m.experts_per_token, m.experts));
  findings.require(m.hash_layers <= m.layers,
                   fmt::format("num_hash_layers: {} of {} layers", m.hash_layers, m.layers));
  findings.require(
      m.hidden % kMxfp4Group == 0,
      fmt::format("hidden_size: expected a multiple of the MXFP4 group of {}, found {}",
                  kMxfp4Group, m.hidden));
  findings.require(m.moe_intermediate % kMxfp4Group == 0,
                   fmt::format("moe_intermediate_size: expected a multiple of the MXFP4 group of "
                               "{}, found {}",
                               kMxfp4Group, m.moe_intermediate));
}

}  // namespace

std::int64_t ModelConfig::layers_with_ratio(int ratio) const {
  return std::count(compress_ratios.begin(), compress_ratios.end(), ratio);
}

ModelConfig first_layers(ModelConfig model, std::int64_t layers) {
  DSCOPE_REQUIRE(layers >= 0 && layers <= model.layers, "{} of {} layers", layers, model.layers);
  if (layers == 0) return model;
  model.layers = layers;
  model.compress_ratios.resize(static_cast<std::size_t>(layers));
  model.hash_layers = std::min(model.hash_layers, layers);
  return model;
}

void validate(const ModelConfig& config, std::string_view source) {
  // Relations divide by these values, so they are only looked at when all are in range.
  Findings values;
  check_positive(config, values);
  values.raise(source);
  Findings relations;
  check_relations(config, relations);
  relations.raise(source);
}

const std::vector<std::string>& preset_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Preset& entry : kPresets) all.emplace_back(entry.name);
    return all;
  }();
  return names;
}

ModelConfig preset(std::string_view name) {
  for (const Preset& entry : kPresets) {
    if (entry.name == name) return entry.make();
  }
  throw usage_error("model: expected one of {}, got \"{}\"", fmt::join(preset_names(), ", "), name);
}

ModelConfig read_model_config(const std::filesystem::path& config_json) {
  const nlohmann::json json = read_json_file(config_json);
  const std::filesystem::path folder = std::filesystem::absolute(config_json).parent_path();
  return model_config_from_json(json, config_json.string(), folder.filename().string());
}

ModelConfig model_config_from_json(const nlohmann::json& json, const std::string& source,
                                   std::string name) {
  const JsonReader reader(json, source);
  check_architecture(reader);
  refuse_v41_fields(reader);
  check_fixed(reader);
  check_quantization(reader);
  ModelConfig m;
  m.name = std::move(name);
  for (const IntField& field : kIntFields) {
    if (field.required || reader.has(field.key)) m.*field.member = reader.at(field.key).as_int();
  }
  for (const NumberField& field : kNumberFields) {
    if (field.required || reader.has(field.key)) m.*field.member = reader.at(field.key).as_number();
  }
  read_yarn(reader, m.yarn);
  if (m.layers > (1 << 20)) reader.at("num_hidden_layers").fail("at most 2^20 layers");
  m.compress_ratios = read_ratios(reader, m.layers, m.mtp_layers);
  validate(m, source);
  return m;
}

}  // namespace dscope
