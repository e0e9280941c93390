// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/generated_step.h"
#include "profiler/import/trace_generator.h"
#include "workloads/base/error.h"

#include <sqlite3.h>

#include <algorithm>
#include <initializer_list>
#include <string>

namespace dscope::importer {
namespace {

// Tables as nsys 2026.2 (schema 3.25) makes them, with the columns that take space.
constexpr const char* kSchema = R"(
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
BEGIN;
CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE META_DATA_EXPORT (name TEXT NOT NULL, value TEXT);
CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER, utcTime TEXT, localTime TEXT, systemClockNs INTEGER);
CREATE TABLE TARGET_INFO_GPU (vmId INTEGER, id INTEGER, name TEXT, busLocation TEXT, isDiscrete INTEGER, l2CacheSize INTEGER, totalMemory INTEGER, memoryBandwidth INTEGER, clockRate INTEGER, smCount INTEGER, computeMajor INTEGER, computeMinor INTEGER);
CREATE TABLE TARGET_INFO_CUDA_DEVICE (gpuId INTEGER NOT NULL, cudaId INTEGER NOT NULL, pid INTEGER NOT NULL, uuid TEXT, numMultiprocessors INTEGER);
CREATE TABLE ThreadNames (nameId INTEGER NOT NULL, priority INTEGER, globalTid INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL, contextId INTEGER NOT NULL, greenContextId INTEGER, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER, demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL, mangledName INTEGER, launchType INTEGER, cacheConfig INTEGER, registersPerThread INTEGER NOT NULL, gridX INTEGER NOT NULL, gridY INTEGER NOT NULL, gridZ INTEGER NOT NULL, blockX INTEGER NOT NULL, blockY INTEGER NOT NULL, blockZ INTEGER NOT NULL, staticSharedMemory INTEGER NOT NULL, dynamicSharedMemory INTEGER NOT NULL, localMemoryPerThread INTEGER NOT NULL, localMemoryTotal INTEGER NOT NULL, gridId INTEGER NOT NULL, sharedMemoryExecuted INTEGER, graphNodeId INTEGER, sharedMemoryLimitConfig INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL, contextId INTEGER NOT NULL, greenContextId INTEGER, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER, bytes INTEGER NOT NULL, copyKind INTEGER NOT NULL, graphNodeId INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL, contextId INTEGER NOT NULL, greenContextId INTEGER, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER, value INTEGER NOT NULL, bytes INTEGER NOT NULL, graphNodeId INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER NOT NULL, end INTEGER NOT NULL, eventClass INTEGER NOT NULL, globalTid INTEGER, correlationId INTEGER, nameId INTEGER NOT NULL, returnValue INTEGER NOT NULL, callchainId INTEGER);
CREATE TABLE NVTX_EVENTS (start INTEGER NOT NULL, end INTEGER, eventType INTEGER NOT NULL, rangeId INTEGER, category INTEGER, color INTEGER, text TEXT, globalTid INTEGER, endGlobalTid INTEGER, textId INTEGER, domainId INTEGER, uint64Value INTEGER, jsonText TEXT, binaryData TEXT);
INSERT INTO META_DATA_EXPORT VALUES ('EXPORT_PRODUCT_NAME', 'NVIDIA Nsight Systems'), ('EXPORT_SCHEMA_VERSION', '3.25.0');
INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (1790857026000000000, NULL, NULL, 0);
)";

class Database {
 public:
  explicit Database(const std::filesystem::path& path) : path_(path.string()) {
    std::filesystem::remove(path);
    check(sqlite3_open(path_.c_str(), &db_));
    run(kSchema);
  }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  void check(int status) const {
    if (status == SQLITE_OK || status == SQLITE_DONE) return;
    throw input_error("{}: cannot write: {}", path_, sqlite3_errmsg(db_));
  }
  [[nodiscard]] sqlite3* handle() const { return db_; }

 private:
  std::string path_;
  sqlite3* db_ = nullptr;
};

// An insert with numbers, and one text at most.
class Insert {
 public:
  Insert(const Database& db, const char* sql) : db_(db) {
    db.check(sqlite3_prepare_v2(db.handle(), sql, -1, &statement_, nullptr));
  }
  ~Insert() { sqlite3_finalize(statement_); }
  Insert(const Insert&) = delete;
  Insert& operator=(const Insert&) = delete;

  void add(std::initializer_list<std::int64_t> numbers, std::string_view text = {}) {
    int column = 0;
    for (const std::int64_t number : numbers) sqlite3_bind_int64(statement_, ++column, number);
    if (!text.empty()) {
      sqlite3_bind_text(statement_, ++column, text.data(), static_cast<int>(text.size()),
                        SQLITE_STATIC);
    }
    db_.check(sqlite3_step(statement_));
    sqlite3_reset(statement_);
  }

 private:
  const Database& db_;
  sqlite3_stmt* statement_ = nullptr;
};

// One process per device, as torchrun makes them; all call their GPU 0.
std::int64_t global_pid(std::int64_t device) {
  return (std::int64_t{1} << 48) | ((4000 + device) << 24);
}

constexpr std::int64_t kLaunchName = 100;
constexpr std::int64_t kGraphLaunchName = 101;
constexpr std::int64_t kRangeName = 102;
constexpr std::int64_t kThreadName = 103;

void write_names(const Database& db, const TraceShape& shape) {
  Insert names(db, "INSERT INTO StringIds VALUES (?, ?)");
  for (std::size_t i = 0; i < kGeneratedKernels.size(); ++i) {
    names.add({static_cast<std::int64_t>(i)}, kGeneratedKernels[i]);
  }
  names.add({kLaunchName}, "cudaLaunchKernel_v7000");
  names.add({kGraphLaunchName}, "cudaGraphLaunch_v10000");
  names.add({kRangeName}, "moe");
  names.add({kThreadName}, "python");
  Insert gpus(
      db,
      "INSERT INTO TARGET_INFO_GPU VALUES (0, ?, 'NVIDIA H100', '0000:18:00.0', 1, 52428800, "
      "85024112640, 0, 0, 132, 9, 0)");
  Insert devices(db, "INSERT INTO TARGET_INFO_CUDA_DEVICE VALUES (?, 0, ?, NULL, 132)");
  Insert threads(db, "INSERT INTO ThreadNames VALUES (?, 20, ?)");
  for (std::int64_t device = 0; device < shape.devices; ++device) {
    gpus.add({device});
    devices.add({device, 4000 + device});
    threads.add({kThreadName, global_pid(device) + 4000 + device});
  }
}

}  // namespace

TraceTotals write_nsys_trace(const std::filesystem::path& path, const TraceShape& shape) {
  Database db(path);
  TraceTotals totals;
  {
    write_names(db, shape);
    Insert kernels(
        db,
        "INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (?, ?, 0, 1, 0, 7, ?, ?, ?, ?, ?, 1, "
        "1, 40, 256, 1, 1, 128, 1, 1, 16384, 0, 0, 250871808, ?, 32768, NULLIF(?, 0), 0)");
    Insert copies(
        db, "INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (?, ?, 0, 1, 0, 7, ?, ?, ?, 8, NULL)");
    Insert fills(
        db, "INSERT INTO CUPTI_ACTIVITY_KIND_MEMSET VALUES (?, ?, 0, 1, 0, 7, ?, ?, 0, ?, NULL)");
    Insert calls(db, "INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (?, ?, 0, ?, ?, ?, 0, NULL)");
    Insert ranges(
        db,
        "INSERT INTO NVTX_EVENTS VALUES (?, ?, 59, NULL, NULL, NULL, NULL, ?, NULL, ?, 0, "
        "NULL, NULL, NULL)");
    Insert steps(db,
                 "INSERT INTO NVTX_EVENTS VALUES (?, ?, 60, 1, NULL, NULL, ?4, ?3, NULL, NULL, 0, "
                 "NULL, NULL, NULL)");
    const auto work = [&](const GeneratedWork& w) {
      const std::int64_t process = global_pid(w.device);
      const std::int64_t thread = process + 4000 + w.device;
      const auto name = static_cast<std::int64_t>(w.kernel);
      if (w.launched) {
        ranges.add({w.launch_ns - 200, w.launch_ns + kGeneratedLaunchNs + 100, thread, kRangeName});
        calls.add({w.launch_ns, w.launch_ns + kGeneratedLaunchNs, thread, w.correlation,
                   shape.graph ? kGraphLaunchName : kLaunchName});
      }
      if (w.is_kernel()) {
        kernels.add({w.start_ns, w.end_ns, w.correlation, process, name, name, name, w.correlation,
                     w.node});
      } else {
        (w.is_copy() ? copies : fills).add({w.start_ns, w.end_ns, w.correlation, process, w.bytes});
      }
    };
    const auto step = [&](std::int64_t device, std::int64_t number, std::int64_t begin,
                          std::int64_t end) {
      steps.add({begin, end, global_pid(device) + 4000 + device},
                "step[" + std::to_string(number) + "]");
    };
    totals = generate(shape, work, step);
  }
  db.run("COMMIT");
  return totals;
}

TraceShape nsys_shape(std::int64_t bytes) {
  constexpr std::int64_t kBytesPerKernel = 176;
  TraceShape shape;
  shape.kernels_per_step = 1000;
  shape.steps = std::max<std::int64_t>(1, bytes / kBytesPerKernel / shape.kernels_per_step);
  return shape;
}

}  // namespace dscope::importer
