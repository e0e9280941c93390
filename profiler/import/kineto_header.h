// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <cstdint>
#include <optional>
#include <string>

namespace dscope::importer {

class EventBatches;

// What a Kineto trace says around its events.
struct KinetoHeader {
  profile::Device device;
  std::int64_t base_ns = 0;          // to be added to every time: "baseTimeNanoseconds"
  std::optional<std::int64_t> rank;  // "distributedInfo"
};

// Reads EventBatches::header(). Members that are missing, or of another type than PyTorch writes,
// are taken as absent; text that is no JSON throws Error{kInput}.
[[nodiscard]] KinetoHeader read_kineto_header(const EventBatches& batches,
                                              const std::string& source);

}  // namespace dscope::importer
