// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/analyse.h"
#include "profiler/import/activity_blocks.h"
#include "profiler/import/trace.h"
#include "profiler/profile/profile.h"
#include "workloads/bulk_vector.h"
#include "workloads/stage.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

// What the timeline draws: lanes of rows of slices that do not overlap, with an index that answers
// "what happened in this pixel" without looking at every slice. No drawing.
namespace dscope::view_data {

struct TimeRange {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;

  [[nodiscard]] std::int64_t length_ns() const { return end_ns - start_ns; }
  [[nodiscard]] bool empty() const { return end_ns <= start_ns; }
  bool operator==(const TimeRange&) const = default;
};

inline constexpr std::uint32_t kNoSlice = std::numeric_limits<std::uint32_t>::max();

struct Slice {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::uint64_t correlation = 0;  // joins launches and work; 0: unknown
  std::uint64_t bytes = 0;        // of copies
  std::uint32_t name = 0;         // index into Timeline::names
  std::uint32_t wait_ns = 0;      // of a collective: the part spent waiting for other ranks
  Stage stage = Stage::kOther;
  attribute::LabelSource source = attribute::LabelSource::kSource;
  std::uint8_t confidence = 100;  // per cent, of the stage

  [[nodiscard]] std::int64_t length_ns() const { return end_ns - start_ns; }
};

// Slices by start, none of which overlaps another, with sums of time by stage.
class Row {
 public:
  void add(const Slice& slice) { slices_.push_back(slice); }  // by start, beyond the last end
  void reserve(std::size_t slices) { slices_.reserve(slices); }
  // Instead of add(): that many slices, which the caller writes before finish().
  [[nodiscard]] std::span<Slice> allocate(std::size_t slices) {
    slices_ = unwritten<Slice>(slices);
    return slices_;
  }
  void finish();  // builds the sums; then read only

  [[nodiscard]] std::span<const Slice> slices() const { return slices_; }
  [[nodiscard]] std::size_t size() const { return slices_.size(); }
  [[nodiscard]] std::int64_t end_ns() const {
    return slices_.empty() ? std::numeric_limits<std::int64_t>::min() : slices_.back().end_ns;
  }
  [[nodiscard]] std::int64_t longest_ns() const { return longest_ns_; }
  // The first slice that ends after `time_ns`; size() when there is none. O(log n).
  [[nodiscard]] std::size_t first_after(std::int64_t time_ns) const;
  // The slice at an instant; kNoSlice between slices.
  [[nodiscard]] std::uint32_t at(std::int64_t time_ns) const;

  using StageSums = std::array<std::int64_t, kStageCount>;
  // Time by stage before `time_ns`. O(log n).
  [[nodiscard]] StageSums before(std::int64_t time_ns) const;
  // The same before the last multiple of kBlock slices that ends by then: for what is too far away
  // to see the difference, without touching a slice. `blocks` is how many that were.
  [[nodiscard]] const StageSums& before_roughly(std::int64_t time_ns, std::size_t& blocks) const;
  static constexpr std::size_t kBlock = 32;  // memory of 1/8 of the slices

 private:
  BulkVector<Slice> slices_;
  std::int64_t longest_ns_ = 0;
  std::vector<StageSums> sums_;     // [n / kBlock + 1]: before slice i * kBlock
  std::vector<std::int64_t> ends_;  // [n / kBlock]: of slice (i + 1) * kBlock - 1; stays in cache
};

enum class LaneKind : std::uint8_t {
  kSteps,      // decode steps
  kMeasured,   // stage totals of each step, side by side: not an order in time
  kPredicted,  // the same of a prediction, at the same scale
  kResidual,   // measured against predicted
  kWork,       // kernels and copies of a stream, or ops of a CPU thread
  kRanges,     // NVTX and CPU operators
  kCalls,      // CUDA API
};

struct Lane {
  LaneKind kind = LaneKind::kWork;
  std::int32_t device = -1;
  std::int32_t lane = 0;
  std::string name;       // "stream 7"
  std::vector<Row> rows;  // by depth of nesting; at least one

  [[nodiscard]] std::size_t slices() const;
};

// A device with its lanes.
struct Group {
  std::int32_t device = -1;
  std::string name;  // "TP-0 GPU 0", "Host"
  std::vector<Lane> lanes;
  // Time in which no lane of the device does work, as one row of Stage::kGap slices.
  Row idle;
};

struct Timeline {
  std::vector<std::string> names;
  std::vector<Group> groups;
  TimeRange extent;  // of everything; empty when there is nothing
  std::vector<TimeRange> steps;
  std::size_t slice_count = 0;
  bool has_waits = false;         // some slice has wait_ns
  bool has_events = false;        // false: only the stage totals of the steps are known
  std::size_t depth_limited = 0;  // slices nested deeper than the rows shown, left out

  [[nodiscard]] const std::string& name_of(const Slice& slice) const { return names[slice.name]; }
};

// From a recorded trace. `list` must be what analyse() returned its result for. Takes the names out
// of the list. Throws Error{kInterrupted} when `stop` is set.
[[nodiscard]] Timeline make_timeline(importer::Trace trace, const attribute::Analysis& analysis,
                                     const std::atomic<bool>* stop = nullptr);

// What can be drawn of a trace before it is analysed: stages are what their source or the names of
// kernels say, steps those that are marked.
[[nodiscard]] Timeline make_preview(const importer::Trace& trace,
                                    const std::atomic<bool>* stop = nullptr);

// From a saved trace, whose stages and steps are taken as they are. `tracks`: the trace of the file
// without activities. Empty: the file is not in the order of lanes, so it must be read as a whole.
[[nodiscard]] std::optional<Timeline> make_timeline(const importer::ActivityBlocks& file,
                                                    const importer::Trace& tracks,
                                                    const std::atomic<bool>* stop = nullptr);

// From a document without a trace: its steps one after another, divided into stages.
[[nodiscard]] Timeline make_step_timeline(const profile::Measurement& measurement);

}  // namespace dscope::view_data
