// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/advise.h"

#include "model/advise_facts.h"
#include "model/advise_levers.h"
#include "model/measured.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace dscope::model {
namespace {

void sort_by_gain(Advisory& advisory) {
  std::stable_sort(advisory.advice.begin(), advisory.advice.end(),
                   [](const Advice& a, const Advice& b) { return a.gain_ns > b.gain_ns; });
}

Advisory begin(const StepFacts& facts) {
  Advisory advisory;
  advisory.kind = facts.kind;
  advisory.step_ns = facts.step_ns;
  advisory.explained_ns = facts.step_ns - facts.at(Stage::kUnattributed).time_ns;
  return advisory;
}

}  // namespace

Advisory advise(const profile::Profile& document, const std::string& source,
                const std::optional<Configuration>& configuration) {
  const StepFacts facts = facts_of(document, source);
  Advisory advisory = begin(facts);
  std::optional<Configuration> known = configuration;
  std::string why_not;
  if (!known) {
    try {
      known = configuration_of(document, source);
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kInternal) throw;
      why_not = e.what();
    }
  }
  if (known) {
    judge_with_model(facts, *known, advisory);
  } else {
    judge_by_document(facts, why_not, advisory);
  }
  sort_by_gain(advisory);
  return advisory;
}

Advisory advise(const Configuration& configuration) {
  const StepFacts facts = facts_of(predict(configuration));
  Advisory advisory = begin(facts);
  judge_with_model(facts, configuration, advisory);
  sort_by_gain(advisory);
  return advisory;
}

}  // namespace dscope::model
