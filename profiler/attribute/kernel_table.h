// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "profiler/attribute/duration_histogram.h"
#include "profiler/profile/profile.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace dscope::attribute {

// Builds the kernel (op) summary of a measurement from attributed work, one call at a time, in the
// order of execution. One row for each name, stage and op.
class KernelTable {
 public:
  // `step`: index into Measurement::steps. `op`: empty where not known. `waited_ns`: of own_ns.
  void add(std::string_view name, Stage stage, std::size_t step, std::int64_t own_ns,
           std::string_view op = {}, std::int64_t waited_ns = 0) {
    add(row(name, stage, op), step, own_ns, waited_ns);
  }

  // The same in two parts, for callers that see a name a million times.
  [[nodiscard]] std::size_t row(std::string_view name, Stage stage, std::string_view op = {});
  void add(std::size_t row, std::size_t step, std::int64_t own_ns, std::int64_t waited_ns = 0);

  // By descending total; `steps` is the number of steps, and the length of every step_ns.
  [[nodiscard]] std::vector<profile::KernelSummary> summaries(std::size_t steps) const;

 private:
  struct Row {
    DurationHistogram durations;
    std::vector<std::int64_t> step_ns;
    std::int64_t position = 0;
    std::int64_t waited_ns = 0;
  };
  struct Key {
    std::string name;
    Stage stage;
    std::string op;
    friend bool operator<(const Key& x, const Key& y) {
      return std::tie(x.name, x.stage, x.op) < std::tie(y.name, y.stage, y.op);
    }
  };
  std::map<Key, std::size_t> index_;
  std::vector<Row> rows_;
  std::size_t step_ = 0;      // of the last call
  std::int64_t in_step_ = 0;  // calls of that step so far
};

}  // namespace dscope::attribute
