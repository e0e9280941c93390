// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/activity.h"
#include "profiler/profile/profile.h"
#include "workloads/range_sink.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dscope::collect {

// Where the activities of a step come from: host clocks, CUPTI. A session drives one; the step
// reports its ranges to it. Everything but the ranges is called between steps, from one thread.
class TraceSource : public RangeSink {
 public:
  // From the next step on: whether every kernel, copy and fill is recorded (of a host source: every
  // range), or only when steps begin and end.
  virtual void set_enabled(bool enabled) = 0;

  virtual void begin_step() = 0;
  // Wall time of the step in nanoseconds, on std::chrono::steady_clock.
  virtual std::int64_t end_step() = 0;

  // Appends what was recorded since the last drain, with a kStep on device -1 for every step, and
  // forgets it. All times are on one clock. Names are interned in `out`: pass the same list.
  virtual void drain(ActivityList& out) = 0;

  [[nodiscard]] virtual profile::Losses losses() const = 0;  // since construction
  [[nodiscard]] virtual std::string_view clock() const = 0;  // Measurement::clock
  // What recording one range costs on this machine; empty where it is not ranges that cost.
  [[nodiscard]] virtual std::optional<double> range_cost_ns() const { return std::nullopt; }
  // How the collector fared since the last call; empty for sources that have nothing to say.
  [[nodiscard]] virtual std::optional<profile::Collector> take_facts() { return std::nullopt; }
};

}  // namespace dscope::collect
