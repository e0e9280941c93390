// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/nsys_reader.h"

#include "profiler/import/name_table.h"
#include "profiler/import/nsys_names.h"
#include "profiler/import/nsys_tables.h"
#include "profiler/import/nsys_target.h"
#include "profiler/import/sqlite_database.h"
#include "profiler/import/tracks.h"
#include "workloads/base/error.h"
#include "workloads/parallel.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <span>
#include <thread>

namespace dscope::importer {
namespace {

void check_is_export(const SqliteDatabase& db) {
  if (!nsys_pieces(db).empty()) return;
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

// Rows of all threads against all rows.
class RowProgress {
 public:
  RowProgress(const SqliteDatabase& db, const ReadOptions& options)
      : options_(options), caller_(std::this_thread::get_id()) {
    for (const std::string_view table : kNsysWorkTables) total_ += rows(db, table);
    for (const std::string_view table : kNsysHostTables) total_ += rows(db, table);
  }

  // Reports from the thread of the caller only: that is where it wants them.
  void add(std::int64_t count) {
    done_ += count;
    if (!options_.on_progress || total_ <= 0 || std::this_thread::get_id() != caller_) return;
    options_.on_progress(std::min(1.0, static_cast<double>(done_.load()) / total_));
  }

 private:
  static double rows(const SqliteDatabase& db, std::string_view table) {
    return static_cast<double>(db.last_row(std::string(table)));
  }

  const ReadOptions& options_;
  std::thread::id caller_;
  double total_ = 0;
  std::atomic<std::int64_t> done_{0};
};

// Devices, streams and threads of all parts get numbers: what their tool shows, as long as
// processes do not share one.
class Numbers {
 public:
  explicit Numbers(const NsysDeviceMap& devices) : cuda_devices_(devices) {}

  struct Place {
    std::int32_t device = -1;
    std::int32_t lane = 0;
  };

  Place of_stream(const NsysStream& at) {
    const auto mapped = cuda_devices_.find({process_id(at.process), at.device});
    const std::int64_t gpu = mapped != cuda_devices_.end() ? mapped->second : at.device;
    const std::int32_t device = devices_.number_of(std::to_string(gpu), gpu);
    const std::string key = fmt::format("{} {}", at.process, at.stream);
    return {device, streams_[device].number_of(key, at.stream)};
  }
  Place of_thread(std::int64_t thread) {
    const auto lane = threads_.number_of(std::to_string(thread), thread & 0xffffff);
    lane_of_thread_[thread] = lane;
    return {-1, lane};
  }
  // By globalTid.
  [[nodiscard]] const std::map<std::int64_t, std::int32_t>& threads() const {
    return lane_of_thread_;
  }

 private:
  const NsysDeviceMap& cuda_devices_;
  NumberPool devices_;
  std::map<std::int32_t, NumberPool> streams_;
  NumberPool threads_;
  std::map<std::int64_t, std::int32_t> lane_of_thread_;
};

// What the indices of a part mean in the trace.
struct Meaning {
  std::vector<std::uint32_t> names;
  std::vector<Numbers::Place> streams;
  std::vector<Numbers::Place> threads;
};

// Puts the activities of a part on the clock of the trace and into it; they are gone afterwards.
void move_activities(NsysPart& part, const Meaning& meaning, std::int64_t offset_ns,
                     const std::string& source, std::span<collect::Activity> to) {
  for (std::size_t i = 0; i < part.activities.size(); ++i) {
    collect::Activity activity = part.activities[i];
    activity.name = meaning.names[activity.name];
    const auto& places = collect::is_work(activity.kind) ? meaning.streams : meaning.threads;
    const Numbers::Place place = places[static_cast<std::size_t>(activity.lane)];
    activity.device = place.device;
    activity.lane = place.lane;
    if (__builtin_add_overflow(activity.start_ns, offset_ns, &activity.start_ns) ||
        __builtin_add_overflow(activity.end_ns, offset_ns, &activity.end_ns)) {
      throw input_error(
          "{}: table TARGET_INFO_SESSION_START_TIME: expected a start within 292 years, found an "
          "offset of {} ns",
          source, offset_ns);
    }
    to[i] = activity;
  }
  BulkVector<collect::Activity>().swap(part.activities);
}

// The parts one after another.
void join(std::vector<NsysPart>& parts, const NsysStrings& strings, const NsysTarget& target,
          Numbers& numbers, Trace& trace) {
  std::vector<Meaning> meanings(parts.size());
  std::vector<std::size_t> begins(parts.size() + 1, 0);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const NsysPart& part = parts[p];
    begins[p + 1] = begins[p] + part.activities.size();
    meanings[p].names = strings.intern(part.names, trace.list);
    for (const NsysStream& at : part.streams) meanings[p].streams.push_back(numbers.of_stream(at));
    for (const std::int64_t at : part.threads) meanings[p].threads.push_back(numbers.of_thread(at));
    trace.losses += part.losses;
    for (const auto& [reason, count] : part.skipped) add_skipped(trace, reason, count);
  }
  trace.list.activities = unwritten<collect::Activity>(begins.back());
  const std::span all(trace.list.activities);
  parallel_for(parts.size(), [&](std::size_t p) {
    move_activities(parts[p], meanings[p], target.clock_offset_ns, trace.sources.front(),
                    all.subspan(begins[p], begins[p + 1] - begins[p]));
  });
}

void name_tracks(const Numbers& numbers, const NsysTarget& target, const NsysStrings& strings,
                 Trace& trace) {
  for (const auto& [thread, lane] : numbers.threads()) {
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
  const std::vector<NsysPiece> pieces = nsys_pieces(db);
  std::vector<NsysPart> parts(pieces.size());
  parallel_for(pieces.size(), [&](std::size_t p) {
    const SqliteDatabase own(path, options.stop);  // a connection is of one thread
    parts[p] = read_nsys_piece(own, pieces[p], target.context,
                               [&](std::int64_t rows) { progress.add(rows); });
  });

  NsysStrings strings;
  for (const NsysPart& part : parts) {
    strings.want(part.names);
    for (const std::int64_t thread : part.threads) {
      const auto name = target.thread_names.find(thread);
      if (name != target.thread_names.end()) strings.want(name->second);
    }
  }
  strings.read(db);

  Trace trace;
  trace.format = "nsys";
  trace.sources = {path.string()};
  trace.device = target.device;
  Numbers numbers(target.context.devices);
  join(parts, strings, target, numbers, trace);
  for (const auto& [complaint, count] : target.complaints) add_skipped(trace, complaint, count);
  add_skipped(trace, "names that StringIds lacks", strings.missing());
  name_tracks(numbers, target, strings, trace);
  return trace;
}

}  // namespace dscope::importer
