// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/kernel_set.h"

#include "model/closest_name.h"
#include "model/embedded_file.h"
#include "model/kernel_constants.h"
#include "model/sourced_json.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <span>

namespace dscope::model {

std::span<const EmbeddedFile> embedded_kernel_sets();  // generated from kernel_sets/

namespace {

[[noreturn]] void refuse_unknown(const JsonReader& parent, const std::string& key,
                                 std::string_view what, const std::vector<std::string>& known) {
  throw input_error("{}: {}/{}: unknown {}{} `dscope kernel-sets roofline` lists all",
                    parent.source(), parent.pointer(), key, what, suggestion(key, known));
}

double read_within(const JsonReader& at, const ConstantInfo& info) {
  const double value = at.as_number();
  if (value < info.lowest || value > info.highest) {
    at.fail(fmt::format("a number from {} to {}", info.lowest, info.highest));
  }
  return value;
}

Constant read_constant(const JsonReader& at, const ConstantInfo& info) {
  refuse_unknown_keys(at, {"value", "low", "high", "unit", "source", "where"});
  Constant constant;
  constant.value = read_within(at.at("value"), info);
  if (at.has("low")) constant.low = read_within(at.at("low"), info);
  if (at.has("high")) constant.high = read_within(at.at("high"), info);
  if (constant.low.value_or(constant.value) > constant.value) at.at("low").fail("at most value");
  if (constant.high.value_or(constant.value) < constant.value) at.at("high").fail("at least value");
  constant.unit = at.at("unit").as_string();
  if (constant.unit != info.unit) at.at("unit").fail(fmt::format("\"{}\"", info.unit));
  constant.source = at.at("source").as_string();
  const auto known = kConstantSourceIds.end() - 1;  // "neutral" is for what is not in the file
  if (std::find(kConstantSourceIds.begin(), known, constant.source) == known) {
    at.at("source").fail("one of fitted, measured, derived, assumed");
  }
  constant.where = read_text(at.at("where"));
  return constant;
}

void fill_with_neutral(KernelSet& set) {
  for (const ConstantInfo& info : kernel_constants()) {
    set.constants.try_emplace(info.name, Constant{.value = info.neutral,
                                                  .unit = info.unit,
                                                  .source = "neutral",
                                                  .where = "ideal kernels"});
  }
  for (const TraitInfo& info : kernel_traits()) set.traits.try_emplace(std::string(info.name));
}

void read_constants(const JsonReader& json, KernelSet& set) {
  std::vector<std::string> known;
  for (const ConstantInfo& info : kernel_constants()) known.push_back(info.name);
  for (const std::string& name : json.keys()) {
    const ConstantInfo* info = find_kernel_constant(name);
    if (info == nullptr) refuse_unknown(json, name, "constant", known);
    set.constants[name] = read_constant(json.at(name), *info);
  }
}

void read_traits(const JsonReader& json, KernelSet& set) {
  std::vector<std::string> known;
  for (const TraitInfo& info : kernel_traits()) known.emplace_back(info.name);
  for (const std::string& name : json.keys()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      refuse_unknown(json, name, "trait", known);
    }
    set.traits[name] = json.at(name).as_bool();
  }
}

}  // namespace

double KernelSet::constant(std::string_view constant_name) const {
  const auto found = constants.find(constant_name);
  DSCOPE_REQUIRE(found != constants.end(), "kernel set {} has no constant {}", name, constant_name);
  return found->second.value;
}

bool KernelSet::trait(std::string_view trait_name) const {
  const auto found = traits.find(trait_name);
  DSCOPE_REQUIRE(found != traits.end(), "kernel set {} has no trait {}", name, trait_name);
  return found->second;
}

KernelSet kernel_set_from_json(const nlohmann::json& json, const std::string& source) {
  const JsonReader reader(json, source);
  refuse_unknown_keys(reader,
                      {"name", "label", "description", "calibration_id", "traits", "constants"});
  KernelSet set;
  set.name = read_name(reader.at("name"));
  set.label = read_text(reader.at("label"));
  set.description = read_text(reader.at("description"));
  if (reader.has("calibration_id")) set.calibration_id = reader.at("calibration_id").as_string();
  read_traits(reader.at("traits"), set);
  read_constants(reader.at("constants"), set);
  fill_with_neutral(set);
  return set;
}

void to_json(nlohmann::json& json, const KernelSet& set) {
  json = {{"name", set.name},
          {"label", set.label},
          {"description", set.description},
          {"traits", nlohmann::json::object()},
          {"constants", nlohmann::json::object()}};
  if (!set.calibration_id.empty()) json["calibration_id"] = set.calibration_id;
  for (const auto& [name, holds] : set.traits) {
    if (holds) json["traits"][name] = true;
  }
  for (const auto& [name, constant] : set.constants) {
    if (constant.source == kConstantSourceIds.back()) continue;
    nlohmann::json& entry = json["constants"][name];
    entry = {{"value", constant.value},
             {"unit", constant.unit},
             {"source", constant.source},
             {"where", constant.where}};
    if (constant.low) entry["low"] = *constant.low;
    if (constant.high) entry["high"] = *constant.high;
  }
}

std::string to_text(const KernelSet& set) {
  const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
  std::string text = "{\n";
  for (const auto& [key, value] : {std::pair{"name", &set.name}, std::pair{"label", &set.label},
                                   std::pair{"description", &set.description},
                                   std::pair{"calibration_id", &set.calibration_id}}) {
    if (!value->empty()) text += fmt::format("  \"{}\": {},\n", key, quoted(*value));
  }
  std::vector<std::string> traits;
  for (const TraitInfo& info : kernel_traits()) {
    if (set.trait(info.name)) traits.push_back(fmt::format("    \"{}\": true", info.name));
  }
  std::vector<std::string> constants;
  for (const ConstantInfo& info : kernel_constants()) {
    const Constant& c = set.constants.find(info.name)->second;
    if (c.source == kConstantSourceIds.back()) continue;
    const std::string interval =
        c.low && c.high ? fmt::format("\"low\": {:.4g}, \"high\": {:.4g}, ", *c.low, *c.high) : "";
    constants.push_back(
        fmt::format("    \"{}\": {{\"value\": {:.{}g}, {}\"unit\": {}, \"source\": {},\n"
                    "      \"where\": {}}}",
                    info.name, c.value, c.source == "fitted" ? 4 : 6, interval, quoted(c.unit),
                    quoted(c.source), quoted(c.where)));
  }
  return text + fmt::format("  \"traits\": {{\n{}\n  }},\n  \"constants\": {{\n{}\n  }}\n}}\n",
                            fmt::join(traits, ",\n"), fmt::join(constants, ",\n"));
}

const std::vector<KernelSet>& kernel_sets() {
  static const std::vector<KernelSet> all = [] {
    std::vector<KernelSet> list;
    for (const EmbeddedFile& file : embedded_kernel_sets()) {
      const auto source = fmt::format("model/kernel_sets/{}.json", file.name);
      list.push_back(kernel_set_from_json(nlohmann::json::parse(file.text), source));
    }
    return list;
  }();
  return all;
}

const KernelSet& roofline_kernel_set() {
  static const KernelSet set = find_kernel_set("roofline");
  return set;
}

std::vector<std::string> kernel_set_names() {
  std::vector<std::string> names;
  for (const KernelSet& set : kernel_sets()) names.push_back(set.name);
  return names;
}

KernelSet find_kernel_set(std::string_view name) {
  if (name.ends_with(".json")) {
    const std::filesystem::path path(name);
    return kernel_set_from_json(read_json_file(path), path.string());
  }
  for (const KernelSet& set : kernel_sets()) {
    if (set.name == name) return set;
  }
  const std::vector<std::string> known = kernel_set_names();
  throw usage_error(
      "kernel set: unknown \"{}\"{} Known: {}. A .json file of the same form works too.", name,
      suggestion(name, known), fmt::join(known, ", "));
}

}  // namespace dscope::model
