// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/explore_match.h"

#include "model/axes.h"
#include "model/predict.h"
#include "viewer/view_data/explore_controls.h"
#include "viewer/view_data/explore_view.h"
#include "viewer/view_data/roofline_ceilings.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace dscope::view_data {
namespace {

// What the document says is set, or the reason why it could not be.
void take(Match& match, const char* axis_name, const std::string& value) {
  const model::Axis& axis = model::find_axis(axis_name);
  if (value.empty()) {
    match.unknown.push_back(fmt::format("{}: the document does not say", axis.label));
    return;
  }
  const std::string problem = try_set(match.configuration, axis, value);
  if (problem.empty()) {
    match.set.push_back(fmt::format("{}: {}", axis.label, shown_value(axis, value)));
  } else {
    match.unknown.push_back(problem);
  }
}

template <class T>
std::string text(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

std::string device_of(const profile::Profile& profile) {
  if (!profile.device || profile.device->gpus.empty()) return "";
  const model::Device* device = device_called(profile.device->gpus.front().name);
  return device != nullptr ? device->name : std::string();
}

std::string context_of(const profile::Workload& workload) {
  if (!workload.context_mean || !(std::fabs(*workload.context_mean) < 1e15)) return "";
  return fmt::format("{:.0f}", *workload.context_mean);
}

}  // namespace

Match match_document(const profile::Profile& profile, const model::Configuration& start) {
  Match match{start, {}, {}};
  const profile::Workload none;
  const profile::Workload& workload = profile.workload ? *profile.workload : none;
  take(match, "model", workload.model ? workload.model->name : "");
  take(match, "layers", workload.model ? std::to_string(workload.model->layers) : "");
  take(match, "device", device_of(profile));
  take(match, "tp", workload.layout ? std::to_string(workload.layout->tp) : "");
  take(match, "ep", workload.layout ? std::to_string(workload.layout->ep) : "");
  take(match, "batch", text(workload.batch));
  take(match, "context", context_of(workload));
  take(match, "numerics", workload.numerics ? std::string(id(*workload.numerics)) : "");
  // Kernels of this project name themselves; whose others are cannot be told.
  if (workload.backend == "cuda") take(match, "kernel_set", "dscope");
  return match;
}

DocumentPtr document_of(const Answer& answer) {
  DSCOPE_REQUIRE(answer.outcome.has_value(), "a document needs an outcome, got: {}",
                 answer.problem);
  profile::Profile profile = model::predicted_profile(answer.configuration, *answer.outcome);
  if (!profile.provenance) profile.provenance.emplace();
  profile.provenance->kind = profile::Kind::kPredicted;
  return make_document(std::move(profile), configuration_name(answer.configuration));
}

}  // namespace dscope::view_data
