// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/range_labels.h"

#include "profiler/attribute/launches.h"

#include <algorithm>

namespace dscope::attribute {

std::vector<Stage> label_work(const collect::ActivityList& list, const Labeler& labeler) {
  std::vector<Stage> stages(list.activities.size(), Stage::kUnattributed);
  // Where no range has a stage there is no need to know what was launched in which.
  const auto says_stage = [](const collect::Activity& a) {
    return a.kind == collect::ActivityKind::kRange && a.stage.has_value();
  };
  std::vector<std::uint32_t> ranges;
  if (std::any_of(list.activities.begin(), list.activities.end(), says_stage)) {
    ranges = Launches(list).innermost_ranges(says_stage);
  }
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const collect::Activity& work = list.activities[i];
    if (!is_work(work.kind)) continue;
    if (work.stage) {
      stages[i] = *work.stage;
    } else if (!ranges.empty() && ranges[i] != kNoActivity) {
      stages[i] = *list.activities[ranges[i]].stage;
    } else if (labeler) {
      stages[i] = labeler(work, list.name_of(work)).value_or(Stage::kUnattributed);
    }
  }
  return stages;
}

}  // namespace dscope::attribute
