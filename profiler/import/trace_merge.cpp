// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/trace_merge.h"

#include "profiler/import/tracks.h"
#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace dscope::importer {
namespace {

using collect::Activity;

// A number in a name, and where its digits are.
struct NumberInName {
  std::int64_t value = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::optional<NumberInName> number_after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t begin = at + mark.size();
  const std::size_t end = std::min(text.find_first_not_of("0123456789", begin), text.size());
  const auto value = parse_number<std::int64_t>(text.substr(begin, end - begin));
  if (!value) return std::nullopt;
  return NumberInName{*value, begin, end};
}

std::optional<NumberInName> rank_in_name(std::string_view file_name) {
  for (const std::string_view other : {"-DP-", "-PP-", "-EP-"}) {
    const auto number = number_after(file_name, other);
    if (number && number->value != 0) return std::nullopt;
  }
  for (const std::string_view mark : {"-TP-", "rank_", "rank-", "rank"}) {
    if (const auto rank = number_after(file_name, mark)) return rank;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> rank_of_name(std::string_view file_name) {
  const auto rank = rank_in_name(file_name);
  return rank ? std::optional(rank->value) : std::nullopt;
}

std::string name_without_rank(std::string_view file_name) {
  std::string name(file_name);
  const auto rank = rank_in_name(file_name);
  if (!rank) return name;
  const bool separated = name[rank->begin - 1] == '-' || name[rank->begin - 1] == '_';
  const std::size_t begin = rank->begin - (separated ? 1 : 0);
  return name.erase(begin, rank->end - begin);
}

std::vector<std::vector<std::filesystem::path>> group_ranks(
    const std::vector<std::filesystem::path>& files) {
  std::vector<std::vector<std::filesystem::path>> groups;
  std::map<std::filesystem::path, std::size_t> runs;  // index into groups
  const auto rank_of = [](const std::filesystem::path& file) {
    return rank_of_name(file.filename().string());
  };
  for (const std::filesystem::path& file : files) {
    std::size_t group = groups.size();
    if (const auto rank = rank_of(file)) {
      const auto run = file.parent_path() / name_without_rank(file.filename().string());
      std::size_t& known = runs.try_emplace(run, group).first->second;
      const bool again =
          known < group && std::any_of(groups[known].begin(), groups[known].end(),
                                       [&](const auto& other) { return rank_of(other) == rank; });
      if (again) known = group;
      group = known;
    }
    if (group == groups.size()) groups.emplace_back();
    groups[group].push_back(file);
  }
  for (auto& group : groups) {
    std::stable_sort(group.begin(), group.end(),
                     [&](const auto& a, const auto& b) { return rank_of(a) < rank_of(b); });
  }
  return groups;
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
  const auto ranked = std::find_if(trace.devices.begin(), trace.devices.end(),
                                   [](const DeviceTrack& track) { return track.rank.has_value(); });
  const std::string rank =
      ranked == trace.devices.end() ? "" : fmt::format("rank {} ", *ranked->rank);
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
    if (added) {
      // Above those of the files before: threads sorted by number are in the order of the ranks.
      const std::int64_t wanted = files_ == 0 ? lane : last_thread_ + std::int64_t{1};
      entry->second = threads_.number_of(fmt::format("{} {}", file, lane), wanted);
      last_thread_ = std::max(last_thread_, entry->second);
    }
    return entry->second;
  };
  for (DeviceTrack& track : trace.devices) {
    track.device = device_of(track.device);
    if (track.device >= 0 || files_ == 0) result_.devices.push_back(std::move(track));
  }
  for (LaneTrack& track : trace.lanes) {
    track.lane = lane_of(track.device, track.lane);
    track.device = device_of(track.device);
    // Those of a GPU stand under its name; the threads of all ranks are together.
    if (track.device < 0) track.name = rank + track.name;
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
