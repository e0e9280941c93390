// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/timeline_canvas.h"

#include <algorithm>

namespace dscope::viewer {

const view_data::Overview& TimelineState::overview_of(const view_data::Document& document,
                                                      float pixels) {
  const view_data::TimeRange extent = view.extent();
  if (overview_document != document.key() || overview_extent != extent ||
      overview_pixels != pixels) {
    overview = view_data::make_overview(document, extent, pixels);
    overview_document = document.key();
    overview_extent = extent;
    overview_pixels = pixels;
  }
  return overview;
}

// All of the view's extent in one strip: how busy, with what. The part in view is framed; a click
// or a drag moves it.
void TimelineCanvas::draw_overview() {
  list_->AddRectFilled(overview_.min, overview_.max,
                       to_u32(view_data::with_alpha(ui_.palette.raised, 0.6)), ui_.px(2));
  const view_data::Overview& overview = state_.overview_of(document_, overview_.width());
  const float height = overview_.height() - ui_.px(4);
  for (std::size_t i = 0; i < overview.columns.size(); ++i) {
    const view_data::OverviewColumn& column = overview.columns[i];
    if (column.busy <= 0) continue;
    const float x = overview_.min.x + static_cast<float>(i) * overview.column_pixels;
    const float top = overview_.max.y - ui_.px(2) - height * std::min(1.0F, column.busy);
    list_->AddRectFilled({x, top}, {x + overview.column_pixels, overview_.max.y - ui_.px(2)},
                         to_u32(ui_.palette.of(column.stage)));
  }
  const view_data::TimeRange extent = state_.view.extent();
  const view_data::TimeRange seen = state_.view.visible();
  const auto x_of = [&](std::int64_t time) {
    const double share = static_cast<double>(time - extent.start_ns) /
                         static_cast<double>(std::max<std::int64_t>(1, extent.length_ns()));
    return overview_.min.x + overview_.width() * static_cast<float>(std::clamp(share, 0.0, 1.0));
  };
  const float x0 = x_of(seen.start_ns);
  const float x1 = std::max(x_of(seen.end_ns), x0 + ui_.px(3));
  const ImU32 shade = to_u32(view_data::with_alpha(ui_.palette.surface, 0.65));
  list_->AddRectFilled(overview_.min, {x0, overview_.max.y}, shade);
  list_->AddRectFilled({x1, overview_.min.y}, overview_.max, shade);
  list_->AddRect({x0, overview_.min.y}, {x1, overview_.max.y}, to_u32(ui_.palette.accent),
                 ui_.px(2), ImDrawFlags_None, ui_.px(1.5F));
  draw_text(*list_, ui_.small,
            {frame_.min.x + ui_.px(4),
             overview_.min.y + (overview_.height() - ui_.small->FontSize) * 0.5F},
            ui_.palette.muted, "overview", labels_.width() - ui_.px(8));
}

}  // namespace dscope::viewer
