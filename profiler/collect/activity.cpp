// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/collect/activity.h"

namespace dscope::collect {

std::uint32_t ActivityList::intern(std::string_view text) {
  const auto [entry, added] =
      index_.try_emplace(std::string(text), static_cast<std::uint32_t>(names.size()));
  if (added) names.emplace_back(text);
  return entry->second;
}

}  // namespace dscope::collect
