// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/device_catalog.h"

#include "model/embedded_file.h"
#include "workloads/base/error.h"
#include "workloads/base/json_util.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace dscope::model {

std::span<const EmbeddedFile> embedded_devices();  // generated from devices/

namespace {

// Letters to insert, delete or replace to get from one word to the other (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// What follows an unknown name: "; did you mean rtx-5090?", or "." when no name is near.
std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  constexpr std::size_t kNear = 4;
  constexpr std::size_t kLongest = 64;  // of a word worth comparing
  if (name.size() > kLongest) return ".";
  const auto closest =
      std::min_element(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
        return edit_distance(name, a) < edit_distance(name, b);
      });
  if (closest == known.end() || edit_distance(name, *closest) > kNear) return ".";
  return fmt::format("; did you mean {}?", *closest);
}

}  // namespace

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
