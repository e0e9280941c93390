// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/collect/counter_table.h"
#include "profiler/profile/profile.h"
#include "workloads/range_sink.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dscope::collect {

struct CounterOptions {
  std::vector<std::string> libraries;  // files of libcupti, tried in order; empty: usual places
  std::vector<CounterGroup> groups;
  std::int64_t repeats = 4;  // of everything: the counters are means over so many steps
};

// Counts what every kernel of a step does to the memories and pipes of the GPU. The chip has fewer
// counters than are wanted, so they are read in `passes()` groups, each in a step of its own that
// is not repeated kernel by kernel: every kernel finds in the caches what the one before it left
// there. While it counts, kernels run one after another.
//
// Steps must launch their kernels themselves (no graph) and must all launch the same ones. The step
// reports its ranges to it: what is launched inside belongs to that op.
class CounterSource : public RangeSink {
 public:
  [[nodiscard]] virtual std::int64_t passes() const = 0;
  // How many steps have to be run between begin_step() and end_step(). The first is not counted.
  [[nodiscard]] virtual std::int64_t steps() const = 0;

  virtual void begin_step() = 0;
  // The step is complete. Throws Error{kUnavailable} where CUPTI fails.
  virtual void end_step() = 0;

  // After all steps. `ops` is left empty. Throws Error{kUnavailable} where nothing was counted.
  [[nodiscard]] virtual profile::Counters take() = 0;
};

// What counting takes on a chip, by CUPTI's name of it; it need not be in this machine.
struct CounterPlan {
  std::int64_t passes = 0;
  std::vector<std::string> missing;  // metrics that it has not
};
// Throws Error{kUnavailable} for a chip that CUPTI does not know, and without a CUPTI.
[[nodiscard]] CounterPlan plan_counters(const std::string& chip, const CounterOptions& options);

// One of a process, for the GPU of the calling thread's CUDA context, which must exist; no other
// user of CUPTI may be alive. Throws Error{kUnavailable} with the reason and the way out where
// counters cannot be had: no CUPTI, no permission, a GPU that is shared in a way that hides them,
// or a build without the CUDA Toolkit.
[[nodiscard]] std::unique_ptr<CounterSource> make_counter_source(const CounterOptions& options);

}  // namespace dscope::collect
