// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/nsys_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace dscope::importer {
namespace {

// More rows than that have no place in a table of GPUs or processes.
constexpr std::int64_t kMostRows = 65536;

std::optional<std::int64_t> positive(const SqliteRows& rows, int column) {
  const auto value = rows.integer(column);
  return value && *value > 0 ? value : std::nullopt;
}

void read_gpus(const SqliteDatabase& db, NsysTarget& target) {
  if (!db.has_table("TARGET_INFO_GPU")) {
    target.device.missing.emplace_back("GPUs: the export has no table TARGET_INFO_GPU");
    return;
  }
  SqliteRows rows(db, "TARGET_INFO_GPU",
                  {"?id", "?name", "?busLocation", "?l2CacheSize", "?totalMemory", "?smCount",
                   "?computeMajor", "?computeMinor", "?maxShmemPerBlockOptin"});
  while (rows.next() && rows.row() <= kMostRows) {
    profile::Gpu gpu;
    gpu.index = rows.integer(0).value_or(rows.row() - 1);
    gpu.name = rows.text(1).value_or("");
    if (const auto bus = rows.text(2); bus && !bus->empty()) gpu.pci_bus_id = std::string(*bus);
    gpu.l2_bytes = positive(rows, 3);
    gpu.memory_bytes = positive(rows, 4);
    gpu.sms = positive(rows, 5);
    if (const auto major = positive(rows, 6)) {
      gpu.compute_capability = fmt::format("{}.{}", *major, rows.integer(7).value_or(0));
    }
    gpu.shared_memory_per_block_bytes = positive(rows, 8);
    target.device.gpus.push_back(std::move(gpu));
  }
}

void read_device_map(const SqliteDatabase& db, NsysTarget& target) {
  if (!db.has_table("TARGET_INFO_CUDA_DEVICE")) return;
  SqliteRows rows(db, "TARGET_INFO_CUDA_DEVICE", {"?pid", "?cudaId", "?gpuId"});
  while (rows.next() && rows.row() <= kMostRows) {
    const auto pid = rows.integer(0);
    const auto cuda = rows.integer(1);
    const auto gpu = rows.integer(2);
    if (pid && cuda && gpu) target.context.devices[{*pid, *cuda}] = *gpu;
  }
}

// Times of an export are on the system's clock, or begin with the session.
void read_clock(const SqliteDatabase& db, NsysTarget& target) {
  if (!db.has_table("TARGET_INFO_SESSION_START_TIME")) return;
  SqliteRows rows(db, "TARGET_INFO_SESSION_START_TIME", {"?utcEpochNs", "?systemClockNs"});
  if (!rows.next()) return;
  const std::int64_t utc = rows.integer(0).value_or(0);
  const std::int64_t system = rows.integer(1).value_or(0);
  if (utc > 0 && system >= 0) target.clock_offset_ns = utc - system;
}

void read_names(const SqliteDatabase& db, NsysTarget& target) {
  if (db.has_table("ThreadNames")) {
    SqliteRows rows(db, "ThreadNames", {"?globalTid", "?nameId"});
    while (rows.next() && rows.row() <= kMostRows) {
      const auto thread = rows.integer(0);
      const auto name = rows.integer(1);
      if (thread && name) target.thread_names[*thread] = *name;
    }
  }
  if (db.has_table("PROCESSES")) {
    SqliteRows rows(db, "PROCESSES", {"?globalPid", "?name"});
    while (rows.next() && rows.row() <= kMostRows) {
      const auto process = rows.integer(0);
      const auto name = rows.text(1);
      if (process && name) target.processes[*process] = *name;
    }
  }
}

// "Not all CUDA events might have been collected" and the like.
void read_complaints(const SqliteDatabase& db, NsysTarget& target) {
  if (!db.has_table("DIAGNOSTIC_EVENT")) return;
  constexpr std::int64_t kWarning = 2;
  constexpr std::int64_t kError = 3;
  constexpr std::size_t kMost = 32;
  SqliteRows rows(db, "DIAGNOSTIC_EVENT", {"?severity", "?text"});
  while (rows.next() && rows.row() <= kMostRows) {
    const std::int64_t severity = rows.integer(0).value_or(0);
    const auto text = rows.text(1);
    if (!text || severity < kWarning || severity > kError) continue;
    const std::string shown =
        "nsys: " + std::string(text->substr(0, text->find('\n')).substr(0, 160));
    if (target.complaints.size() < kMost || target.complaints.contains(shown)) {
      ++target.complaints[shown];
    }
  }
}

bool lacks(const SqliteDatabase& db, std::string_view table, std::string_view column) {
  const auto columns = db.columns(std::string(table));
  return !columns.empty() && std::find(columns.begin(), columns.end(), column) == columns.end();
}

void name_missing(const SqliteDatabase& db, NsysTarget& target) {
  const auto need = [&](std::string_view table, std::string_view what) {
    if (db.has_table(std::string(table))) return;
    target.device.missing.push_back(fmt::format("{}: the export has no table {}", what, table));
  };
  need("CUPTI_ACTIVITY_KIND_RUNTIME", "launches");
  need("NVTX_EVENTS", "NVTX ranges");
  need("StringIds", "names");
  if (lacks(db, "CUPTI_ACTIVITY_KIND_KERNEL", "graphNodeId")) {
    target.device.missing.emplace_back(
        "graph nodes: the export has no column graphNodeId in CUPTI_ACTIVITY_KIND_KERNEL");
  }
  if (db.has_table("CUPTI_ACTIVITY_KIND_GRAPH_TRACE")) {
    target.device.missing.emplace_back(
        "kernels inside CUDA graphs: recorded as whole graphs; nsys profile "
        "--cuda-graph-trace=node records them one by one");
  }
}

}  // namespace

NsysTarget read_nsys_target(const SqliteDatabase& db) {
  NsysTarget target;
  read_gpus(db, target);
  read_device_map(db, target);
  read_clock(db, target);
  read_names(db, target);
  read_complaints(db, target);
  name_missing(db, target);
  for (const std::string_view table : kNsysWorkTables) {
    if (lacks(db, table, "globalPid")) target.context.processes_known = false;
  }
  for (const std::string_view table : kNsysHostTables) {
    if (lacks(db, table, "globalTid")) target.context.processes_known = false;
  }
  return target;
}

}  // namespace dscope::importer
