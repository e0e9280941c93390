// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/import/tracks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace dscope::importer {

void complete_tracks(Trace& trace) {
  std::map<std::int32_t, DeviceTrack> devices;
  std::map<std::pair<std::int32_t, std::int32_t>, LaneTrack> lanes;
  for (DeviceTrack& track : trace.devices) devices[track.device] = std::move(track);
  for (LaneTrack& track : trace.lanes) lanes[{track.device, track.lane}] = std::move(track);
  std::optional<std::pair<std::int32_t, std::int32_t>> last;
  for (const collect::Activity& activity : trace.list.activities) {
    const std::pair key{activity.device, activity.lane};
    if (last == key) continue;
    last = key;
    const auto [device, lane] = key;
    if (devices[device].name.empty()) {
      devices[device].device = device;
      devices[device].name = device < 0 ? "host" : fmt::format("GPU {}", device);
    }
    LaneTrack& track = lanes[key];
    if (!track.name.empty()) continue;
    track = {device, lane, fmt::format("{} {}", device < 0 ? "thread" : "stream", lane)};
  }
  trace.devices.clear();
  trace.lanes.clear();
  for (auto& [device, track] : devices) trace.devices.push_back(std::move(track));
  for (auto& [key, track] : lanes) trace.lanes.push_back(std::move(track));
}

void add_skipped(Trace& trace, std::string_view reason, std::int64_t count) {
  if (count == 0) return;
  auto entry = std::find_if(trace.skipped.begin(), trace.skipped.end(),
                            [&](const Skipped& s) { return s.reason == reason; });
  if (entry == trace.skipped.end()) {
    entry = trace.skipped.insert(entry, Skipped{std::string(reason), 0});
  }
  entry->count += count;
}

}  // namespace dscope::importer
