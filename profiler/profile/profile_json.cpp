// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/profile/profile_json.h"

#include "profiler/profile/profile_fields.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace dscope::profile {
namespace {

using nlohmann::json;

template <class T>
concept Section = requires(T& value) {
  visit_fields(value, [](auto&&...) {});
};
template <class T>
concept KeepsUnknown = requires(T& value) {
  value.unknown;
};

// --- writing: one overload per kind of value -----------------------------------------------------

template <Section T>
json write(const T& section);

json write(const std::string& value) {
  return value;
}
json write(bool value) {
  return value;
}
json write(std::int64_t value) {
  return value;
}
json write(int value) {
  return value;
}
json write(double value) {
  DSCOPE_REQUIRE(std::isfinite(value), "a document holds finite numbers only, got {}", value);
  return value;
}
json write(Kind value) {
  return id(value);
}
json write(Stage value) {
  return info(value).id;
}
json write(Numerics value) {
  return id(value);
}
json write(const ModelConfig& value) {
  return value;
}
json write(const JsonValue& value) {
  return *value;
}
json write(const StageValues& values) {
  json by_stage = json::object();
  for (const StageInfo& stage : kStages) {
    const std::int64_t value = values[static_cast<std::size_t>(stage.stage)];
    if (value != 0) by_stage[std::string(stage.id)] = value;
  }
  return by_stage;
}
template <class T>
json write(const std::vector<T>& values) {
  json array = json::array();
  for (const T& value : values) array.push_back(write(value));
  return array;
}

// What is left out of the document instead of being written empty.
template <class T>
bool is_absent(const T&) {
  return false;
}
template <class T>
bool is_absent(const std::optional<T>& value) {
  return !value.has_value();
}
bool is_absent(const JsonValue& value) {
  return value == nullptr;
}

template <class T>
json write(const std::optional<T>& value) {
  return write(*value);
}

template <Section T>
json write(const T& section) {
  json object = json::object();
  visit_fields(section, [&](const char* key, const auto& member, Presence = {}) {
    if (!is_absent(member)) object[key] = write(member);
  });
  if constexpr (KeepsUnknown<T>) {
    // Merging, because unknown parts may stand inside objects of a type that keeps none itself.
    if (section.unknown) object.update(*section.unknown, true);
  }
  return object;
}

// --- reading: the mirror image -------------------------------------------------------------------

template <Section T>
void read(const JsonReader& at, T& section);

template <class Enum, std::size_t N, class IdOf>
void read_id(const JsonReader& at, Enum& out, const std::array<Enum, N>& values, IdOf id_of) {
  const std::string found = at.as_string();
  std::string known;
  for (Enum value : values) {
    if (found == id_of(value)) {
      out = value;
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(id_of(value));
  }
  at.fail("one of " + known);
}

template <std::size_t N, class Infos, class Field>
auto column(const Infos& infos, Field field) {
  std::array<std::decay_t<decltype(infos[0].*field)>, N> values{};
  std::transform(infos.begin(), infos.end(), values.begin(), [&](auto& i) { return i.*field; });
  return values;
}

void read(const JsonReader& at, std::string& out) {
  out = at.as_string();
}
void read(const JsonReader& at, bool& out) {
  out = at.as_bool();
}
void read(const JsonReader& at, std::int64_t& out) {
  out = at.as_int(0);
}
void read(const JsonReader& at, int& out) {
  out = static_cast<int>(at.as_int(0, std::numeric_limits<int>::max()));
}
void read(const JsonReader& at, double& out) {
  out = at.as_number();
}
void read(const JsonReader& at, Kind& out) {
  read_id(at, out, std::array{Kind::kMeasured, Kind::kEmulated, Kind::kPredicted, Kind::kImported},
          [](Kind kind) { return id(kind); });
}
void read(const JsonReader& at, Stage& out) {
  read_id(at, out, column<kStageCount>(kStages, &StageInfo::stage),
          [](Stage stage) { return info(stage).id; });
}
void read(const JsonReader& at, Numerics& out) {
  read_id(at, out, column<kNumerics.size()>(kNumerics, &NumericsInfo::numerics),
          [](Numerics numerics) { return id(numerics); });
}
void read(const JsonReader& at, JsonValue& out) {
  if (!at.value().is_object()) at.fail("an object");
  out = std::make_shared<const json>(at.value());
}
void read(const JsonReader& at, ModelConfig& out) {
  if (!at.value().is_object()) at.fail("an object");
  try {
    at.value().get_to(out);
  } catch (const Error& e) {
    throw input_error("{}: {}: {}", at.source(), at.pointer(), e.what());
  }
}
void read(const JsonReader& at, StageValues& out) {
  for (const std::string& key : at.keys()) {
    const JsonReader value = at.at(key);
    const std::optional<Stage> stage = stage_from_id(key);
    if (!stage || *stage == Stage::kGap) value.fail("the id of a stage of work as the key");
    read(value, out[static_cast<std::size_t>(*stage)]);
  }
}
template <class T>
void read(const JsonReader& at, std::vector<T>& out) {
  const std::size_t count = at.array_size();
  for (std::size_t i = 0; i < count; ++i) read(at.at(i), out.emplace_back());
}
template <class T>
void read(const JsonReader& at, std::optional<T>& out) {
  read(at, out.emplace());
}

// The keys of `at` that are not in `known`, or null.
JsonValue unknown_keys(const JsonReader& at, const std::set<std::string>& known) {
  json rest = json::object();
  for (const auto& [key, value] : at.value().items()) {
    if (!known.contains(key)) rest[key] = value;
  }
  return rest.empty() ? nullptr : std::make_shared<const json>(std::move(rest));
}

template <Section T>
void read(const JsonReader& at, T& section) {
  if (!at.value().is_object()) at.fail("an object");
  std::set<std::string> known;
  visit_fields(section, [&](const char* key, auto& member, Presence presence = {}) {
    known.insert(key);
    if (presence == kRequired || at.has(key)) read(at.at(key), member);
  });
  if constexpr (KeepsUnknown<T>) section.unknown = unknown_keys(at, known);
}

// Model and layout are types of the workload, which keep no unknown fields of their own.
void keep_unknown_inside(const JsonReader& at, const char* key, const json& known,
                         JsonValue& kept) {
  if (!at.has(key)) return;
  std::set<std::string> names;
  for (const auto& [name, ignored] : known.items()) names.insert(name);
  const JsonValue rest = unknown_keys(at.at(key), names);
  if (!rest) return;
  json merged = kept ? *kept : json::object();
  merged[key] = *rest;
  kept = std::make_shared<const json>(std::move(merged));
}

void check_layout(const JsonReader& at, const Workload& workload) {
  if (!workload.layout) return;
  for (const char* key : {"tp", "ep"}) (void)at.at(key).as_int(1);
  (void)at.at("rank").as_int(0, workload.layout->tp - 1);
  if (!workload.model) return;
  try {
    validate(*workload.layout, *workload.model);
  } catch (const Error& e) {
    throw input_error("{}: {}: {}", at.source(), at.pointer(), e.what());
  }
}

void check_schema(const JsonReader& at) {
  if (!at.has("schema")) {
    throw input_error("{}: expected a profile document (\"schema\": \"{}\"), found other JSON",
                      at.source(), kSchema);
  }
  if (at.at("schema").as_string() != kSchema) at.at("schema").fail(fmt::format("\"{}\"", kSchema));
  const std::int64_t version = at.at("schema_version").as_int(1);
  if (version >= kOldestReadable && version <= kSchemaVersion) return;
  const std::string range = kOldestReadable == kSchemaVersion
                                ? fmt::format("{}", kSchemaVersion)
                                : fmt::format("{}-{}", kOldestReadable, kSchemaVersion);
  throw input_error("{}: /schema_version: file is v{}, this build reads {}", at.source(), version,
                    range);
}

}  // namespace

json to_json(const Profile& profile) {
  json document = write(profile);
  document["schema"] = kSchema;
  document["schema_version"] = kSchemaVersion;
  return document;
}

Profile from_json(const json& document, const std::string& source) {
  const JsonReader at(document, source);
  check_schema(at);
  Profile profile;
  read(at, profile);
  if (profile.unknown) {
    json rest = *profile.unknown;
    rest.erase("schema");
    rest.erase("schema_version");
    profile.unknown = rest.empty() ? nullptr : std::make_shared<const json>(std::move(rest));
  }
  if (profile.workload) {
    Workload& workload = *profile.workload;
    const JsonReader section = at.at("workload");
    if (workload.layout) check_layout(section.at("layout"), workload);
    if (workload.model) keep_unknown_inside(section, "model", *workload.model, workload.unknown);
    if (workload.layout) {
      keep_unknown_inside(section, "layout", write(*workload.layout), workload.unknown);
    }
  }
  return profile;
}

Profile read_profile(const std::filesystem::path& path) {
  return from_json(read_json_file(path), path.string());
}

void write_profile(const std::filesystem::path& path, const Profile& profile) {
  write_text_file(path,
                  to_json(profile).dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace dscope::profile
