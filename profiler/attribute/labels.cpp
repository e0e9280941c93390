// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/labels.h"

#include <string_view>
#include <unordered_map>

namespace dscope::attribute {
namespace {

using collect::Activity;
using collect::ActivityKind;

// Ranges of one role, by what their names (or their source) say.
struct RangeStages {
  NameRules names;

  RangeStages(const collect::ActivityList& list, const StageRules& rules) {
    names.resize(list.names.size());
    std::vector<bool> asked(list.names.size(), false);
    for (const Activity& a : list.activities) {
      if (a.kind != ActivityKind::kRange || asked[a.name]) continue;
      asked[a.name] = true;
      names[a.name] = rules.range(list.names[a.name]);
    }
  }

  // A range whose source gave it a stage is as firm as one that a rule calls an anchor.
  [[nodiscard]] bool has_role(const Activity& range, RuleRole role) const {
    if (range.stage) return role == RuleRole::kAnchor;
    return names[range.name] && names[range.name]->role == role;
  }
  [[nodiscard]] Stage stage_of(const Activity& range) const {
    return range.stage ? *range.stage : *names[range.name]->stage;
  }
};

// What the ranges say that were open when graph nodes were captured: by path, an index of names.
struct CaptureStages {
  struct Stages {
    std::optional<Stage> firm;
    std::optional<Stage> loose;
  };
  std::unordered_map<std::uint32_t, Stages> paths;

  CaptureStages(const collect::ActivityList& list, const StageRules& rules) {
    for (const Activity& a : list.activities) {
      if (a.range == collect::kNoName || paths.count(a.range) > 0) continue;
      paths[a.range] = innermost(list.names[a.range], rules);
    }
  }

  static Stages innermost(std::string_view path, const StageRules& rules) {
    Stages stages;
    while (!path.empty() && !stages.firm) {
      const std::size_t slash = path.rfind('/');
      const std::string_view name = path.substr(slash == path.npos ? 0 : slash + 1);
      path = path.substr(0, slash == path.npos ? 0 : slash);
      const std::optional<NameRule> rule = rules.range(name);
      if (!rule) continue;
      std::optional<Stage>& stage = rule->role == RuleRole::kAnchor ? stages.firm : stages.loose;
      if (!stage) stage = rule->stage;
    }
    return stages;
  }

  [[nodiscard]] Stages of(const Activity& work) const {
    const auto found = paths.find(work.range);
    return found == paths.end() ? Stages{} : found->second;
  }
};

class Labels {
 public:
  Labels(const collect::ActivityList& list, Launches& launches, const StageRules& rules,
         const NameRules& names)
      : list_(list),
        names_(names),
        ranges_(list, rules),
        captures_(list, rules),
        work_(list.activities.size()) {
    firm_ = innermost(launches, RuleRole::kAnchor);
    loose_ = innermost(launches, RuleRole::kHelper);
  }

  std::vector<LabelledWork> run() && {
    for (std::uint32_t i = 0; i < work_.size(); ++i) {
      if (is_work(list_.activities[i].kind)) work_[i] = label(i);
    }
    return std::move(work_);
  }

 private:
  std::vector<std::uint32_t> innermost(Launches& launches, RuleRole role) const {
    return launches.innermost_ranges(
        [&](const Activity& range) { return ranges_.has_role(range, role); });
  }

  [[nodiscard]] std::optional<Stage> in(const std::vector<std::uint32_t>& ranges,
                                        std::uint32_t i) const {
    if (ranges.empty() || ranges[i] == kNoActivity) return std::nullopt;
    return ranges_.stage_of(list_.activities[ranges[i]]);
  }

  [[nodiscard]] LabelledWork label(std::uint32_t i) const {
    const Activity& work = list_.activities[i];
    if (work.stage) return {*work.stage, LabelSource::kSource, 1};
    const std::optional<NameRule>& rule = names_[work.name];
    const std::optional<Stage> by_name = rule ? rule->stage : std::nullopt;
    if (by_name == Stage::kNccl) return {Stage::kNccl, LabelSource::kName, 1};
    // The ranges of its capture say more of a graph's node than those around the replay.
    const CaptureStages::Stages capture = captures_.of(work);
    if (capture.firm) return {*capture.firm, LabelSource::kRange, 1};
    if (const auto stage = in(firm_, i)) return {*stage, LabelSource::kRange, 1};
    if (by_name) return {*by_name, LabelSource::kName, 1};
    if (capture.loose) return {*capture.loose, LabelSource::kRange, 1};
    if (const auto stage = in(loose_, i)) return {*stage, LabelSource::kRange, 1};
    return {};
  }

  const collect::ActivityList& list_;
  const NameRules& names_;
  RangeStages ranges_;
  CaptureStages captures_;
  std::vector<std::uint32_t> firm_;   // innermost firm range around each launch
  std::vector<std::uint32_t> loose_;  // innermost other range
  std::vector<LabelledWork> work_;
};

}  // namespace

NameRules rules_by_name(const collect::ActivityList& list, const StageRules& rules) {
  NameRules names(list.names.size());
  std::vector<bool> asked(list.names.size(), false);
  for (const Activity& a : list.activities) {
    if (!is_work(a.kind) || asked[a.name]) continue;
    asked[a.name] = true;
    names[a.name] = rules.kernel(list.names[a.name]);
    if (names[a.name] || a.kind == ActivityKind::kKernel) continue;
    NameRule& rule = names[a.name].emplace();  // a copy or fill by any other name
    rule.role = RuleRole::kHelper;
    if (a.kind == ActivityKind::kMemset) rule.lean = Lean::kNext;
  }
  return names;
}

std::vector<LabelledWork> find_labels(const collect::ActivityList& list, Launches& launches,
                                      const StageRules& rules, const NameRules& names,
                                      bool neighbours) {
  std::vector<LabelledWork> work = Labels(list, launches, rules, names).run();
  if (neighbours) label_by_neighbours(list, rules, names, work);
  return work;
}

}  // namespace dscope::attribute
