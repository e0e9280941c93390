// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/import/activity_file.h"
#include "profiler/inject/range_log.h"

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

namespace dscope::inject {

// Writes what a process recorded to its trace file, a batch at a time. After every batch the file
// is whole: a process that is killed loses what came after it, and nothing else.
class TraceWriter {
 public:
  std::error_code open(const std::string& path) { return file_.open(path); }

  // Appends the activities of `list` and removes them; its names stay. `ranges` become activities
  // of their own.
  void add(collect::ActivityList& list, const std::vector<ClosedRange>& ranges);
  void set(const std::string& key, std::int64_t value);
  void set(const std::string& key, const std::string& value) { file_.set(key, value); }

  std::error_code flush() { return file_.flush(); }
  std::error_code finish() { return file_.finish(); }
  [[nodiscard]] std::error_code error() const { return file_.error(); }
  [[nodiscard]] std::uint64_t activities() const { return file_.activities(); }
  [[nodiscard]] std::uint64_t bytes() const { return file_.bytes(); }

 private:
  importer::ActivityFileWriter file_;
  std::vector<std::uint32_t> names_;  // of the list, in the file
};

}  // namespace dscope::inject
