// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/run_counters.h"

#include "profiler/cli/decode_loop.h"
#include "profiler/cli/interrupt.h"
#include "profiler/cli/progress.h"
#include "profiler/collect/cupti_counters.h"
#include "workloads/base/error.h"

#include <utility>

namespace dscope::cli {
namespace {

collect::CounterOptions counter_options(const RunOptions& o) {
  collect::CounterOptions options;
  if (o.cupti) options.libraries = {*o.cupti};
  options.groups = collect::parse_counter_groups(o.counters);
  return options;
}

// The same workload, launched kernel by kernel, for as many steps as counters need.
RunOptions eager_steps(const RunOptions& o, std::int64_t steps) {
  RunOptions eager = o;
  eager.eager = true;
  eager.warmup = 1;  // costs are of the counted steps
  eager.steps = steps;
  return eager;
}

}  // namespace

profile::Counters count_hardware(const RunOptions& o, BackEnds& back_ends, const Launch& launch) {
  const std::unique_ptr<collect::CounterSource> source =
      collect::make_counter_source(counter_options(o));
  const RunOptions eager = eager_steps(o, source->steps());
  RunPlan plan = back_ends.plan(eager);
  const BackEnd back_end = back_ends.make(plan, eager);
  DecodeLoop loop(plan, *back_end.decoder, eager, /*writes_files=*/false);
  Progress progress(launch.stderr_is_terminal, "counting step", source->steps());
  for (std::int64_t step = 0; step < source->steps(); ++step) {
    if (interrupted()) throw unavailable_error("interrupted");
    if (!loop.prepare(*source)) {
      throw unavailable_error("{} steps are needed, and the workload has {}", source->steps(),
                              step);
    }
    source->begin_step();
    loop.run(*source);
    source->end_step();
    progress.update(step + 1);
  }
  loop.finish();
  profile::Counters counters = source->take();
  counters.ops = loop.workload_section().ops;
  return counters;
}

}  // namespace dscope::cli
