// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/device.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <algorithm>
#include <regex>

namespace dscope::model {
namespace {

enum class Presence { kRequired, kNullable };
constexpr Presence kRequired = Presence::kRequired;
constexpr Presence kNullable = Presence::kNullable;

// The one list of sourced fields: reader, writer and table follow it. Null is allowed where
// hardware may lack the thing or nobody has published the number, and where prediction has a way
// without it.
template <class D, class Visit>
void visit_fields(D& d, Visit visit) {
  visit("compute_capability", d.compute_capability, kRequired);
  visit("sms", d.sms, kRequired);
  visit("boost_clock_mhz", d.boost_clock_mhz, kRequired);
  visit("base_clock_mhz", d.base_clock_mhz, kNullable);
  visit("tensor_load_clock_mhz", d.tensor_load_clock_mhz, kNullable);
  visit("shared_memory_per_sm_bytes", d.shared_memory_per_sm_bytes, kRequired);
  visit("shared_memory_per_block_bytes", d.shared_memory_per_block_bytes, kRequired);
  visit("registers_per_sm", d.registers_per_sm, kRequired);
  visit("warps_per_sm", d.warps_per_sm, kRequired);
  visit("l2_bytes", d.l2_bytes, kRequired);
  visit("memory_bytes", d.memory_bytes, kRequired);
  visit("dram_spec_gbps", d.dram_spec_gbps, kRequired);
  visit("dram_read_gbps", d.dram_read_gbps, kNullable);
  visit("dram_copy_gbps", d.dram_copy_gbps, kNullable);
  visit("bf16_tflops", d.bf16_tflops, kRequired);
  visit("fp8_tflops", d.fp8_tflops, kNullable);
  visit("fp4_tflops", d.fp4_tflops, kNullable);
  visit("fp32_tflops", d.fp32_tflops, kRequired);
  visit("pcie_generation", d.pcie_generation, kNullable);
  visit("pcie_lanes", d.pcie_lanes, kNullable);
  visit("pcie_gbps", d.pcie_gbps, kNullable);
  visit("nvlink", d.nvlink, kRequired);
  visit("board_power_w", d.board_power_w, kRequired);
}

void refuse_unknown_keys(const JsonReader& json, const std::vector<std::string>& known) {
  for (const std::string& key : json.keys()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw input_error("{}: {}/{}: unknown field; known are {}", json.source(), json.pointer(),
                        key, fmt::join(known, ", "));
    }
  }
}

std::string read_text(const JsonReader& at) {
  std::string text = at.as_string();
  if (text.empty()) at.fail("text");
  return text;
}

void read_value(const JsonReader& at, double& out) {
  out = at.as_number();
  if (out <= 0) at.fail("a positive number");
}

void read_value(const JsonReader& at, bool& out) {
  out = at.as_bool();
}

// Of all fields only the compute capability is text.
void read_value(const JsonReader& at, std::string& out) {
  static const std::regex pattern("[0-9]{1,2}\\.[0-9]");
  out = at.as_string();
  if (!std::regex_match(out, pattern)) at.fail("a compute capability such as \"12.0\"");
}

ValueSource read_source(const JsonReader& at) {
  const auto found = std::find(kValueSourceIds.begin(), kValueSourceIds.end(), at.as_string());
  if (found == kValueSourceIds.end()) {
    at.fail(fmt::format("one of {}", fmt::join(kValueSourceIds, ", ")));
  }
  return static_cast<ValueSource>(found - kValueSourceIds.begin());
}

template <class T>
void read_field(const JsonReader& at, Presence presence, Sourced<T>& field) {
  refuse_unknown_keys(at, {"value", "source", "where"});
  const JsonReader value = at.at("value");
  if (!value.value().is_null() || presence == kRequired) read_value(value, field.value.emplace());
  field.source = read_source(at.at("source"));
  field.where = read_text(at.at("where"));
}

std::string read_name(const JsonReader& at) {
  static const std::regex pattern("[a-z0-9]+(-[a-z0-9]+)*");
  std::string name = at.as_string();
  // The length keeps the recursive matcher of std::regex from deep stacks.
  if (name.size() > 100 || !std::regex_match(name, pattern)) {
    at.fail("a name in lower case with hyphens, such as \"rtx-pro-6000\"");
  }
  return name;
}

// A block cannot have more shared memory than its SM: the one relation that a slip of the pen in a
// user's file breaks most easily.
void check_relations(const JsonReader& json, const Device& d) {
  if (*d.shared_memory_per_block_bytes.value > *d.shared_memory_per_sm_bytes.value) {
    json.at("shared_memory_per_block_bytes")
        .at("value")
        .fail(fmt::format("at most shared_memory_per_sm_bytes, {}",
                          *d.shared_memory_per_sm_bytes.value));
  }
}

std::string value_text(const Sourced<std::string>& field) {
  return field.value.value_or("-");
}
std::string value_text(const Sourced<bool>& field) {
  return field.value ? (*field.value ? "yes" : "no") : "-";
}
std::string value_text(const Sourced<double>& field) {
  return field.value ? fmt::format("{}", *field.value) : "-";
}

}  // namespace

Device device_from_json(const nlohmann::json& json, const std::string& source) {
  const JsonReader reader(json, source);
  Device device;
  std::vector<std::string> known{"name", "label"};
  visit_fields(device, [&](const char* key, auto&, Presence) { known.emplace_back(key); });
  refuse_unknown_keys(reader, known);
  device.name = read_name(reader.at("name"));
  device.label = read_text(reader.at("label"));
  visit_fields(device, [&](const char* key, auto& field, Presence presence) {
    read_field(reader.at(key), presence, field);
  });
  check_relations(reader, device);
  return device;
}

void to_json(nlohmann::json& json, const Device& device) {
  json = {{"name", device.name}, {"label", device.label}};
  visit_fields(device, [&](const char* key, const auto& field, Presence) {
    json[key] = {{"value", nullptr}, {"source", id(field.source)}, {"where", field.where}};
    if (field.value) json[key]["value"] = *field.value;
  });
}

std::vector<DeviceRow> device_rows(const Device& device) {
  std::vector<DeviceRow> rows;
  visit_fields(device, [&](const char* key, const auto& field, Presence) {
    rows.push_back({key, value_text(field), field.source, field.where});
  });
  return rows;
}

}  // namespace dscope::model
