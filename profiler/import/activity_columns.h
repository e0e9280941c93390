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

// What decode_activities() made of a block. `problem` says what is wrong with the block ("column 3
// ends outside the block"), or nothing.
struct DecodedBlock {
  std::size_t written = 0;              // activities, from the beginning of `out`
  std::int64_t negative_durations = 0;  // records that end before they start: left out
  std::optional<std::string> problem;
};

// Writes the first activities of a block of `count` records, one for each element of `out` at most,
// which may be unwritten; `out` is no longer than the block.
[[nodiscard]] DecodedBlock decode_activities(std::span<const std::byte> payload,
                                             std::uint32_t count, const BlockContext& context,
                                             std::span<collect::Activity> out);

// When an activity was, without what it was.
struct ActivityTimes {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;  // < start_ns for a record that decode_activities() leaves out
};
// Writes those of all `count` records. Returns what is wrong with the block, or nothing.
[[nodiscard]] std::optional<std::string> decode_times(std::span<const std::byte> payload,
                                                      std::uint32_t count,
                                                      const BlockContext& context,
                                                      std::span<ActivityTimes> out);

}  // namespace dscope::importer
