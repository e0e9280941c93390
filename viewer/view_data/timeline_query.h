// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/histogram.h"
#include "viewer/view_data/table.h"
#include "viewer/view_data/timeline.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Questions about a timeline: what is called so, what happened in this time.
namespace dscope::view_data {

// One slice of a timeline.
struct SliceRef {
  std::uint32_t group = 0;
  std::uint32_t lane = 0;
  std::uint32_t row = 0;
  std::uint32_t slice = kNoSlice;  // kNoSlice: none

  [[nodiscard]] bool valid() const { return slice != kNoSlice; }
  bool operator==(const SliceRef&) const = default;
};

// `ref` must be valid and of this timeline.
[[nodiscard]] const Slice& slice_at(const Timeline& timeline, const SliceRef& ref);

// The slices whose name contains a text, whatever its case. Counting looks at every slice once;
// next and previous look as far as they have to.
class SliceSearch {
 public:
  SliceSearch() = default;
  // Keeps a pointer to the timeline. An empty text finds nothing.
  SliceSearch(const Timeline& timeline, std::string_view text);

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] bool matches(const Slice& slice) const {
    return slice.name < names_.size() && names_[slice.name];
  }
  // The match after (before) `from` in the order of start times, going on from the other end; an
  // invalid `from` begins at `time_ns`. Keeps no list: ten million matches cost nothing. nullopt:
  // there is none at all.
  [[nodiscard]] std::optional<SliceRef> next(const SliceRef& from, std::int64_t time_ns) const;
  [[nodiscard]] std::optional<SliceRef> previous(const SliceRef& from, std::int64_t time_ns) const;
  // Which match in that order this one is, from 1. Looks at every slice.
  [[nodiscard]] std::int64_t number_of(const SliceRef& match) const;

 private:
  enum class Direction : std::uint8_t { kForward, kBackward };
  [[nodiscard]] std::optional<SliceRef> walk(const SliceRef& from, std::int64_t time_ns,
                                             Direction direction) const;

  const Timeline* timeline_ = nullptr;
  std::vector<bool> names_;  // by name index
  std::size_t count_ = 0;
};

// The other ends of a launch: work for a call, the call for work. At most `most`.
[[nodiscard]] std::vector<SliceRef> correlated(const Timeline& timeline, const SliceRef& ref,
                                               std::size_t most = 64);

struct NamedStats {
  std::uint32_t name = 0;
  Stage stage = Stage::kOther;
  std::int64_t count = 0;
  std::int64_t total_ns = 0;
};

// Of the work (kernels and copies) that starts inside a range. Quantiles are right to within 0.4 %:
// they come from counts in buckets, so that ten million slices need no list.
struct SelectionStats {
  TimeRange range;
  std::int64_t count = 0;
  std::int64_t total_ns = 0;
  std::int64_t min_ns = 0;
  std::int64_t p50_ns = 0;
  std::int64_t p99_ns = 0;
  std::int64_t max_ns = 0;
  std::array<std::int64_t, kStageCount> stage_ns{};
  std::vector<NamedStats> names;  // longest first
  Histogram histogram;            // of durations, in bins of equal ratio
};

struct SelectionFilter {
  std::optional<Stage> stage;
  std::uint32_t name = kNoSlice;  // kNoSlice: all
};

[[nodiscard]] SelectionStats selection_stats(const Timeline& timeline, TimeRange range,
                                             const SelectionFilter& filter = {});

// The names of a selection as a table, longest first; at most `most` of them.
[[nodiscard]] Table selection_table(const Timeline& timeline, const SelectionStats& stats,
                                    std::size_t most = 10'000);

}  // namespace dscope::view_data
