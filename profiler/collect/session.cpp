// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/session.h"

#include "profiler/attribute/attribution.h"
#include "profiler/attribute/kernel_table.h"
#include "workloads/base/error.h"

#include <algorithm>

namespace dscope::collect {
namespace {

class Session {
 public:
  Session(HostSource& source, const StepRunner& runner, const SessionOptions& options)
      : source_(source), runner_(runner), options_(options) {
    measurement().clock = "steady_clock";
    if (options.measure_perturbation) {
      measurement().perturbation.emplace().method = "every other step runs untraced";
    }
  }

  SessionResult run() {
    const profile::Losses before = source_.losses();
    for (std::int64_t step = 0;; ++step) {
      if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) {
        result_.stopped = true;
        break;
      }
      const std::optional<StepInfo> info = runner_.prepare();
      if (!info) break;
      run_step(step, *info);
      if (options_.on_progress) options_.on_progress(step + 1);
    }
    finish(before);
    return std::move(result_);
  }

 private:
  profile::Measurement& measurement() { return result_.measurement; }

  void run_step(std::int64_t step, const StepInfo& info) {
    const bool warmup = step < options_.warmup_steps;
    const bool traced = !options_.measure_perturbation || (step - options_.warmup_steps) % 2 != 0;
    source_.set_enabled(traced && !warmup);
    source_.begin_step();
    runner_.run();
    const std::int64_t wall_ns = source_.end_step();
    list_.activities.clear();
    source_.drain(list_);
    if (warmup) return;
    if (traced) {
      sample(step, wall_ns, info);
      if (options_.on_activities) options_.on_activities(list_);
    } else {
      measurement().perturbation->untraced_wall_ns.push_back(wall_ns);
    }
  }

  // `wall_ns` and the step record in the list are the same two clock readings.
  void sample(std::int64_t step, std::int64_t wall_ns, const StepInfo& info) {
    const std::size_t row = measurement().steps.size();
    attribute::Options options;
    options.on_work = [&](const attribute::WorkTime& work) {
      const Activity& activity = list_.activities[work.index];
      kernels_.add(list_.name_of(activity), work.stage, row, work.own_ns);
      ++ranges_;
    };
    const attribute::Attribution attributed = attribute::attribute(list_, options);
    measurement().losses += attributed.losses;
    if (attributed.steps.empty()) {  // a step of zero length on a coarse clock
      ++measurement().losses.discarded_samples;
      return;
    }
    const attribute::StepTimes& times = attributed.steps.front();
    profile::StepSample sample;
    sample.index = step;
    sample.wall_ns = wall_ns;
    sample.busy_ns = times.busy_ns;
    sample.gap_ns = times.gap_ns;
    sample.closure_error = times.closure_error;
    sample.batch = info.batch;
    sample.tokens = info.tokens;
    sample.max_context = info.max_context;
    sample.stage_time_ns = times.stage_time_ns;
    sample.stage_launches = times.stage_launches;
    measurement().steps.push_back(std::move(sample));
  }

  void finish(const profile::Losses& before) {
    source_.set_enabled(true);
    const std::size_t steps = measurement().steps.size();
    measurement().kernels = kernels_.summaries(steps);
    const profile::Losses after = source_.losses();
    for (const profile::LossInfo& loss : profile::kLosses) {
      measurement().losses.*loss.counter += after.*loss.counter - before.*loss.counter;
    }
    if (measurement().perturbation && steps > 0) {
      measurement().perturbation->range_cost_ns = measure_range_cost_ns();
      measurement().perturbation->ranges_per_step =
          static_cast<double>(ranges_) / static_cast<double>(steps);
    }
  }

  HostSource& source_;
  const StepRunner& runner_;
  const SessionOptions& options_;
  SessionResult result_;
  ActivityList list_;  // reused: names stay, activities are of one step
  attribute::KernelTable kernels_;
  std::int64_t ranges_ = 0;
};

}  // namespace

SessionResult run_session(HostSource& source, const StepRunner& runner,
                          const SessionOptions& options) {
  DSCOPE_REQUIRE(runner.prepare && runner.run, "a session needs a step to prepare and to run");
  return Session(source, runner, options).run();
}

}  // namespace dscope::collect
