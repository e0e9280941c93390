// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_columns.h"

#include <algorithm>
#include <cmath>

namespace dscope::view_data {
namespace {

// Shares of one column are told apart in this many steps: neighbours that look the same are one
// box.
constexpr float kBusySteps = 8;

TimelineBox column_box(const Row::StageSums& before, const Row::StageSums& after, double column_ns,
                       float x) {
  TimelineBox box{.x0 = x, .x1 = x + 1};
  std::int64_t most = 0;
  std::int64_t total = 0;
  for (std::size_t s = 0; s < kStageCount; ++s) {
    const std::int64_t time = after[s] - before[s];
    total += time;
    if (time <= most) continue;
    most = time;
    box.stage = static_cast<Stage>(s);
  }
  const double share = static_cast<double>(total) / std::max(1.0, column_ns);
  // Anything that happened is seen.
  box.busy = std::clamp(std::ceil(static_cast<float>(share) * kBusySteps) / kBusySteps,
                        1 / kBusySteps, 1.0F);
  return box;
}

void add_column(std::vector<TimelineBox>& boxes, const TimelineBox& box) {
  if (!boxes.empty()) {
    TimelineBox& last = boxes.back();
    if (last.slice == kNoSlice && last.stage == box.stage && last.busy == box.busy &&
        last.x1 == box.x0) {
      last.x1 = box.x1;
      return;
    }
  }
  boxes.push_back(box);
}

// Far away: columns of whole blocks, where there are several in a pixel; a part of a block may land
// in the neighbouring pixel. Where slices are few they are added up one by one: all are seen.
void far_boxes(const Row& row, const TimelineView& view, std::vector<TimelineBox>& boxes) {
  constexpr std::size_t kEnough = 4;
  std::int64_t begin = view.visible().start_ns;
  std::size_t before_blocks = 0;
  const Row::StageSums* before = &row.before_roughly(begin, before_blocks);
  const auto width = static_cast<std::int64_t>(view.width());
  for (std::int64_t x = 0; x < width; ++x) {
    const std::int64_t end = view.time_at(static_cast<double>(x + 1));
    std::size_t blocks = 0;
    const Row::StageSums& after = row.before_roughly(end, blocks);
    const auto column_ns = static_cast<double>(end - begin);
    if (blocks - before_blocks >= kEnough) {
      add_column(boxes, column_box(*before, after, column_ns, static_cast<float>(x)));
    } else {
      const Row::StageSums from = row.before(begin);
      const Row::StageSums to = row.before(end);
      if (from != to) {
        add_column(boxes, column_box(from, to, column_ns, static_cast<float>(x)));
      }
    }
    before = &after;
    before_blocks = blocks;
    begin = end;
  }
}

// Whether a pixel holds many blocks wherever one looks, so that no block is wider than a pixel.
bool is_far(const Row& row, const TimelineView& view) {
  constexpr double kBlocksPerPixel = 6;
  const TimeRange seen = view.visible();
  std::size_t first = 0;
  std::size_t last = 0;
  if (row.size() < Row::kBlock * 1024) return false;
  (void)row.before_roughly(seen.start_ns, first);
  (void)row.before_roughly(seen.end_ns, last);
  return static_cast<double>(last - first) > kBlocksPerPixel * view.width() &&
         view.pixels(row.longest_ns()) < 1;
}

}  // namespace

void visible_boxes(const Row& row, const TimelineView& view, std::vector<TimelineBox>& boxes,
                   float least_pixels) {
  boxes.clear();
  if (is_far(row, view)) {
    far_boxes(row, view, boxes);
    return;
  }
  const std::span<const Slice> slices = row.slices();
  const TimeRange seen = view.visible();
  const double width = view.width();
  Row::StageSums sums{};
  std::int64_t sums_at = std::numeric_limits<std::int64_t>::min();
  double next_column = 0;  // a slice across a border has its rest in the next column
  std::size_t i = row.first_after(seen.start_ns);
  while (i < slices.size() && slices[i].start_ns < seen.end_ns) {
    const Slice& slice = slices[i];
    const double x0 = view.x_of(slice.start_ns);
    if (x0 >= width) break;
    const double pixels = view.pixels(slice.length_ns());
    if (pixels >= least_pixels) {
      const double left = std::max(x0, -8.0);
      const double right = std::min(x0 + pixels, width + 8);
      if (right > left) {
        boxes.push_back({static_cast<float>(left), static_cast<float>(right), slice.stage, 1,
                         static_cast<std::uint32_t>(i)});
      }
      ++i;
      continue;
    }
    const double column = std::max(next_column, std::floor(x0));
    if (column >= width) break;
    next_column = column + 1;
    const std::int64_t begin = view.time_at(column);
    const std::int64_t end = std::max(view.time_at(column + 1), slice.start_ns + 1);
    if (sums_at != begin) sums = row.before(begin);
    const Row::StageSums after = row.before(end);
    add_column(boxes, column_box(sums, after, static_cast<double>(end - begin),
                                 static_cast<float>(column)));
    sums = after;
    sums_at = end;
    const std::size_t next = row.first_after(end);
    i = std::max(i + 1, next);
  }
}

}  // namespace dscope::view_data
