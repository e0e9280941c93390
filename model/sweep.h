// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/axes.h"
#include "model/configuration.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// One axis of a sweep: an axis of axes.h, or a constant of the kernel set, with the values it
// takes.
struct SweepAxis {
  std::string name;
  std::vector<std::string> values;
};

// "tp=1,2,4,8", "device=all" (every choice), "batch=1:64" (1, 2, 4, ... for axes that are
// logarithmic, else every whole number), "context=1k:64k:x4", "tp=2:8:2". Throws Error{kUsage}.
[[nodiscard]] SweepAxis parse_sweep_axis(std::string_view text);

struct SweepPoint {
  std::uint64_t index = 0;  // of the grid: the last axis runs fastest
  double step_ns = 0;
  double tok_s = 0;  // of all sequences, accepted tokens
  double tok_s_per_user = 0;
  bool fits = true;     // the memory of a GPU
  bool pareto = false;  // no point that fits has more of one rate and not less of the other
};

struct SweepResult {
  std::vector<SweepPoint> points;  // by descending tok_s; only what could be predicted
  std::uint64_t impossible = 0;    // such as a TP that does not divide the model
  std::string first_impossible;    // why
  bool stopped = false;            // before the end: points are those of what was done
};

inline constexpr std::uint64_t kMostSweepPoints = 20'000'000;

struct SweepOptions {
  int threads = 1;
  bool keep_unfit = false;  // also points that do not fit the memory of a GPU
  const std::atomic<bool>* stop = nullptr;
  std::function<void(std::uint64_t done)> on_progress;  // from the calling thread
};

// Number of grid points; throws Error{kUsage} for more than kMostSweepPoints.
[[nodiscard]] std::uint64_t sweep_size(const std::vector<SweepAxis>& axes);

// Predicts every point of the grid. Values are tried once before, so that what no axis understands
// is an error and not an impossible point.
[[nodiscard]] SweepResult sweep(const Configuration& base, const std::vector<SweepAxis>& axes,
                                const SweepOptions& options);

// The values of a point, one for each axis.
[[nodiscard]] std::vector<std::string> point_values(const std::vector<SweepAxis>& axes,
                                                    std::uint64_t index);
// The configuration of a point.
[[nodiscard]] Configuration point_configuration(const Configuration& base,
                                                const std::vector<SweepAxis>& axes,
                                                std::uint64_t index);

// Marks the points of the Pareto front of tok_s and tok_s_per_user.
void mark_pareto(std::vector<SweepPoint>& points);

}  // namespace dscope::model
