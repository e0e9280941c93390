// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/nsys_names.h"
#include "profiler/import/nsys_tables.h"
#include "profiler/import/sqlite_database.h"
#include "profiler/import/trace.h"

#include <cstdint>
#include <map>
#include <string>

namespace dscope::importer {

// The small tables of an export: GPUs, processes, threads, the clock, what nsys itself complained
// about. All of them optional.
struct NsysTarget {
  profile::Device device;
  NsysContext context;
  std::int64_t clock_offset_ns = 0;  // to be added to every time: nanoseconds of UTC
  std::map<std::int64_t, std::int64_t> thread_names;  // globalTid -> id of StringIds
  std::map<std::int64_t, std::string> processes;      // globalPid -> name
  std::map<std::string, std::int64_t> complaints;     // warnings and errors of nsys
};

[[nodiscard]] NsysTarget read_nsys_target(const SqliteDatabase& db);

}  // namespace dscope::importer
