// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/analyse.h"
#include "profiler/attribute/launches.h"
#include "profiler/attribute/neighbours.h"
#include "profiler/attribute/stage_rules.h"

#include <vector>

namespace dscope::attribute {

// What the rules say about every name that work has. [names]
[[nodiscard]] NameRules rules_by_name(const collect::ActivityList& list, const StageRules& rules);

// The label of every piece of work, by part 1 of analyse(). [activities]
[[nodiscard]] std::vector<LabelledWork> find_labels(const collect::ActivityList& list,
                                                    Launches& launches, const StageRules& rules,
                                                    const NameRules& names, bool neighbours);

}  // namespace dscope::attribute
