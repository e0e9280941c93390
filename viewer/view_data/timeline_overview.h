// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/timeline_tracks.h"

#include <vector>

namespace dscope::view_data {

struct OverviewColumn {
  Stage stage = Stage::kOther;  // that has most of the time
  float busy = 0;               // of one lane: the share of time the busiest device works
};

// A timeline in few columns, computed once and kept.
struct Overview {
  std::vector<OverviewColumn> columns;
  float column_pixels = 2;
};

// Work of all lanes of `document` over `extent`; stage totals where it has no events.
[[nodiscard]] Overview make_overview(const Document& document, TimeRange extent, float pixels);

}  // namespace dscope::view_data
