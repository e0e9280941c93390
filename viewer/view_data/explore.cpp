// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/explore.h"

#include "model/axes.h"
#include "viewer/view_data/explore_controls.h"
#include "viewer/view_data/explore_view.h"
#include "viewer/view_data/finite.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

namespace dscope::view_data {
namespace {

using model::Axis;
using model::Configuration;

bool is_finite(const profile::Prediction& p) {
  return std::isfinite(p.tok_s) && std::isfinite(p.step_ns) && p.step_ns > 0;
}

AnswerPoint impossible(std::string reason) {
  AnswerPoint point;
  point.blocked = std::move(reason);
  return point;
}

// A configuration with one axis at another value; the point has the reason where that cannot be.
AnswerPoint point_at(Oracle& oracle, Configuration configuration, const Axis& axis,
                     const std::string& value) {
  std::string problem = try_set(configuration, axis, value);
  return problem.empty() ? oracle.point(configuration) : impossible(std::move(problem));
}

std::optional<std::size_t> place_of(const std::vector<std::string>& values,
                                    const std::string& value) {
  const auto found = std::find(values.begin(), values.end(), value);
  if (found == values.end()) return std::nullopt;
  return static_cast<std::size_t>(found - values.begin());
}

const Axis* axis_called(const std::string& name) {
  for (const Axis& axis : model::axes()) {
    if (axis.name == name) return &axis;
  }
  return nullptr;
}

std::shared_ptr<const ExploreCurve> curve_of(const ExploreRequest& request, const Axis& axis,
                                             Oracle& oracle, const std::function<bool()>& stale) {
  ExploreCurve curve;
  curve.axis = axis.name;
  curve.values = axis_values(axis, request.now, request.most_values);
  curve.current = place_of(curve.values, axis.get(request.now));
  for (const std::string& value : curve.values) {
    if (stale()) return nullptr;
    curve.now.push_back(point_at(oracle, request.now, axis, value));
    if (request.pinned) curve.pinned.push_back(point_at(oracle, *request.pinned, axis, value));
  }
  return std::make_shared<const ExploreCurve>(std::move(curve));
}

ExploreMap empty_map(const ExploreRequest& request, const Axis& x, const Axis& y) {
  ExploreMap map;
  map.x_axis = x.name;
  map.y_axis = y.name;
  map.x_values = axis_values(x, request.now, request.most_values);
  map.y_values = axis_values(y, request.now, request.most_values);
  const auto at_x = place_of(map.x_values, x.get(request.now));
  const auto at_y = place_of(map.y_values, y.get(request.now));
  if (at_x && at_y) map.current = *at_y * map.x_values.size() + *at_x;
  return map;
}

AnswerPoint cell_of(const ExploreRequest& request, const Axis& x, const std::string& x_value,
                    const Axis& y, const std::string& y_value, Oracle& oracle) {
  Configuration configuration = request.now;
  std::string problem = try_set(configuration, y, y_value);
  return problem.empty() ? point_at(oracle, std::move(configuration), x, x_value)
                         : impossible(std::move(problem));
}

}  // namespace

AnswerPtr ask(const Configuration& configuration) {
  Answer answer{configuration, {}, {}};
  try {
    answer.outcome = model::predict(configuration);
    if (!is_finite(answer.outcome->prediction)) {
      answer.outcome.reset();
      answer.problem = "the model has no finite time for this configuration";
    }
  } catch (const std::exception& error) {
    answer.outcome.reset();
    answer.problem = error.what();
  }
  return std::make_shared<const Answer>(std::move(answer));
}

AnswerPoint point_of(const Answer& answer) {
  if (!answer.outcome) return impossible(answer.problem);
  const model::Outcome& outcome = *answer.outcome;
  const profile::Prediction& p = outcome.prediction;
  AnswerPoint point;
  point.tok_s = drawable(p.tok_s);
  point.tok_s_low = drawable(p.tok_s_low.value_or(p.tok_s));
  point.tok_s_high = drawable(p.tok_s_high.value_or(p.tok_s));
  point.tok_s_per_user = drawable(p.tok_s_per_user.value_or(0));
  point.step_ns = drawable(p.step_ns);
  point.memory_bytes = drawable(outcome.memory.needed_bytes);
  const auto longest = std::max_element(
      p.stages.begin(), p.stages.end(),
      [](const auto& a, const auto& b) { return drawable(a.time_ns) < drawable(b.time_ns); });
  if (longest != p.stages.end()) point.limit = limit_label(longest->limit);
  point.blocked = outcome.obstacle;
  return point;
}

AnswerPtr Oracle::ask(const Configuration& configuration) {
  return answers_.get(axis_key(configuration), [&] { return view_data::ask(configuration); });
}

AnswerPoint Oracle::point(const Configuration& configuration) {
  return points_.get(axis_key(configuration),
                     [&] { return point_of(*view_data::ask(configuration)); });
}

void explore(const ExploreRequest& request, Oracle& oracle, const std::function<bool()>& stale,
             const std::function<void(ExploreResult)>& publish) {
  ExploreResult result;
  result.now = oracle.ask(request.now);
  if (request.pinned) result.pinned = oracle.ask(*request.pinned);
  // Even a stale answer is newer than what is shown: a slider that is dragged stays alive.
  publish(result);
  if (const Axis* axis = axis_called(request.curve_axis)) {
    result.curve = curve_of(request, *axis, oracle, stale);
    if (stale()) return;
    publish(result);
  }
  const Axis* x = axis_called(request.map_x);
  const Axis* y = axis_called(request.map_y);
  if (x == nullptr || y == nullptr || x == y) return;
  ExploreMap map = empty_map(request, *x, *y);
  for (std::size_t row = 0; row < map.y_values.size(); ++row) {
    for (std::size_t column = 0; column < map.x_values.size(); ++column) {
      if (stale()) return;
      map.cells.push_back(
          cell_of(request, *x, map.x_values[column], *y, map.y_values[row], oracle));
    }
    result.map = std::make_shared<const ExploreMap>(map);
    publish(result);
  }
}

std::unique_ptr<ExploreWorker> make_explore_worker() {
  auto oracle = std::make_shared<Oracle>();
  return std::make_unique<ExploreWorker>([oracle](const ExploreRequest& request,
                                                  const ExploreWorker::Stale& stale,
                                                  const ExploreWorker::Publish& publish) {
    explore(request, *oracle, stale, publish);
  });
}

}  // namespace dscope::view_data
