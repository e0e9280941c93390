// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/sourced.h"
#include "workloads/base/json_util.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

// What the readers of the catalogue files have in common. All of them throw Error{kInput} naming
// file and JSON pointer.
namespace dscope::model {

enum class Presence { kRequired, kNullable };

void refuse_unknown_keys(const JsonReader& json, const std::vector<std::string>& known);

// Not empty.
[[nodiscard]] std::string read_text(const JsonReader& at);
// In lower case with hyphens: the name of a catalogue file.
[[nodiscard]] std::string read_name(const JsonReader& at);
[[nodiscard]] ValueSource read_source(const JsonReader& at);

void read_value(const JsonReader& at, double& out);  // positive
void read_value(const JsonReader& at, bool& out);

[[nodiscard]] std::string value_text(const Sourced<std::string>& field);
[[nodiscard]] std::string value_text(const Sourced<bool>& field);
[[nodiscard]] std::string value_text(const Sourced<double>& field);

// {"value": ..., "source": ..., "where": ...}; `read` is called for a value that is not null.
template <class T, class Read>
void read_sourced(const JsonReader& at, Presence presence, Sourced<T>& field, Read read) {
  refuse_unknown_keys(at, {"value", "source", "where"});
  const JsonReader value = at.at("value");
  if (!value.value().is_null() || presence == Presence::kRequired) {
    read(value, field.value.emplace());
  }
  field.source = read_source(at.at("source"));
  field.where = read_text(at.at("where"));
}

template <class T>
[[nodiscard]] nlohmann::json sourced_json(const Sourced<T>& field) {
  nlohmann::json json{{"value", nullptr}, {"source", id(field.source)}, {"where", field.where}};
  if (field.value) json["value"] = *field.value;
  return json;
}

}  // namespace dscope::model
