// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/import/nsys_names.h"
#include "profiler/import/sqlite_database.h"
#include "profiler/profile/profile.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope::importer {

// nsys numbers processes and threads with one integer: 16 bits of machine, 24 of process, 24 of
// thread. The process part of a thread is the globalPid of the same process.
[[nodiscard]] constexpr std::int64_t process_of_thread(std::int64_t global_tid) {
  return global_tid & ~std::int64_t{0xffffff};
}
[[nodiscard]] constexpr std::int64_t process_id(std::int64_t global) {
  return (global >> 24) & 0xffffff;
}

// Which GPU a process means with its CUDA device number (TARGET_INFO_CUDA_DEVICE): with
// CUDA_VISIBLE_DEVICES every process can call its GPU 0. Key: process id, device number.
using NsysDeviceMap = std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t>;

// What both readers must agree on.
struct NsysContext {
  NsysDeviceMap devices;
  // Every table says which process a row is of, so that correlations of several can be told apart.
  bool processes_known = true;
};

// A stream of a process: work is on one. CUDA's own numbers.
struct NsysStream {
  std::int64_t process = 0;
  std::int64_t device = 0;
  std::int64_t stream = 0;
  bool operator==(const NsysStream&) const = default;
};

// What was read from some rows of a table. Activity::name is an index of `names`; Activity::lane is
// one of `streams` for work, of `threads` for all else, and Activity::device is not set.
struct NsysPart {
  BulkVector<collect::Activity> activities;
  NsysNames names;
  profile::Losses losses;
  std::map<std::string, std::int64_t> skipped;
  std::vector<NsysStream> streams;    // in the order of their first activity
  std::vector<std::int64_t> threads;  // globalTid, likewise
};

// How a part tells how far it is: rows done since the last call.
using RowsDone = std::function<void(std::int64_t)>;

// Kernels, graphs that were recorded as one piece, copies and fills.
inline constexpr std::array<std::string_view, 4> kNsysWorkTables{
    "CUPTI_ACTIVITY_KIND_KERNEL", "CUPTI_ACTIVITY_KIND_GRAPH_TRACE", "CUPTI_ACTIVITY_KIND_MEMCPY",
    "CUPTI_ACTIVITY_KIND_MEMSET"};
// What the host did: runtime and driver calls, NVTX ranges.
inline constexpr std::array<std::string_view, 3> kNsysHostTables{
    "CUPTI_ACTIVITY_KIND_RUNTIME", "CUPTI_ACTIVITY_KIND_DRIVER", "NVTX_EVENTS"};

// Rows of a table that one thread reads at a time.
struct NsysPiece {
  std::string table;  // of the two lists above
  RowRange rows;
  std::int64_t expected = 0;  // about how many those are
};

// The tables that are read, those of work first, cut into pieces: in this order they make the list.
[[nodiscard]] std::vector<NsysPiece> nsys_pieces(const SqliteDatabase& db);

[[nodiscard]] NsysPart read_nsys_piece(const SqliteDatabase& db, const NsysPiece& piece,
                                       const NsysContext& context, const RowsDone& done);

}  // namespace dscope::importer
