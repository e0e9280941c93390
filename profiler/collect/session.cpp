// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/session.h"

#include "profiler/attribute/attribution.h"
#include "profiler/attribute/kernel_table.h"
#include "workloads/base/error.h"

#include <optional>
#include <string_view>
#include <utility>

namespace dscope::collect {
namespace {

class Session {
 public:
  Session(TraceSource& source, const StepRunner& runner, const SessionOptions& options)
      : source_(source), runner_(runner), options_(options) {
    measurement().clock = source.clock();
    if (options.untraced == Untraced::kNone) return;
    measurement().perturbation.emplace().method = options.untraced == Untraced::kEveryOther
                                                      ? "every other step runs untraced"
                                                      : "no step is traced";
  }

  SessionResult run() {
    const profile::Losses before = source_.losses();
    (void)source_.take_facts();
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

  // The first step after warm-up is untraced where any is.
  [[nodiscard]] bool is_traced(std::int64_t step) const {
    switch (options_.untraced) {
      case Untraced::kNone:
        return true;
      case Untraced::kEveryOther:
        return step < options_.warmup_steps || (step - options_.warmup_steps) % 2 == 1;
      case Untraced::kAll:
        return false;
    }
    return true;
  }

  void run_step(std::int64_t step, const StepInfo& info) {
    const bool traced = is_traced(step);
    if (traced != enabled_) source_.set_enabled(*(enabled_ = traced));
    source_.begin_step();
    runner_.run();
    const std::int64_t wall_ns = source_.end_step();
    list_.activities.clear();
    source_.drain(list_);
    if (step < options_.warmup_steps) return;
    if (traced) {
      sample(step, wall_ns, info);
      if (options_.on_activities) options_.on_activities(list_);
    } else {
      measurement().perturbation->untraced_wall_ns.push_back(wall_ns);
      measurement().perturbation->untraced_tokens.push_back(info.tokens);
    }
  }

  // `wall_ns` and the step record in the list are the same two clock readings.
  void sample(std::int64_t step, std::int64_t wall_ns, const StepInfo& info) {
    const std::size_t row = measurement().steps.size();
    attribute::Options options;
    options.on_work = [&](const attribute::WorkTime& work) {
      const Activity& activity = list_.activities[work.index];
      const std::string_view op =
          activity.range == kNoName ? std::string_view() : list_.names[activity.range];
      kernels_.add(list_.name_of(activity), work.stage, row, work.own_ns, op, work.waited_ns);
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
    source_.set_enabled(false);
    const std::size_t steps = measurement().steps.size();
    measurement().kernels = kernels_.summaries(steps);
    const profile::Losses after = source_.losses();
    for (const profile::LossInfo& loss : profile::kLosses) {
      measurement().losses.*loss.counter += after.*loss.counter - before.*loss.counter;
    }
    measurement().collector = source_.take_facts();
    if (measurement().perturbation && steps > 0) {
      measurement().perturbation->range_cost_ns = source_.range_cost_ns();
      measurement().perturbation->ranges_per_step =
          static_cast<double>(ranges_) / static_cast<double>(steps);
    }
  }

  TraceSource& source_;
  const StepRunner& runner_;
  const SessionOptions& options_;
  std::optional<bool> enabled_;  // the source, as last set
  SessionResult result_;
  ActivityList list_;  // reused: names stay, activities are of one step
  attribute::KernelTable kernels_;
  std::int64_t ranges_ = 0;
};

}  // namespace

SessionResult run_session(TraceSource& source, const StepRunner& runner,
                          const SessionOptions& options) {
  DSCOPE_REQUIRE(runner.prepare && runner.run, "a session needs a step to prepare and to run");
  return Session(source, runner, options).run();
}

}  // namespace dscope::collect
