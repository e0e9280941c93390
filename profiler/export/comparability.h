// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/profile/profile.h"

#include <array>
#include <string>
#include <vector>

namespace dscope::exporter {

// What of two documents may be compared. An empty string means yes, any other is the obstacle.
struct Comparability {
  std::string step;
  std::array<std::string, kStageCount> stages;
  std::vector<std::string> notes;  // differences that forbid nothing

  [[nodiscard]] const std::string& of(Stage stage) const {
    return stages[static_cast<std::size_t>(stage)];
  }
};

// The rules are those of compare.h; `tolerance` is the relative difference up to which bytes and
// FLOPs count as equal.
[[nodiscard]] Comparability comparability(const profile::Profile& a, const profile::Profile& b,
                                          double tolerance);

}  // namespace dscope::exporter
