// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/panels/panel.h"
#include "viewer/panels/timeline_canvas.h"

#include <cstdint>
#include <optional>

namespace dscope::viewer {

// Below the timeline: the selected slice, and statistics of the selected time (or of everything,
// where that is quick).
class TimelineDetails {
 public:
  void draw(PanelContext& context, const view_data::Document& document, TimelineState& state);
  // The statistics as a table; null: there are none.
  [[nodiscard]] const view_data::Table* table() const { return stats_ ? &table_ : nullptr; }
  void update(const view_data::Document& document, const TimelineState& state,
              std::optional<Stage> stage);

 private:
  void draw_slice(PanelContext& context, const view_data::Document& document, TimelineState& state);
  void draw_numbers(const Ui& ui) const;

  std::optional<view_data::SelectionStats> stats_;
  view_data::Table table_;
  // What stats_ was made for.
  std::uint64_t document_ = 0;
  std::optional<view_data::TimeRange> range_;
  std::optional<Stage> stage_;
};

}  // namespace dscope::viewer
