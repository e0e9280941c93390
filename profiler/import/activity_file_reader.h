// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/activity_blocks.h"
#include "profiler/import/trace.h"
#include "workloads/checkpoint/mapped_file.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace dscope::importer {

// Whether a file that begins with these bytes (at least 8) is one of ActivityFileWriter.
[[nodiscard]] bool is_activity_file(std::span<const std::byte> begin);

// Reads what ActivityFileWriter wrote. What a killed writer left behind is read up to the last
// whole block; records of a block that was cut off count as Losses::dropped_records, and
// Trace::skipped says what is missing. Throws Error{kInput} with path, byte offset, expected and
// found for anything that no writer could have left.
[[nodiscard]] Trace read_activity_file(const std::filesystem::path& path,
                                       const ReadOptions& options = {});

// The same from memory; `source` stands in messages where the path would.
[[nodiscard]] Trace parse_activity_file(std::span<const std::byte> file, const std::string& source,
                                        const ReadOptions& options = {});

// A saved trace that is read as far as needed.
struct SavedTrace {
  MappedFile file;
  ActivityBlocks blocks;  // of the file

  explicit SavedTrace(const std::filesystem::path& path)
      : file(path), blocks(file.bytes(), path.string()) {}
};
// Empty when the file is something else, or cannot be read. Throws as read_activity_file() does.
[[nodiscard]] std::optional<SavedTrace> open_saved_trace(const std::filesystem::path& path);

// Saves a trace in that form, lane by lane (lane_order.h), with its measurement where it has one:
// `dscope import --save`. Throws Error{kInput} with the path when it cannot be written.
void write_activity_file(const Trace& trace, const std::filesystem::path& path);

}  // namespace dscope::importer
