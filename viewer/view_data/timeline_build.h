// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/import/lane_order.h"
#include "viewer/view_data/timeline.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// How a timeline is made, whatever its slices come from.
namespace dscope::view_data {

// The slices of a part of a lane.
struct LanePart {
  std::vector<Slice> slices;
  std::vector<std::uint32_t> collectives;  // indices of slices that are kernels of Stage::kNccl
  bool calls_only = true;                  // all of them are calls of the CUDA API

  void clear() {  // and keeps the memory
    slices.clear();
    collectives.clear();
    calls_only = true;
  }
};

// Where the slices of one lane come from: in parts, each of which any thread may ask for at any
// time. All of a lane are in order of start, of equal starts the longer one first.
class LaneSource {
 public:
  virtual ~LaneSource() = default;
  [[nodiscard]] virtual importer::LaneKey key() const = 0;
  [[nodiscard]] virtual std::size_t parts() const = 0;
  // When the slices of a part are. Replaces what is in `times`.
  virtual void read_times(std::size_t part, std::vector<TimeRange>& times) const = 0;
  // What they are: as many, in the same order. Replaces what is in `out`.
  virtual void read(std::size_t part, LanePart& out) const = 0;
};
using LaneSources = std::vector<std::unique_ptr<LaneSource>>;

// What can be drawn: the rest is counted by attribution.
[[nodiscard]] inline bool is_drawn(std::int64_t start_ns, std::int64_t end_ns) {
  return end_ns > start_ns && start_ns > 0;
}

// The slice of an activity, whose label counts when it is work.
[[nodiscard]] Slice slice_of(const collect::Activity& activity,
                             const attribute::LabelledWork& label);
void add_slice(const collect::Activity& activity, const attribute::LabelledWork& label,
               LanePart& part);

// Names of devices and lanes are those of `trace`, whose activities are not looked at; `names` are
// those of the slices. On all cores. Empty: a source is not in order. Throws Error{kInterrupted}.
[[nodiscard]] std::optional<Timeline> timeline_of(const LaneSources& lanes,
                                                  const importer::Trace& trace,
                                                  std::vector<std::string> names,
                                                  const std::atomic<bool>* stop);

// Where no work lane of the group does anything, between its first and its last work.
[[nodiscard]] Row idle_row(const Group& group);

}  // namespace dscope::view_data
