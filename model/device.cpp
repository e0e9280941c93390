// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/device.h"

#include "model/sourced_json.h"
#include "workloads/base/error.h"

#include <cstddef>
#include <regex>
#include <type_traits>

namespace dscope::model {
namespace {

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
  visit("dram_latency_ns", d.dram_latency_ns, kNullable);
  visit("l2_latency_ns", d.l2_latency_ns, kNullable);
  visit("l2_read_gbps", d.l2_read_gbps, kNullable);
  visit("bf16_tflops", d.bf16_tflops, kRequired);
  visit("fp8_tflops", d.fp8_tflops, kNullable);
  visit("fp4_tflops", d.fp4_tflops, kNullable);
  visit("fp32_tflops", d.fp32_tflops, kRequired);
  visit("pcie_generation", d.pcie_generation, kNullable);
  visit("pcie_lanes", d.pcie_lanes, kNullable);
  visit("pcie_gbps", d.pcie_gbps, kNullable);
  visit("nvlink", d.nvlink, kRequired);
  visit("board_power_w", d.board_power_w, kRequired);
  visit("power_clocks", d.power_clocks, kNullable);
}

// Of all fields only the compute capability is text.
void read_value(const JsonReader& at, std::string& out) {
  static const std::regex pattern("[0-9]{1,2}\\.[0-9]");
  out = at.as_string();
  if (!std::regex_match(out, pattern)) at.fail("a compute capability such as \"12.0\"");
}

// [{"limit_w": 300, "clock_mhz": 1417}, ...]
void read_value(const JsonReader& at, std::vector<PowerClock>& out) {
  const std::size_t size = at.array_size();
  if (size == 0) at.fail("at least one power limit");
  for (std::size_t i = 0; i < size; ++i) {
    const JsonReader entry = at.at(i);
    refuse_unknown_keys(entry, {"limit_w", "clock_mhz"});
    PowerClock point;
    model::read_value(entry.at("limit_w"), point.limit_w);
    model::read_value(entry.at("clock_mhz"), point.clock_mhz);
    if (!out.empty() &&
        (point.limit_w <= out.back().limit_w || point.clock_mhz < out.back().clock_mhz)) {
      entry.fail("limits that rise, with clocks that do not fall");
    }
    out.push_back(point);
  }
}

template <class T>
void read_any(const JsonReader& at, T& out) {
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, bool>) {
    model::read_value(at, out);
  } else {
    read_value(at, out);
  }
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

std::string row_text(const Sourced<std::vector<PowerClock>>& field) {
  if (!field.value) return "-";
  std::string text;
  for (const PowerClock& point : *field.value) {
    text += fmt::format("{}{} W: {}", text.empty() ? "" : ", ", point.limit_w, point.clock_mhz);
  }
  return text;
}
template <class T>
std::string row_text(const Sourced<T>& field) {
  return value_text(field);
}

}  // namespace

void to_json(nlohmann::json& json, const PowerClock& point) {
  json = {{"limit_w", point.limit_w}, {"clock_mhz", point.clock_mhz}};
}

Device device_from_json(const nlohmann::json& json, const std::string& source) {
  const JsonReader reader(json, source);
  Device device;
  std::vector<std::string> known{"name", "label"};
  visit_fields(device, [&](const char* key, auto&, Presence) { known.emplace_back(key); });
  refuse_unknown_keys(reader, known);
  device.name = read_name(reader.at("name"));
  device.label = read_text(reader.at("label"));
  visit_fields(device, [&](const char* key, auto& field, Presence presence) {
    read_sourced(reader.at(key), presence, field,
                 [](const JsonReader& at, auto& value) { read_any(at, value); });
  });
  check_relations(reader, device);
  return device;
}

void to_json(nlohmann::json& json, const Device& device) {
  json = {{"name", device.name}, {"label", device.label}};
  visit_fields(device, [&](const char* key, const auto& field, Presence) {
    json[key] = sourced_json(field);
  });
}

std::vector<DeviceRow> device_rows(const Device& device) {
  std::vector<DeviceRow> rows;
  visit_fields(device, [&](const char* key, const auto& field, Presence) {
    rows.push_back({key, row_text(field), field.source, field.where});
  });
  return rows;
}

}  // namespace dscope::model
