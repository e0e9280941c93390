// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/timeline.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace dscope::view_data {

// How two timelines are laid under each other: the beginnings of one step of each are the same
// instant. Views over `extents` show the same when one follows the other.
struct Alignment {
  std::size_t steps = 0;                     // that both have; 0: the timelines begin together
  std::size_t step = 0;                      // the one that is aligned, below `steps`
  std::array<std::int64_t, 2> origins_ns{};  // the common instant, in either's own time
  std::array<TimeRange, 2> extents;          // around both timelines, in either's own time
  std::array<std::int64_t, 2> step_ns{};     // length of the aligned step; 0: there is none

  // The aligned step, as long as the longer of the two, in the time of the first; the whole extent
  // when there is none.
  [[nodiscard]] TimeRange longest_step() const;
};

// `step` beyond the last one that both have means that one.
[[nodiscard]] Alignment align(const Timeline& upper, const Timeline& lower, std::size_t step);

}  // namespace dscope::view_data
