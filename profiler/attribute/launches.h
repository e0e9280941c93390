// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace dscope::attribute {

inline constexpr std::uint32_t kNoActivity = std::numeric_limits<std::uint32_t>::max();

// Where and when work was launched, and which work it was.
struct Launch {
  std::int32_t device = -1;
  std::int32_t lane = 0;
  std::int64_t time_ns = 0;
  std::uint32_t work = 0;  // into ActivityList::activities
};

// The launches of all work of a list: the runtime call with the same correlation id, or the work
// itself on its own lane where there is none. No allocation for each event.
class Launches {
 public:
  // Keeps a reference to `list`. Throws Error{kInput} for more than 2^32 - 2 activities.
  explicit Launches(const collect::ActivityList& list);

  // By device, lane and time; sorted at the first use.
  [[nodiscard]] const std::vector<Launch>& sorted();

  // For every activity that is work, the innermost range that `accept` takes around its launch, or
  // kNoActivity. [activities], or empty when no range is accepted. O(n log n).
  [[nodiscard]] std::vector<std::uint32_t> innermost_ranges(
      const std::function<bool(const collect::Activity&)>& accept);

  // The runtime call of this correlation id, if the list has it.
  [[nodiscard]] std::optional<std::uint32_t> call_of(std::uint64_t correlation) const;

 private:
  const BulkVector<collect::Activity>& activities_;
  // Ids of calls in order. Work is recorded nearly in the order of its calls, so a look-up starts
  // where the last one ended.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> calls_;
  mutable std::size_t last_ = 0;
  std::vector<Launch> sorted_;
  bool is_sorted_ = false;
};

}  // namespace dscope::attribute
