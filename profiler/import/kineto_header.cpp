// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/kineto_header.h"

#include "profiler/import/event_batches.h"
#include "workloads/base/error.h"

#include <nlohmann/json.hpp>

namespace dscope::importer {
namespace {

using nlohmann::json;

std::optional<std::int64_t> integer(const json& object, const char* key) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  return found->get<std::int64_t>();
}

const json& member(const json& object, const char* key) {
  static const json kAbsent;
  const auto found = object.find(key);
  return found == object.end() ? kAbsent : *found;
}

profile::Gpu gpu_of(const json& properties) {
  profile::Gpu gpu;
  gpu.index = integer(properties, "id").value_or(0);
  if (const json& name = member(properties, "name"); name.is_string()) gpu.name = name;
  const auto major = integer(properties, "computeMajor");
  const auto minor = integer(properties, "computeMinor");
  if (major && minor) {
    gpu.compute_capability = std::to_string(*major) + "." + std::to_string(*minor);
  }
  gpu.sms = integer(properties, "numSms");
  gpu.memory_bytes = integer(properties, "totalGlobalMem");
  gpu.shared_memory_per_block_bytes = integer(properties, "sharedMemPerBlockOptin");
  gpu.shared_memory_per_sm_bytes = integer(properties, "sharedMemPerMultiprocessor");
  return gpu;
}

}  // namespace

KinetoHeader read_kineto_header(const EventBatches& batches, const std::string& source) {
  json document;
  try {
    document = json::parse(batches.header());
  } catch (const json::parse_error& error) {
    // What the library read last can be as long as the file.
    std::string_view reason = error.what();
    reason = reason.substr(0, reason.find("; last read")).substr(0, 200);
    throw input_error("{}: {}: expected the rest of a trace, found bad JSON: {}", source,
                      batches.header_position(error.byte), reason);
  } catch (const json::exception& error) {  // a number that no double holds: without a position
    throw input_error("{}: around the events: expected the rest of a trace, found bad JSON: {}",
                      source, std::string_view(error.what()).substr(0, 200));
  }
  KinetoHeader header;
  if (!document.is_object()) return header;
  if (const json& devices = member(document, "deviceProperties"); devices.is_array()) {
    for (const json& properties : devices) {
      if (properties.is_object()) header.device.gpus.push_back(gpu_of(properties));
    }
  }
  header.base_ns = integer(document, "baseTimeNanoseconds").value_or(0);
  header.rank = integer(member(document, "distributedInfo"), "rank");
  return header;
}

}  // namespace dscope::importer
