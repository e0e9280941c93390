// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dscope::importer {

// What one block of activities is checked against while it is decoded.
struct BlockContext {
  std::vector<std::optional<Stage>> stages;  // by stored index; empty: a stage we do not know
  std::size_t names = 0;                     // names that came before the block
  std::size_t columns = 0;                   // of the file's version
};

// Appends the activities of a block. Returns what is wrong with it ("column 3 ends outside the
// block"), or nothing. Records that end before they start are left out and added to
// `negative_durations`.
[[nodiscard]] std::optional<std::string> decode_activities(std::span<const std::byte> payload,
                                                           std::uint32_t count,
                                                           const BlockContext& context,
                                                           std::vector<collect::Activity>& out,
                                                           std::int64_t& negative_durations);

}  // namespace dscope::importer
