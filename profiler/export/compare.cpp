// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/compare.h"

#include "profiler/export/comparability.h"
#include "profiler/export/report_facts.h"
#include "profiler/export/text.h"
#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

namespace dscope::exporter {
namespace {

using profile::KernelSummary;
using profile::Measurement;
using profile::Profile;
using profile::StepSample;

// Shorter stages are left to the step's own verdict at the gate.
constexpr double kGateShare = 0.01;

const Measurement& measurement_of(const Profile& profile) {
  static const Measurement none;
  return profile.measurement ? *profile.measurement : none;
}

template <class ValueOf>
std::vector<double> samples_of(const Profile& profile, ValueOf value_of) {
  std::vector<double> samples;
  for (const StepSample& step : measurement_of(profile).steps) {
    samples.push_back(static_cast<double>(value_of(step)));
  }
  return samples;
}

std::vector<double> untraced(const Profile& profile) {
  const auto& perturbation = measurement_of(profile).perturbation;
  if (!perturbation) return {};
  return {perturbation->untraced_wall_ns.begin(), perturbation->untraced_wall_ns.end()};
}

void judge(Delta& delta, const std::vector<double>& a, const std::vector<double>& b,
           double threshold) {
  if (a == b) {
    delta.verdict = Verdict::kSame;
    return;
  }
  delta.noise = difference_interval(a, b);
  delta.verdict = Verdict::kAmbiguous;
  if (!delta.noise) {
    delta.reason = "a single sample: its noise is unknown";
    return;
  }
  const double difference = *delta.delta_ns();
  const double limit = threshold * *delta.a_ns;
  if (-limit <= delta.noise->low && delta.noise->high <= limit) {
    delta.verdict = Verdict::kSame;
  } else if (delta.noise->low > 0 && difference > limit) {
    delta.verdict = Verdict::kSlower;
  } else if (delta.noise->high < 0 && difference < -limit) {
    delta.verdict = Verdict::kFaster;
  } else {
    delta.reason = "the noise is larger than the difference: measure more steps";
  }
}

// Fills the numbers always, and the verdict unless there is an obstacle.
void measure(Delta& delta, const std::vector<double>& a, const std::vector<double>& b,
             const std::string& obstacle, double threshold) {
  if (!a.empty()) delta.a_ns = profile::median(a);
  if (!b.empty()) delta.b_ns = profile::median(b);
  if (!obstacle.empty()) {
    delta.reason = obstacle;
  } else if (a.empty() || b.empty()) {
    delta.reason = fmt::format("only in {}", a.empty() ? "B" : "A");
  } else {
    judge(delta, a, b, threshold);
  }
}

Delta compare_step(const Profile& a, const Profile& b, const Comparability& allowed,
                   const CompareOptions& options) {
  std::vector<double> a_ns = untraced(a);
  std::vector<double> b_ns = untraced(b);
  if (a_ns.empty() || b_ns.empty()) {
    a_ns = samples_of(a, [](const StepSample& s) { return s.wall_ns; });
    b_ns = samples_of(b, [](const StepSample& s) { return s.wall_ns; });
  }
  Delta step;
  step.id = "step";
  step.label = "Step";
  measure(step, a_ns, b_ns, allowed.step, options.threshold);
  return step;
}

Delta compare_stage(const StageInfo& stage, const Profile& a, const Profile& b,
                    const Comparability& allowed, const CompareOptions& options) {
  const auto time_of = [&](const StepSample& s) { return s.time_ns(stage.stage); };
  Delta delta;
  delta.id = stage.id;
  delta.label = stage_label(stage.stage, a);
  delta.stage = stage.stage;
  measure(delta, samples_of(a, time_of), samples_of(b, time_of), allowed.of(stage.stage),
          options.threshold);
  return delta;
}

// The same op in both documents; null: not in that one.
struct OpPair {
  const KernelSummary* a = nullptr;
  const KernelSummary* b = nullptr;
};

std::vector<double> samples_of(const KernelSummary* kernel) {
  if (kernel == nullptr) return {};
  return {kernel->step_ns.begin(), kernel->step_ns.end()};
}

// Pairs by name, stage and (where the documents know it) op, in the order of the names.
std::vector<OpPair> pair_by_name(const Profile& a, const Profile& b) {
  std::map<std::tuple<std::string, Stage, std::string>, OpPair> pairs;
  const auto pair_of = [&](const KernelSummary& k) -> OpPair& {
    return pairs[{k.name, k.stage, k.op.value_or("")}];
  };
  for (const KernelSummary& k : measurement_of(a).kernels) pair_of(k).a = &k;
  for (const KernelSummary& k : measurement_of(b).kernels) pair_of(k).b = &k;
  std::vector<OpPair> list;
  for (const auto& [key, pair] : pairs) list.push_back(pair);
  return list;
}

// Calls in one step, to tell what runs in every layer from what runs once.
double calls_per_step(const KernelSummary& kernel) {
  return static_cast<double>(kernel.count) /
         static_cast<double>(std::max<std::size_t>(1, kernel.step_ns.size()));
}

// Ops that are in one document only, of one stage and as many calls a step, by position.
using Alone = std::map<std::pair<Stage, std::int64_t>, std::vector<const KernelSummary*>>;

Alone alone(const std::vector<OpPair>& pairs, const KernelSummary* OpPair::*here,
            const KernelSummary* OpPair::*there) {
  Alone groups;
  for (const OpPair& pair : pairs) {
    const KernelSummary* kernel = pair.*here;
    if (kernel == nullptr || pair.*there != nullptr || !kernel->position) continue;
    groups[{kernel->stage, std::llround(calls_per_step(*kernel))}].push_back(kernel);
  }
  for (auto& [key, kernels] : groups) {
    std::stable_sort(kernels.begin(), kernels.end(),
                     [](const auto* x, const auto* y) { return *x->position < *y->position; });
  }
  return groups;
}

// Kernels of another library have other names. What is left over is paired when a stage has as many
// of them on both sides, with as many calls a step: in the order in which a step runs them.
void pair_by_position(std::vector<OpPair>& pairs) {
  const Alone only_a = alone(pairs, &OpPair::a, &OpPair::b);
  const Alone only_b = alone(pairs, &OpPair::b, &OpPair::a);
  std::map<const KernelSummary*, const KernelSummary*> partner;  // of those of A
  std::set<const KernelSummary*> taken;
  for (const auto& [key, of_a] : only_a) {
    const auto of_b = only_b.find(key);
    if (of_b == only_b.end() || of_b->second.size() != of_a.size()) continue;
    for (std::size_t i = 0; i < of_a.size(); ++i) {
      partner[of_a[i]] = of_b->second[i];
      taken.insert(of_b->second[i]);
    }
  }
  std::erase_if(pairs, [&](const OpPair& p) { return p.a == nullptr && taken.contains(p.b); });
  for (OpPair& pair : pairs) {
    const auto found = partner.find(pair.a);
    if (pair.b == nullptr && found != partner.end()) pair.b = found->second;
  }
}

Delta compare_op(const OpPair& pair, const Comparability& allowed, const CompareOptions& options) {
  const KernelSummary& known = pair.a != nullptr ? *pair.a : *pair.b;
  Delta delta;
  delta.id = known.name;
  delta.label = kernel_label(known.name);
  delta.stage = known.stage;
  if (pair.a != nullptr && pair.b != nullptr && pair.a->name != pair.b->name) {
    delta.b_id = pair.b->name;
    delta.label = fmt::format("{} -> {}", kernel_label(pair.a->name), kernel_label(pair.b->name));
  }
  measure(delta, samples_of(pair.a), samples_of(pair.b), allowed.of(known.stage),
          options.threshold);
  return delta;
}

std::vector<Delta> compare_ops(const Profile& a, const Profile& b, const Comparability& allowed,
                               const CompareOptions& options) {
  std::vector<OpPair> pairs = pair_by_name(a, b);
  pair_by_position(pairs);
  std::vector<Delta> ops;
  for (const OpPair& pair : pairs) ops.push_back(compare_op(pair, allowed, options));
  std::stable_sort(ops.begin(), ops.end(), [](const Delta& x, const Delta& y) {
    const auto size = [](const Delta& d) {
      return std::fabs(d.b_ns.value_or(0) - d.a_ns.value_or(0));
    };
    return size(x) > size(y);
  });
  return ops;
}

}  // namespace

std::optional<double> Delta::delta_ns() const {
  if (!a_ns || !b_ns) return std::nullopt;
  return *b_ns - *a_ns;
}

std::optional<double> Delta::relative() const {
  if (!a_ns || !b_ns || *a_ns <= 0) return std::nullopt;
  return (*b_ns - *a_ns) / *a_ns;
}

Comparison compare(const Profile& a, const Profile& b, const CompareOptions& options) {
  DSCOPE_REQUIRE(options.threshold >= 0, "the threshold is a share of A, got {}",
                 options.threshold);
  const Comparability allowed = comparability(a, b, options.threshold);
  Comparison comparison;
  comparison.a = headline(a);
  comparison.b = headline(b);
  comparison.notes = allowed.notes;
  comparison.step = compare_step(a, b, allowed, options);
  for (const StageInfo& stage : kStages) {
    comparison.stages.push_back(compare_stage(stage, a, b, allowed, options));
  }
  comparison.ops = compare_ops(a, b, allowed, options);
  return comparison;
}

GateResult gate(const Comparison& comparison, double percent) {
  GateResult result;
  const auto check = [&](const Delta& delta) {
    const std::optional<double> relative = delta.relative();
    const bool slower =
        delta.verdict == Verdict::kSlower && relative.value_or(INFINITY) * 100 > percent;
    if (!slower) return;
    result.passed = false;
    result.reasons.push_back(relative ? fmt::format("{} is {:.1f} % slower, allowed are {} %",
                                                    delta.label, *relative * 100, percent)
                                      : fmt::format("{} took no time before", delta.label));
  };
  check(comparison.step);
  for (const Delta& stage : comparison.stages) {
    const double larger = std::max(stage.a_ns.value_or(0), stage.b_ns.value_or(0));
    if (larger >= kGateShare * comparison.step.a_ns.value_or(0)) check(stage);
  }
  if (comparison.step.verdict == Verdict::kNotComparable) {
    result.passed = false;
    result.reasons.push_back("not comparable: " + comparison.step.reason);
  } else if (comparison.step.verdict == Verdict::kAmbiguous) {
    result.reasons.push_back("undecided: " + comparison.step.reason);
  }
  return result;
}

}  // namespace dscope::exporter
