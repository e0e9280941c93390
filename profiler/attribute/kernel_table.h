// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/duration_histogram.h"
#include "profiler/profile/profile.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope::attribute {

// Builds the kernel (op) summary of a measurement from attributed work, one call at a time. One row
// for each pair of name and stage.
class KernelTable {
 public:
  // `step`: index into Measurement::steps.
  void add(std::string_view name, Stage stage, std::size_t step, std::int64_t own_ns) {
    add(row(name, stage), step, own_ns);
  }

  // The same in two parts, for callers that see a name a million times.
  [[nodiscard]] std::size_t row(std::string_view name, Stage stage);
  void add(std::size_t row, std::size_t step, std::int64_t own_ns);

  // By descending total; `steps` is the number of steps, and the length of every step_ns.
  [[nodiscard]] std::vector<profile::KernelSummary> summaries(std::size_t steps) const;

 private:
  struct Row {
    DurationHistogram durations;
    std::vector<std::int64_t> step_ns;
  };
  std::map<std::pair<std::string, Stage>, std::size_t> index_;
  std::vector<Row> rows_;
};

}  // namespace dscope::attribute
