// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/attribute/range_labels.h"

#include "profiler/attribute/launches.h"

namespace dscope::attribute {

std::vector<Stage> label_work(const collect::ActivityList& list, const Labeler& labeler) {
  std::vector<Stage> stages(list.activities.size(), Stage::kUnattributed);
  Launches launches(list);
  const std::vector<std::uint32_t> ranges = launches.innermost_ranges(
      [](const collect::Activity& range) { return range.stage.has_value(); });
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
