// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/activity_file_reader.h"

#include "profiler/import/activity_file.h"
#include "profiler/import/activity_file_format.h"
#include "profiler/import/lane_order.h"
#include "profiler/import/tracks.h"
#include "profiler/profile/profile_json.h"
#include "workloads/base/error.h"
#include "workloads/parallel.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

namespace dscope::importer {
namespace {

// Reports from the thread of the caller alone: that is where it wants them.
class BlockProgress {
 public:
  BlockProgress(const ReadOptions& options, std::size_t total, const std::string& source)
      : options_(options), total_(total), source_(source), caller_(std::this_thread::get_id()) {}

  void done_one() {
    const std::size_t done = ++done_;
    if (options_.stop != nullptr && options_.stop->load()) {
      throw Error(ErrorKind::kInterrupted, source_ + ": reading was interrupted");
    }
    if (options_.on_progress && std::this_thread::get_id() == caller_) {
      options_.on_progress(static_cast<double>(done) / static_cast<double>(total_));
    }
  }

 private:
  const ReadOptions& options_;
  std::size_t total_;
  const std::string& source_;
  std::thread::id caller_;
  std::atomic<std::size_t> done_{0};
};

// Moves the activities together where blocks had records that were left out.
void close_gaps(const std::vector<std::size_t>& begins,
                const std::vector<ActivityBlocks::Read>& reads,
                BulkVector<collect::Activity>& list) {
  std::size_t size = 0;
  for (std::size_t b = 0; b < reads.size(); ++b) {
    const auto from = list.begin() + static_cast<std::ptrdiff_t>(begins[b]);
    if (size != begins[b]) {
      std::copy(from, from + static_cast<std::ptrdiff_t>(reads[b].written),
                list.begin() + static_cast<std::ptrdiff_t>(size));
    }
    size += reads[b].written;
  }
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(size), list.end());
}

}  // namespace

bool is_activity_file(std::span<const std::byte> begin) {
  std::uint64_t magic = 0;
  if (begin.size() < sizeof magic) return false;
  std::memcpy(&magic, begin.data(), sizeof magic);
  return magic == format::kMagic;
}

Trace parse_activity_file(std::span<const std::byte> file, const std::string& source,
                          const ReadOptions& options) {
  const ActivityBlocks blocks(file, source);
  std::vector<std::size_t> begins(blocks.count() + 1, 0);
  for (std::size_t b = 0; b < blocks.count(); ++b) begins[b + 1] = begins[b] + blocks.records(b);
  Trace trace = blocks.trace();
  trace.list.activities = unwritten<collect::Activity>(begins.back());
  const std::span all(trace.list.activities);
  std::vector<ActivityBlocks::Read> reads(blocks.count());
  BlockProgress progress(options, blocks.count(), source);
  parallel_for(blocks.count(), [&](std::size_t b) {
    blocks.check(b);
    reads[b] = blocks.read(b, all.subspan(begins[b], blocks.records(b)));
    progress.done_one();
  });
  for (const ActivityBlocks::Read& read : reads) {
    trace.losses.negative_durations += read.negative_durations;
  }
  close_gaps(begins, reads, trace.list.activities);
  complete_tracks(trace);
  return trace;
}

Trace read_activity_file(const std::filesystem::path& path, const ReadOptions& options) {
  const MappedFile file(path);
  return parse_activity_file(file.bytes(), path.string(), options);
}

std::optional<SavedTrace> open_saved_trace(const std::filesystem::path& path) {
  std::array<std::byte, sizeof(format::FileHeader)> begin{};
  std::ifstream in(path, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(begin.data()), begin.size())) return std::nullopt;
  if (!is_activity_file(begin)) return std::nullopt;
  return std::optional<SavedTrace>(std::in_place, path);
}

void write_activity_file(const Trace& trace, const std::filesystem::path& path) {
  ActivityFileWriter writer;
  std::error_code error = writer.open(path.string());
  writer.set("format", trace.format);
  for (std::size_t i = 0; i < trace.sources.size(); ++i) {
    writer.set(fmt::format("source.{:06}", i), trace.sources[i]);
  }
  for (const profile::LossInfo& loss : profile::kLosses) {
    const std::int64_t count = trace.losses.*loss.counter;
    if (count != 0) writer.set(std::string("loss.") + loss.key, std::to_string(count));
  }
  for (const Skipped& skipped : trace.skipped) {
    writer.set("skipped." + skipped.reason, std::to_string(skipped.count));
  }
  profile::Profile device;
  device.device = trace.device;
  writer.set("device", profile::to_json(device).dump());
  if (trace.measurement) {
    profile::Profile measured;
    measured.measurement = trace.measurement;
    writer.set("measurement", profile::to_json(measured).dump());
  }
  writer.set("order", "lanes");
  for (const DeviceTrack& track : trace.devices) {
    writer.name_device(track.device, track.name, track.rank);
  }
  for (const LaneTrack& track : trace.lanes) {
    writer.name_lane(track.device, track.lane, track.name);
  }
  for (const std::string& name : trace.list.names) writer.intern(name);
  for (const auto& [key, order] : lanes_in_order(trace.list.activities)) {
    for (const std::uint32_t index : order) writer.add(trace.list.activities[index]);
    writer.flush();  // a block ends with its lane
  }
  if (!error) error = writer.finish();
  if (error) throw input_error("{}: cannot write: {}", path.string(), error.message());
}

}  // namespace dscope::importer
