// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/nccl_split.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <utility>

namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityList;

std::int64_t duration(const Activity& a) {
  return a.end_ns - a.start_ns;
}

void set(Collective& collective, const Activity& a, std::int64_t wait_ns) {
  collective.wait_ns = std::clamp<std::int64_t>(wait_ns, 0, duration(a));
  collective.transfer_ns = duration(a) - collective.wait_ns;
}

std::vector<std::span<Collective>> by_device(const ActivityList& list,
                                             std::vector<Collective>& collectives) {
  std::vector<std::span<Collective>> devices;
  const auto device_of = [&](const Collective& c) { return list.activities[c.work].device; };
  for (std::size_t begin = 0; begin < collectives.size();) {
    std::size_t end = begin;
    while (end < collectives.size() &&
           device_of(collectives[end]) == device_of(collectives[begin])) {
      ++end;
    }
    devices.push_back(std::span(collectives).subspan(begin, end - begin));
    begin = end;
  }
  return devices;
}

// The last start of the n-th collective of all devices, when it is before the first end.
std::optional<std::int64_t> common_start(const ActivityList& list,
                                         const std::vector<std::span<Collective>>& devices,
                                         std::size_t n) {
  std::int64_t last_start = std::numeric_limits<std::int64_t>::min();
  std::int64_t first_end = std::numeric_limits<std::int64_t>::max();
  for (const auto& device : devices) {
    const Activity& a = list.activities[device[n].work];
    last_start = std::max(last_start, a.start_ns);
    first_end = std::min(first_end, a.end_ns);
  }
  if (last_start >= first_end) return std::nullopt;
  return last_start;
}

bool split_across_ranks(const ActivityList& list,
                        const std::vector<std::span<Collective>>& devices) {
  if (devices.size() < 2) return false;
  const std::size_t count = devices.front().size();
  for (const auto& device : devices) {
    if (device.size() != count) return false;
  }
  std::vector<std::optional<std::int64_t>> starts(count);
  std::size_t together = 0;
  for (std::size_t n = 0; n < count; ++n) {
    starts[n] = common_start(list, devices, n);
    together += starts[n] ? 1 : 0;
  }
  if (together * 20 < count * 19) return false;
  for (const auto& device : devices) {
    for (std::size_t n = 0; n < count; ++n) {
      const Activity& a = list.activities[device[n].work];
      // The few that do not overlap: the whole of it passed before the others came.
      set(device[n], a, starts[n] ? *starts[n] - a.start_ns : duration(a));
    }
  }
  return true;
}

bool is_low_latency(const std::string& name) {
  const std::size_t at = name.find("_LL");
  return at != std::string::npos && name.compare(at, 6, "_LL128") != 0;
}

// The longest transfer that is plausible; empty: any.
std::optional<std::int64_t> longest_transfer_ns(const ActivityList& list, const Activity& a) {
  constexpr std::int64_t kLatencyNs = 100'000;
  constexpr std::uint64_t kLargestLowLatency = 512 << 10;
  constexpr std::uint64_t kAnyBytes = std::uint64_t{1} << 60;
  std::uint64_t bytes = a.bytes;
  if (bytes == 0 && is_low_latency(list.name_of(a))) bytes = kLargestLowLatency;
  if (bytes == 0 || bytes > kAnyBytes) return std::nullopt;
  return kLatencyNs + static_cast<std::int64_t>(bytes);  // 1 GB/s is a byte a nanosecond
}

// Whether the bound decided for any of them.
bool split_by_minimum(const ActivityList& list, std::vector<Collective>& collectives) {
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::int64_t> shortest;  // by name and bytes
  for (const Collective& c : collectives) {
    const Activity& a = list.activities[c.work];
    const auto entry = shortest.try_emplace({a.name, a.bytes}, duration(a)).first;
    entry->second = std::min(entry->second, duration(a));
  }
  bool bounded = false;
  for (Collective& c : collectives) {
    const Activity& a = list.activities[c.work];
    std::int64_t transfer_ns = shortest.at({a.name, a.bytes});
    if (const auto bound = longest_transfer_ns(list, a); bound && *bound < transfer_ns) {
      transfer_ns = *bound;
      bounded = true;
    }
    set(c, a, duration(a) - transfer_ns);
  }
  return bounded;
}

}  // namespace

std::string split_collectives(const ActivityList& list, std::vector<Collective>& collectives) {
  if (collectives.empty()) return {};
  if (split_across_ranks(list, by_device(list, collectives))) return "across ranks";
  return split_by_minimum(list, collectives) ? "minimum duration, bounded" : "minimum duration";
}

}  // namespace dscope::attribute
