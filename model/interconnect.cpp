// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/interconnect.h"

#include "model/closest_name.h"
#include "model/embedded_file.h"
#include "model/sourced_json.h"
#include "workloads/base/error.h"

#include <span>

namespace dscope::model {

std::span<const EmbeddedFile> embedded_interconnects();  // generated from interconnects/

namespace {

// The one list of sourced fields: reader, writer and table follow it.
template <class I, class Visit>
void visit_fields(I& i, Visit visit) {
  visit("p2p", i.p2p, Presence::kRequired);
  visit("one_box", i.one_box, Presence::kRequired);
  visit("link_gbps", i.link_gbps, Presence::kRequired);
  visit("uplink_gbps", i.uplink_gbps, Presence::kNullable);
  visit("gpus_per_group", i.gpus_per_group, Presence::kNullable);
  visit("hop_latency_ns", i.hop_latency_ns, Presence::kRequired);
  visit("staged_latency_ns", i.staged_latency_ns, Presence::kRequired);
}

}  // namespace

Interconnect interconnect_from_json(const nlohmann::json& json, const std::string& source) {
  const JsonReader reader(json, source);
  Interconnect result;
  std::vector<std::string> known{"name", "label"};
  visit_fields(result, [&](const char* key, auto&, Presence) { known.emplace_back(key); });
  refuse_unknown_keys(reader, known);
  result.name = read_name(reader.at("name"));
  result.label = read_text(reader.at("label"));
  visit_fields(result, [&](const char* key, auto& field, Presence presence) {
    read_sourced(reader.at(key), presence, field,
                 [](const JsonReader& at, auto& value) { read_value(at, value); });
  });
  if (result.gpus_per_group.value.has_value() != result.uplink_gbps.value.has_value()) {
    reader.at("gpus_per_group").fail("both or none of gpus_per_group and uplink_gbps");
  }
  return result;
}

void to_json(nlohmann::json& json, const Interconnect& interconnect) {
  json = {{"name", interconnect.name}, {"label", interconnect.label}};
  visit_fields(interconnect, [&](const char* key, const auto& field, Presence) {
    json[key] = sourced_json(field);
  });
}

std::vector<SourcedRow> interconnect_rows(const Interconnect& interconnect) {
  std::vector<SourcedRow> rows;
  visit_fields(interconnect, [&](const char* key, const auto& field, Presence) {
    rows.push_back({key, value_text(field), field.source, field.where});
  });
  return rows;
}

const std::vector<Interconnect>& interconnects() {
  static const std::vector<Interconnect> all = [] {
    std::vector<Interconnect> list;
    for (const EmbeddedFile& file : embedded_interconnects()) {
      const auto source = fmt::format("model/interconnects/{}.json", file.name);
      list.push_back(interconnect_from_json(nlohmann::json::parse(file.text), source));
    }
    return list;
  }();
  return all;
}

std::vector<std::string> interconnect_names() {
  std::vector<std::string> names;
  for (const Interconnect& interconnect : interconnects()) names.push_back(interconnect.name);
  return names;
}

Interconnect find_interconnect(std::string_view name) {
  if (name.ends_with(".json")) {
    const std::filesystem::path path(name);
    return interconnect_from_json(read_json_file(path), path.string());
  }
  for (const Interconnect& interconnect : interconnects()) {
    if (interconnect.name == name) return interconnect;
  }
  const std::vector<std::string> known = interconnect_names();
  throw usage_error(
      "interconnect: unknown \"{}\"{} Known: {}. A .json file of the same form works too.", name,
      suggestion(name, known), fmt::join(known, ", "));
}

}  // namespace dscope::model
