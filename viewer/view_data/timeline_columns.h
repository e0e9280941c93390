// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/timeline.h"
#include "viewer/view_data/timeline_view.h"

#include <cstdint>
#include <vector>

namespace dscope::view_data {

// A rectangle to be drawn: one slice, or all slices of some neighbouring pixels.
struct TimelineBox {
  float x0 = 0;  // pixels from the left edge of the view; x0 < x1
  float x1 = 0;
  Stage stage = Stage::kOther;     // of the slice, or the one that has most of the time
  float busy = 1;                  // share of the pixels' time that slices take
  std::uint32_t slice = kNoSlice;  // index into the row; kNoSlice: several
};

// What of a row is visible, in O(width * log n): slices of at least `least_pixels` one by one, the
// others summed up per pixel column. Replaces the contents of `boxes`.
void visible_boxes(const Row& row, const TimelineView& view, std::vector<TimelineBox>& boxes,
                   float least_pixels = 2.0F);

}  // namespace dscope::view_data
