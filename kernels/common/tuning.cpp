// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/tuning.h"

#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <nlohmann/json.hpp>

namespace dscope {
namespace {

constexpr const char* kSchema = "dscope.tuning";
constexpr int kVersion = 1;

}  // namespace

std::optional<std::size_t> TuningTable::find(const std::string& device, const std::string& op,
                                             const std::string& shape, std::size_t count) const {
  const auto forced = forced_.find(op);
  if (forced != forced_.end() && forced->second.count == count) return forced->second.config;
  const auto of_device = devices_.find(device);
  if (of_device == devices_.end()) return std::nullopt;
  const auto of_op = of_device->second.find(op);
  if (of_op == of_device->second.end()) return std::nullopt;
  const auto choice = of_op->second.find(shape);
  if (choice == of_op->second.end() || choice->second.count != count) return std::nullopt;
  return choice->second.config;
}

void TuningTable::set(const std::string& device, const std::string& op, const std::string& shape,
                      std::size_t config, std::size_t count) {
  DSCOPE_REQUIRE(config < count, "configuration {} of {}", config, count);
  devices_[device][op][shape] = {config, count};
}

void TuningTable::force(const std::string& op, std::size_t config, std::size_t count) {
  DSCOPE_REQUIRE(config < count, "configuration {} of {}", config, count);
  forced_[op] = {config, count};
}

TuningTable TuningTable::read(const std::filesystem::path& path) {
  const nlohmann::json json = read_json_file(path);
  const JsonReader root(json, path.string());
  if (const std::string schema = root.at("schema").as_string(); schema != kSchema) {
    throw input_error("{}: /schema: expected \"{}\", found \"{}\"", path.string(), kSchema, schema);
  }
  if (const std::int64_t version = root.at("schema_version").as_int(0); version != kVersion) {
    throw input_error("{}: /schema_version: this build reads {}, found {}", path.string(), kVersion,
                      version);
  }
  TuningTable table;
  const JsonReader devices = root.at("devices");
  for (const std::string& device : devices.keys()) {
    for (const std::string& op : devices.at(device).keys()) {
      const JsonReader shapes = devices.at(device).at(op);
      for (const std::string& shape : shapes.keys()) {
        const JsonReader entry = shapes.at(shape);
        const std::int64_t count = entry.at("of").as_int(1);
        const std::int64_t config = entry.at("config").as_int(0, count - 1);
        table.set(device, op, shape, static_cast<std::size_t>(config),
                  static_cast<std::size_t>(count));
      }
    }
  }
  return table;
}

void TuningTable::write(const std::filesystem::path& path) const {
  nlohmann::json devices = nlohmann::json::object();
  for (const auto& [device, ops] : devices_) {
    for (const auto& [op, shapes] : ops) {
      for (const auto& [shape, choice] : shapes) {
        devices[device][op][shape] = {{"config", choice.config}, {"of", choice.count}};
      }
    }
  }
  std::error_code ignored;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  const nlohmann::json document{
      {"schema", kSchema}, {"schema_version", kVersion}, {"devices", devices}};
  write_text_file(path, document.dump(1) + "\n");
}

TuningTable& process_tuning() {
  static TuningTable table;
  return table;
}

}  // namespace dscope
