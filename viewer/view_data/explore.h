// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"
#include "model/predict.h"
#include "viewer/view_data/explore_cache.h"
#include "viewer/view_data/explore_worker.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The model, asked live: one configuration, a curve over one axis and a heat map over two.
namespace dscope::view_data {

// What the model says of one configuration.
struct Answer {
  model::Configuration configuration;
  std::string problem;  // why there is no outcome: TP does not divide the model, ...
  std::optional<model::Outcome> outcome;
};
using AnswerPtr = std::shared_ptr<const Answer>;

// Never throws for what a user can set.
[[nodiscard]] AnswerPtr ask(const model::Configuration& configuration);

// An answer in short: what curves and maps are made of. Numbers are finite; 0 with a problem.
struct AnswerPoint {
  double tok_s = 0;
  double tok_s_low = 0;
  double tok_s_high = 0;
  double tok_s_per_user = 0;
  double step_ns = 0;
  double memory_bytes = 0;  // needed of one GPU
  std::string limit;        // of the stage that takes most time, for people
  std::string blocked;      // why it cannot be or cannot run; empty when it can
};
[[nodiscard]] AnswerPoint point_of(const Answer& answer);

// Of configurations that only axes changed from a common origin. For one thread.
class Oracle {
 public:
  [[nodiscard]] AnswerPtr ask(const model::Configuration& configuration);
  [[nodiscard]] AnswerPoint point(const model::Configuration& configuration);
  [[nodiscard]] std::size_t hits() const { return answers_.hits() + points_.hits(); }

 private:
  ExploreCache<AnswerPtr> answers_{32};      // large ones
  ExploreCache<AnswerPoint> points_{16384};  // under 2 KiB each
};

struct ExploreCurve {
  std::string axis;
  std::vector<std::string> values;     // as the axis takes them
  std::vector<AnswerPoint> now;        // one for each value
  std::vector<AnswerPoint> pinned;     // the same of the pinned configuration; empty without one
  std::optional<std::size_t> current;  // the value that the configuration has
};

struct ExploreMap {
  std::string x_axis;
  std::string y_axis;
  std::vector<std::string> x_values;
  std::vector<std::string> y_values;
  // [y * x_values.size() + x], in complete rows: as many as there are yet.
  std::vector<AnswerPoint> cells;
  std::optional<std::size_t> current;
  [[nodiscard]] bool complete() const { return cells.size() == x_values.size() * y_values.size(); }
};

struct ExploreRequest {
  model::Configuration now;
  std::optional<model::Configuration> pinned;
  std::string curve_axis;  // empty: no curve
  std::string map_x;       // empty: no map
  std::string map_y;
  std::size_t most_values = 24;  // of an axis
};

struct ExploreResult {
  AnswerPtr now;  // never null
  AnswerPtr pinned;
  std::shared_ptr<const ExploreCurve> curve;  // null until it is there
  std::shared_ptr<const ExploreMap> map;
};

// Answers the request in the order in which it is needed: the configuration first, then the curve,
// then the map row by row, each published when it is there.
void explore(const ExploreRequest& request, Oracle& oracle, const std::function<bool()>& stale,
             const std::function<void(ExploreResult)>& publish);

using ExploreWorker = LatestWorker<ExploreRequest, ExploreResult>;
[[nodiscard]] std::unique_ptr<ExploreWorker> make_explore_worker();

}  // namespace dscope::view_data
