// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/decode_workload.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <algorithm>

namespace dscope {
namespace {

// The integers with their limits. The upper ones are far beyond any machine and keep products of
// two of them within 64 bits.
struct IntField {
  const char* key;
  std::int64_t DecodeWorkload::*member;
  std::int64_t low;
  std::int64_t high;
};
constexpr IntField kIntFields[] = {
    {"layers", &DecodeWorkload::layers, 0, 1 << 20},
    {"tp", &DecodeWorkload::tp, 1, 1 << 10},
    {"ep", &DecodeWorkload::ep, 1, 1 << 10},
    {"batch", &DecodeWorkload::batch, 1, 1 << 20},
    {"context", &DecodeWorkload::context, 1, 1 << 30},
    {"steps", &DecodeWorkload::steps, 1, 1 << 30},
};

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all{"model", "numerics", "wo_a", "routing", "selection", "seed"};
    for (const IntField& field : kIntFields) all.emplace_back(field.key);
    std::sort(all.begin(), all.end());
    return all;
  }();
  return keys;
}

void refuse_unknown_keys(const JsonReader& json) {
  const auto& known = known_keys();
  for (const std::string& key : json.keys()) {
    if (!std::binary_search(known.begin(), known.end(), key)) {
      throw input_error("{}: {}/{}: unknown field; known are {}", json.source(), json.pointer(),
                        key, fmt::join(known, ", "));
    }
  }
}

// Puts file and position in front of what `check` complains about.
template <class Check>
auto at_position(std::string_view source, std::string_view pointer, Check check) {
  try {
    return check();
  } catch (const Error& e) {
    throw input_error("{}: {}: {}", source, pointer, e.what());
  }
}

ModelConfig read_model(const JsonReader& at) {
  if (!at.value().is_string() && !at.value().is_object()) {
    at.fail("the name of a preset or a model configuration");
  }
  return at_position(at.source(), at.pointer(), [&] {
    if (at.value().is_string()) return preset(at.as_string());
    ModelConfig model;
    from_json(at.value(), model);
    return model;
  });
}

Numerics read_numerics(const JsonReader& at) {
  if (const auto numerics = numerics_from_id(at.as_string())) return *numerics;
  at.fail("\"exact\", \"bf16\", \"serving\" or \"serving-a8\"");
}

bool read_wo_a(const JsonReader& at) {
  const std::string format = at.as_string();
  if (format != "bf16" && format != "fp8") at.fail("\"bf16\" or \"fp8\"");
  return format == "bf16";
}

}  // namespace

void validate(const DecodeWorkload& workload, std::string_view source) {
  const ModelConfig& model = workload.model;
  at_position(source, "/model", [&] { validate(model, model.name); });
  for (const IntField& field : kIntFields) {
    const std::int64_t value = workload.*field.member;
    if (value < field.low || value > field.high) {
      throw input_error("{}: /{}: expected {} to {}, found {}", source, field.key, field.low,
                        field.high, value);
    }
  }
  if (workload.layers > model.layers) {
    throw input_error("{}: /layers: expected at most the {} layers of {}, found {}", source,
                      model.layers, model.name, workload.layers);
  }
  at_position(source, "/tp", [&] { validate(workload.layout(0), model); });
  const std::int64_t last = workload.context + workload.steps - 1;
  if (last > model.max_position) {
    throw input_error(
        "{}: /context: expected context + steps - 1 within the {} positions of {}, found {}",
        source, model.max_position, model.name, last);
  }
}

DecodeWorkload decode_workload_from_json(const nlohmann::json& json, const std::string& source) {
  const JsonReader reader(json, source);
  refuse_unknown_keys(reader);
  DecodeWorkload workload;
  workload.model = read_model(reader.at("model"));
  for (const IntField& field : kIntFields) {
    if (json.contains(field.key)) {
      workload.*field.member = reader.at(field.key).as_int(field.low, field.high);
    }
  }
  if (json.contains("numerics")) workload.numerics = read_numerics(reader.at("numerics"));
  if (json.contains("wo_a")) workload.wo_a_bf16 = read_wo_a(reader.at("wo_a"));
  if (json.contains("routing")) workload.routing = reader.at("routing").as_string();
  if (json.contains("selection")) workload.selection = reader.at("selection").as_string();
  if (json.contains("seed")) {
    workload.seed = static_cast<std::uint64_t>(reader.at("seed").as_int(0));
  }
  validate(workload, source);
  return workload;
}

DecodeWorkload read_decode_workload(const std::filesystem::path& path) {
  return decode_workload_from_json(read_json_file(path), path.string());
}

void to_json(nlohmann::json& json, const DecodeWorkload& workload) {
  const ModelConfig& model = workload.model;
  const auto& presets = preset_names();
  const bool is_preset = std::find(presets.begin(), presets.end(), model.name) != presets.end() &&
                         preset(model.name) == model;
  json = {{"numerics", id(workload.numerics)},
          {"wo_a", workload.wo_a_bf16 ? "bf16" : "fp8"},
          {"routing", workload.routing},
          {"selection", workload.selection},
          {"seed", workload.seed}};
  json["model"] = is_preset ? nlohmann::json(model.name) : nlohmann::json(model);
  for (const IntField& field : kIntFields) json[field.key] = workload.*field.member;
}

}  // namespace dscope
