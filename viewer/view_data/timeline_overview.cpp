// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_overview.h"

#include "viewer/view_data/timeline_steps.h"

#include <algorithm>

namespace dscope::view_data {
namespace {

void add_row(const Row& row, const std::vector<std::int64_t>& edges,
             std::vector<Row::StageSums>& sums) {
  Row::StageSums before = row.before(edges.front());
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    const Row::StageSums after = row.before(edges[i + 1]);
    for (std::size_t s = 0; s < kStageCount; ++s) sums[i][s] += after[s] - before[s];
    before = after;
  }
}

}  // namespace

Overview make_overview(const Document& document, TimeRange extent, float pixels) {
  Overview overview;
  const Timeline& timeline = *document.timeline;
  const auto count = static_cast<std::size_t>(std::max(1.0F, pixels / overview.column_pixels));
  if (extent.empty()) return overview;
  std::vector<std::int64_t> edges(count + 1);
  const auto length = static_cast<double>(extent.length_ns());
  for (std::size_t i = 0; i <= count; ++i) {
    edges[i] = extent.start_ns + static_cast<std::int64_t>(length * static_cast<double>(i) /
                                                           static_cast<double>(count));
  }
  std::vector<Row::StageSums> sums(count, Row::StageSums{});
  std::size_t lanes = 0;
  for (const Group& group : timeline.groups) {
    for (const Lane& lane : group.lanes) {
      if (lane.kind != LaneKind::kWork || lane.rows.empty()) continue;
      ++lanes;
      add_row(lane.rows.front(), edges, sums);
    }
  }
  if (lanes == 0 && document.profile.measurement) {
    lanes = 1;
    add_row(measured_row(timeline.steps, *document.profile.measurement), edges, sums);
  }
  overview.columns.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t most = 0;
    std::int64_t total = 0;
    for (std::size_t s = 0; s < kStageCount; ++s) {
      if (static_cast<Stage>(s) == Stage::kGap) continue;
      total += sums[i][s];
      if (sums[i][s] <= most) continue;
      most = sums[i][s];
      overview.columns[i].stage = static_cast<Stage>(s);
    }
    const auto room = static_cast<double>(std::max<std::int64_t>(1, edges[i + 1] - edges[i]));
    // Several lanes: their sum may exceed the time there is.
    overview.columns[i].busy = static_cast<float>(std::min(1.0, static_cast<double>(total) / room));
  }
  return overview;
}

}  // namespace dscope::view_data
