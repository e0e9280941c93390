// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/nsys_reader.h"

#include "profiler/import/nsys_names.h"
#include "profiler/import/nsys_tables.h"
#include "profiler/import/nsys_target.h"
#include "profiler/import/sqlite_database.h"
#include "profiler/import/tracks.h"
#include "workloads/base/error.h"

#include <fmt/ranges.h>

#include <atomic>
#include <exception>
#include <thread>

namespace dscope::importer {
namespace {

void check_is_export(const SqliteDatabase& db) {
  for (const std::string_view table : kNsysWorkTables) {
    if (db.has_table(std::string(table))) return;
  }
  for (const std::string_view table : kNsysHostTables) {
    if (db.has_table(std::string(table))) return;
  }
  std::vector<std::string> some(db.tables().begin(), db.tables().end());
  if (some.size() > 8) some.resize(8);
  for (std::string& table : some) table = table.substr(0, 64);
  throw input_error(
      "{}: expected an Nsight Systems export with CUPTI_ACTIVITY_KIND_KERNEL or other tables of "
      "CUDA and NVTX events, found {}",
      db.path(),
      some.empty() ? "no tables"
                   : fmt::format("{} tables: {}{}", db.tables().size(), fmt::join(some, ", "),
                                 some.size() < db.tables().size() ? ", ..." : ""));
}

// Rows of both threads against all rows.
class RowProgress {
 public:
  RowProgress(const SqliteDatabase& db, const ReadOptions& options) : options_(options) {
    for (const std::string_view table : kNsysWorkTables) total_ += rows(db, table);
    for (const std::string_view table : kNsysHostTables) total_ += rows(db, table);
  }

  void add(std::int64_t count) { done_ += count; }

  // From the thread of the caller only: that is where it wants its reports.
  void report() const {
    if (!options_.on_progress || total_ <= 0) return;
    options_.on_progress(std::min(1.0, static_cast<double>(done_.load()) / total_));
  }

 private:
  static double rows(const SqliteDatabase& db, std::string_view table) {
    return static_cast<double>(db.last_row(std::string(table)));
  }

  const ReadOptions& options_;
  double total_ = 0;
  std::atomic<std::int64_t> done_{0};
};

// Appends the activities of a part to the trace, with their names, on the trace's clock.
void append(NsysPart& part, const NsysStrings& strings, std::int64_t offset_ns,
            const std::string& source, Trace& trace) {
  const std::size_t begin = trace.list.activities.size();
  part.activities.move_to(trace.list.activities);
  const std::vector<std::uint32_t> names = strings.intern(part.names, trace.list);
  for (std::size_t i = begin; i < trace.list.activities.size(); ++i) {
    collect::Activity& activity = trace.list.activities[i];
    activity.name = names[activity.name];
    if (__builtin_add_overflow(activity.start_ns, offset_ns, &activity.start_ns) ||
        __builtin_add_overflow(activity.end_ns, offset_ns, &activity.end_ns)) {
      throw input_error(
          "{}: table TARGET_INFO_SESSION_START_TIME: expected a start within 292 years, found an "
          "offset of {} ns",
          source, offset_ns);
    }
  }
  trace.losses += part.losses;
  for (const auto& [reason, count] : part.skipped) add_skipped(trace, reason, count);
}

void name_tracks(const NsysPart& host, const NsysTarget& target, const NsysStrings& strings,
                 Trace& trace) {
  for (const auto& [thread, lane] : host.lane_of_thread) {
    const auto name = target.thread_names.find(thread);
    const auto process = target.processes.find(process_of_thread(thread));
    std::string text = name != target.thread_names.end()   ? strings.text(name->second)
                       : process != target.processes.end() ? process->second
                                                           : "thread";
    trace.lanes.push_back({-1, lane, fmt::format("{} ({})", text, thread & 0xffffff)});
  }
  complete_tracks(trace);
  for (DeviceTrack& track : trace.devices) {
    for (const profile::Gpu& gpu : target.device.gpus) {
      if (gpu.index == track.device && !gpu.name.empty()) track.name += ": " + gpu.name;
    }
  }
}

}  // namespace

Trace read_nsys(const std::filesystem::path& path, const ReadOptions& options) {
  const SqliteDatabase db(path, options.stop);
  check_is_export(db);
  const NsysTarget target = read_nsys_target(db);
  RowProgress progress(db, options);

  NsysPart host;
  std::exception_ptr host_error;
  std::thread host_thread([&] {
    try {
      const SqliteDatabase second(path, options.stop);
      host = read_nsys_host(second, target.context, [&](std::int64_t rows) { progress.add(rows); });
    } catch (...) {
      host_error = std::current_exception();
    }
  });
  NsysPart work;
  std::exception_ptr work_error;
  try {
    work = read_nsys_work(db, target.context, [&](std::int64_t rows) {
      progress.add(rows);
      progress.report();
    });
  } catch (...) {
    work_error = std::current_exception();
  }
  host_thread.join();
  if (work_error) std::rethrow_exception(work_error);
  if (host_error) std::rethrow_exception(host_error);

  NsysStrings strings;
  strings.want(work.names);
  strings.want(host.names);
  for (const auto& [thread, lane] : host.lane_of_thread) {
    const auto name = target.thread_names.find(thread);
    if (name != target.thread_names.end()) strings.want(name->second);
  }
  strings.read(db);

  Trace trace;
  trace.format = "nsys";
  trace.sources = {path.string()};
  trace.device = target.device;
  append(work, strings, target.clock_offset_ns, path.string(), trace);
  append(host, strings, target.clock_offset_ns, path.string(), trace);
  for (const auto& [complaint, count] : target.complaints) add_skipped(trace, complaint, count);
  add_skipped(trace, "names that StringIds lacks", strings.missing());
  name_tracks(host, target, strings, trace);
  return trace;
}

}  // namespace dscope::importer
