// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/activity_store.h"
#include "profiler/import/name_table.h"
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

// What was read from some tables of an export. Activity::name is an index of `names`, lanes are
// numbers of `lanes`.
struct NsysPart {
  ActivityStore activities;
  NsysNames names;
  profile::Losses losses;
  std::map<std::string, std::int64_t> skipped;
  std::map<std::int64_t, std::int32_t> lane_of_thread;  // by globalTid
};

// How a part tells how far it is: rows done since the last call.
using RowsDone = std::function<void(std::int64_t)>;

// Work of the devices: kernels, graphs that were recorded as one piece, copies and fills.
[[nodiscard]] NsysPart read_nsys_work(const SqliteDatabase& db, const NsysContext& context,
                                      const RowsDone& done);
// What the host did: runtime and driver calls, NVTX ranges.
[[nodiscard]] NsysPart read_nsys_host(const SqliteDatabase& db, const NsysContext& context,
                                      const RowsDone& done);

// The tables that those two read.
inline constexpr std::array<std::string_view, 4> kNsysWorkTables{
    "CUPTI_ACTIVITY_KIND_KERNEL", "CUPTI_ACTIVITY_KIND_GRAPH_TRACE", "CUPTI_ACTIVITY_KIND_MEMCPY",
    "CUPTI_ACTIVITY_KIND_MEMSET"};
inline constexpr std::array<std::string_view, 3> kNsysHostTables{
    "CUPTI_ACTIVITY_KIND_RUNTIME", "CUPTI_ACTIVITY_KIND_DRIVER", "NVTX_EVENTS"};

}  // namespace dscope::importer
