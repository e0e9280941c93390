// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/trace_merge.h"

#include "profiler/import/decimal_time.h"
#include "profiler/import/tracks.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace dscope::importer {
namespace {

using collect::Activity;

std::optional<std::int64_t> number_after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view digits = text.substr(at + mark.size());
  digits = digits.substr(0, digits.find_first_not_of("0123456789"));
  return parse_integer(digits);
}

}  // namespace

std::optional<std::int64_t> rank_of_name(std::string_view file_name) {
  for (const std::string_view other : {"-DP-", "-PP-", "-EP-"}) {
    if (number_after(file_name, other).value_or(0) != 0) return std::nullopt;
  }
  for (const std::string_view mark : {"-TP-", "rank_", "rank-", "rank"}) {
    if (const auto rank = number_after(file_name, mark)) return rank;
  }
  return std::nullopt;
}

void apply_file_rank(Trace& trace, const std::filesystem::path& path) {
  const auto rank = rank_of_name(path.filename().string());
  const auto gpus = std::count_if(trace.devices.begin(), trace.devices.end(),
                                  [](const DeviceTrack& track) { return track.device >= 0; });
  for (DeviceTrack& track : trace.devices) {
    if (track.device < 0) continue;
    // Several GPUs in one file are several ranks, of which the name tells one at most.
    if (!track.rank && gpus == 1) track.rank = rank;
    const std::string prefix = track.rank ? fmt::format("rank {} ", *track.rank) : "";
    if (track.name.starts_with("GPU")) track.name = prefix + track.name;
  }
}

void TraceMerge::add(Trace trace) {
  const std::string file = std::to_string(files_);
  std::map<std::int32_t, std::int32_t> devices;
  std::map<std::int32_t, std::int32_t> threads;
  const auto device_of = [&](std::int32_t device) {
    if (device < 0) return device;
    const auto [entry, added] = devices.try_emplace(device);
    // In the order of the files: a number that is taken means the next free one.
    if (added) entry->second = devices_.number_of(fmt::format("{} {}", file, device), device);
    return entry->second;
  };
  const auto lane_of = [&](std::int32_t device, std::int32_t lane) {
    if (device >= 0) return lane;
    const auto [entry, added] = threads.try_emplace(lane);
    if (added) entry->second = threads_.number_of(fmt::format("{} {}", file, lane), lane);
    return entry->second;
  };
  for (DeviceTrack& track : trace.devices) {
    track.device = device_of(track.device);
    if (track.device >= 0 || files_ == 0) result_.devices.push_back(std::move(track));
  }
  for (LaneTrack& track : trace.lanes) {
    track.lane = lane_of(track.device, track.lane);
    track.device = device_of(track.device);
    result_.lanes.push_back(std::move(track));
  }
  std::vector<std::uint32_t> names;
  names.reserve(trace.list.names.size());
  for (const std::string& name : trace.list.names) names.push_back(result_.list.intern(name));
  auto& activities = result_.list.activities;
  activities.reserve(activities.size() + trace.list.activities.size());
  for (Activity activity : trace.list.activities) {
    activity.name = names[activity.name];
    if (activity.range != collect::kNoName) activity.range = names[activity.range];
    activity.lane = lane_of(activity.device, activity.lane);
    activity.device = device_of(activity.device);
    if (activity.correlation != 0) activity.correlation ^= files_ << 52;
    activities.push_back(activity);
  }
  if (files_ == 0) result_.format = trace.format;
  if (result_.format != trace.format) result_.format = "several";
  result_.losses += trace.losses;
  for (const Skipped& skipped : trace.skipped) add_skipped(result_, skipped.reason, skipped.count);
  for (std::string& source : trace.sources) result_.sources.push_back(std::move(source));
  // Every rank of a machine describes all its GPUs: those that worked in this file are kept.
  for (profile::Gpu& gpu : trace.device.gpus) {
    const auto used = std::find_if(devices.begin(), devices.end(),
                                   [&](const auto& d) { return d.first == gpu.index; });
    if (used == devices.end()) continue;
    gpu.index = used->second;
    result_.device.gpus.push_back(std::move(gpu));
  }
  for (const std::string& missing : trace.device.missing) {
    auto& all = result_.device.missing;
    if (std::find(all.begin(), all.end(), missing) == all.end()) all.push_back(missing);
  }
  ++files_;
}

Trace TraceMerge::finish() {
  complete_tracks(result_);
  return std::move(result_);
}

}  // namespace dscope::importer
