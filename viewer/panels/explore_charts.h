// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/explore_view.h"
#include "viewer/widgets/heat_map.h"
#include "viewer/widgets/ui.h"

#include <cstdint>
#include <optional>
#include <string>

// The pictures of the Explore panel. All fill the width of the current window.
namespace dscope::viewer {

enum class ExploreMetric : std::uint8_t { kTokS, kTokSPerUser, kStep, kMemory };
inline constexpr std::size_t kExploreMetricCount = 4;

struct MetricInfo {
  const char* label;
  view_data::Unit unit;
  bool high_is_good;
};
[[nodiscard]] const MetricInfo& info(ExploreMetric metric);
[[nodiscard]] double value_of(const view_data::AnswerPoint& point, ExploreMetric metric);

// The step by stage and by what it waits for, with the counterpart below it where there is one.
// Returns the stage that was clicked.
std::optional<Stage> draw_step_bars(const Ui& ui, const view_data::ExploreView& view,
                                    std::optional<Stage> selected);

void draw_tornado(const Ui& ui, const view_data::ExploreView& view);

// Returns the value that was clicked.
std::optional<std::size_t> draw_curve(const Ui& ui, const view_data::ExploreCurve& curve,
                                      const std::string& axis_label, ExploreMetric metric,
                                      ImVec2 size);

// For heat_map(). Texts of values and reasons.
[[nodiscard]] HeatMapData heat_map_of(const view_data::ExploreMap& map, ExploreMetric metric);

}  // namespace dscope::viewer
