// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/analyse.h"

#include "profiler/attribute/attribution.h"
#include "profiler/attribute/kernel_table.h"
#include "profiler/attribute/labels.h"
#include "profiler/attribute/launches.h"
#include "profiler/attribute/nccl_split.h"
#include "profiler/attribute/steps.h"
#include "profiler/profile/saturating.h"
#include "workloads/base/error.h"

#include <algorithm>
#include <unordered_map>

namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityKind;
using collect::ActivityList;
using profile::StepSample;

void check(const AnalyseOptions& options) {
  if (options.stop != nullptr && options.stop->load(std::memory_order_relaxed)) {
    throw Error(ErrorKind::kInterrupted, "the analysis was interrupted");
  }
}

// Collects what attribution says about each piece of work.
class Collector {
 public:
  Collector(const ActivityList& list, const std::vector<LabelledWork>& labels,
            const AnalyseOptions& options)
      : list_(list), labels_(labels), options_(options) {}

  void add(const WorkTime& work) {
    if ((++pieces_ & 0xfffff) == 0) check(options_);
    const Activity& a = list_.activities[work.index];
    const LabelledWork& label = labels_[work.index];
    // The range of a node is an op only where the source gave its stage too: other ranges explain.
    const std::uint32_t op = label.source == LabelSource::kSource ? a.range : collect::kNoName;
    kernels_.add(row_of(a.name, work.stage, op), work.row, work.own_ns, work.waited_ns);
    profile::LabelTotals& totals = sources_[static_cast<std::size_t>(label.source)];
    ++totals.count;
    totals.time_ns = profile::add_saturating(totals.time_ns, work.own_ns);
    if (label.source == LabelSource::kNeighbour) {
      sure_ns_ += static_cast<double>(label.confidence) * static_cast<double>(work.own_ns);
    }
    add_collective(a, work);
  }

  void finish(Attribution attributed, Analysis& analysis) {
    profile::Measurement& out = analysis.measurement;
    out.has_steps = attributed.has_steps;
    out.losses = attributed.losses;
    for (const StepTimes& times : attributed.steps) out.steps.push_back(sample(times));
    add_split(out);
    out.kernels = kernels_.summaries(out.steps.size());
    for (const LabelSource source : {LabelSource::kSource, LabelSource::kRange, LabelSource::kName,
                                     LabelSource::kNeighbour, LabelSource::kNone}) {
      profile::LabelTotals& totals = sources_[static_cast<std::size_t>(source)];
      totals.source = id(source);
      if (source == LabelSource::kNeighbour && totals.time_ns > 0) {
        totals.confidence = sure_ns_ / static_cast<double>(totals.time_ns);
      }
      if (totals.count > 0) out.label_sources.push_back(totals);
    }
    for (NamedTime& name : attributed.unattributed) {
      out.unattributed.push_back({std::move(name.name), name.count, name.time_ns, nullptr});
    }
    analysis.collectives = std::move(collectives_);
  }

 private:
  std::size_t row_of(std::uint32_t name, Stage stage, std::uint32_t op) {
    const std::uint64_t key = std::uint64_t{name} << 32 | op;
    const auto [entry, added] = rows_[static_cast<std::size_t>(stage)].try_emplace(key, 0);
    if (added) {
      const std::string_view op_name =
          op == collect::kNoName ? std::string_view() : list_.names[op];
      entry->second = kernels_.row(list_.names[name], stage, op_name);
    }
    return entry->second;
  }

  // Work comes in order of device and start.
  void add_collective(const Activity& a, const WorkTime& work) {
    if (a.device != device_ || pieces_ == 1) busy_until_ns_ = a.start_ns;
    device_ = a.device;
    if (a.kind == ActivityKind::kKernel && work.stage == Stage::kNccl) {
      collectives_.push_back({static_cast<std::uint32_t>(work.index), work.row});
      const bool same_step = work.row == last_row_;
      idle_before_ns_.push_back(same_step ? std::max<std::int64_t>(0, a.start_ns - busy_until_ns_)
                                          : 0);
    }
    last_row_ = work.row;
    busy_until_ns_ = std::max(busy_until_ns_, a.end_ns);
  }

  static StepSample sample(const StepTimes& times) {
    StepSample sample;
    sample.index = times.step;
    if (times.device >= 0) sample.device = times.device;
    sample.wall_ns = times.wall_ns;
    sample.busy_ns = times.busy_ns;
    sample.gap_ns = times.gap_ns;
    sample.closure_error = times.closure_error;
    sample.stage_time_ns = times.stage_time_ns;
    sample.stage_launches = times.stage_launches;
    if (times.comm_exposed_ns + times.comm_hidden_ns > 0) {
      sample.comm_exposed_ns = times.comm_exposed_ns;
      sample.comm_hidden_ns = times.comm_hidden_ns;
    }
    return sample;
  }

  void add_split(profile::Measurement& out) {
    std::string method = split_collectives(list_, collectives_);
    if (method.empty()) return;
    out.nccl_split = std::move(method);
    for (std::size_t i = 0; i < collectives_.size(); ++i) {
      StepSample& step = out.steps[collectives_[i].row];
      const auto add = [](std::optional<std::int64_t>& sum, std::int64_t ns) {
        sum = profile::add_saturating(sum.value_or(0), ns);
      };
      add(step.nccl_wait_ns, collectives_[i].wait_ns);
      add(step.nccl_transfer_ns, collectives_[i].transfer_ns);
      add(step.nccl_launch_ns, idle_before_ns_[i]);
    }
  }

  const ActivityList& list_;
  const std::vector<LabelledWork>& labels_;
  const AnalyseOptions& options_;
  KernelTable kernels_;
  // Rows of kernels_, for each stage by name and op.
  std::array<std::unordered_map<std::uint64_t, std::size_t>, kStageCount> rows_;
  std::array<profile::LabelTotals, kLabelSourceIds.size()> sources_;
  double sure_ns_ = 0;  // time by position, weighted by confidence
  std::int64_t pieces_ = 0;

  std::vector<Collective> collectives_;
  std::vector<std::int64_t> idle_before_ns_;  // of each collective, within its step
  std::int32_t device_ = 0;
  std::size_t last_row_ = 0;
  std::int64_t busy_until_ns_ = 0;
};

}  // namespace

Analysis analyse(ActivityList& list, const AnalyseOptions& options) {
  const StageRules& rules = options.rules != nullptr ? *options.rules : StageRules::built_in();
  Analysis analysis;
  Launches launches(list);
  const NameRules names = rules_by_name(list, rules);
  check(options);
  analysis.work = find_labels(list, launches, rules, names, options.neighbours);
  check(options);
  const FoundSteps found = find_steps(list, launches, rules, names, analysis.work);
  analysis.work.resize(list.activities.size());
  for (std::size_t i = 0; i < list.activities.size(); ++i) {
    if (is_work(list.activities[i].kind) && analysis.work[i].source != LabelSource::kNone) {
      list.activities[i].stage = analysis.work[i].stage;
    }
  }
  check(options);
  Collector collector(list, analysis.work, options);
  Options attribution;
  attribution.on_work = [&](const WorkTime& work) { collector.add(work); };
  Attribution attributed = attribute(list, attribution);
  analysis.measurement.steps_from = found.from;
  analysis.measurement.excluded_steps = found.excluded;
  collector.finish(std::move(attributed), analysis);
  return analysis;
}

}  // namespace dscope::attribute
