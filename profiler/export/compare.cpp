// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/export/compare.h"

#include "profiler/export/comparability.h"
#include "profiler/export/report_facts.h"
#include "profiler/profile/statistics.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace dscope::exporter {
namespace {

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

using OpKey = std::pair<std::string, Stage>;

std::map<OpKey, std::vector<double>> op_samples(const Profile& profile) {
  std::map<OpKey, std::vector<double>> samples;
  for (const profile::KernelSummary& kernel : measurement_of(profile).kernels) {
    samples[{kernel.name, kernel.stage}] = {kernel.step_ns.begin(), kernel.step_ns.end()};
  }
  return samples;
}

std::vector<Delta> compare_ops(const Profile& a, const Profile& b, const Comparability& allowed,
                               const CompareOptions& options) {
  const auto of_a = op_samples(a);
  const auto of_b = op_samples(b);
  std::map<OpKey, std::pair<std::vector<double>, std::vector<double>>> both;
  for (const auto& [key, samples] : of_a) both[key].first = samples;
  for (const auto& [key, samples] : of_b) both[key].second = samples;
  std::vector<Delta> ops;
  for (const auto& [key, samples] : both) {
    Delta delta;
    delta.id = delta.label = key.first;
    delta.stage = key.second;
    measure(delta, samples.first, samples.second, allowed.of(key.second), options.threshold);
    ops.push_back(std::move(delta));
  }
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
