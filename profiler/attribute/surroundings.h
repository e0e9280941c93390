// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/analyse.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dscope::attribute {

// Makes labels by position agree: work of `order` (activities in order of execution) that has the
// same six names before and after it gets the stage that most of it got, weighted by confidence.
// Within six of an end, where the surroundings are cut off, the names of the other side alone stand
// in for labels of less than half confidence. Labels from names, ranges and sources stay. O(n).
void agree_on_surroundings(const collect::ActivityList& list, std::span<const std::uint32_t> order,
                           std::vector<LabelledWork>& work);

}  // namespace dscope::attribute
