// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/device_catalog.h"

#include "model/closest_name.h"
#include "model/embedded_file.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <span>

namespace dscope::model {

std::span<const EmbeddedFile> embedded_devices();  // generated from devices/

const std::vector<Device>& devices() {
  static const std::vector<Device> all = [] {
    std::vector<Device> list;
    for (const EmbeddedFile& file : embedded_devices()) {
      const auto source = fmt::format("model/devices/{}.json", file.name);
      list.push_back(device_from_json(nlohmann::json::parse(file.text), source));
    }
    return list;
  }();
  return all;
}

std::vector<std::string> device_names() {
  std::vector<std::string> names;
  for (const Device& device : devices()) names.push_back(device.name);
  return names;
}

Device find_device(std::string_view name) {
  if (name.ends_with(".json")) {
    const std::filesystem::path path(name);
    return device_from_json(read_json_file(path), path.string());
  }
  for (const Device& device : devices()) {
    if (device.name == name) return device;
  }
  const std::vector<std::string> known = device_names();
  throw usage_error("device: unknown \"{}\"{} Known: {}. A .json file of the same form works too.",
                    name, suggestion(name, known), fmt::join(known, ", "));
}

}  // namespace dscope::model
