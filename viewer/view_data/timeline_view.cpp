// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/timeline_view.h"

#include <algorithm>
#include <cmath>

namespace dscope::view_data {
namespace {

constexpr double kLeastSpan = 20;
constexpr double kOverscroll = 0.5;  // of the view, on either side

}  // namespace

void TimelineView::reset(TimeRange extent, std::optional<std::int64_t> origin_ns) {
  extent_ = extent;
  origin_ns_ = origin_ns.value_or(extent.start_ns);
  if (extent_.empty()) extent_.end_ns = extent_.start_ns + 1'000'000;
  fit();
}

void TimelineView::set_extent(TimeRange extent) {
  if (extent == extent_) return;
  const TimeRange seen = visible();
  const bool all = seen.start_ns <= extent_.start_ns && seen.end_ns >= extent_.end_ns;
  const std::int64_t origin = origin_ns_;
  reset(extent, origin);
  if (!all) show(seen, 0);
}

void TimelineView::set_width(double pixels) {
  width_ = std::max(1.0, pixels);
}

double TimelineView::x_of(std::int64_t time_ns) const {
  return (static_cast<double>(time_ns - extent_.start_ns) - start_) * (width_ / span_);
}

double TimelineView::pixels(std::int64_t length_ns) const {
  return static_cast<double>(length_ns) * (width_ / span_);
}

std::int64_t TimelineView::time_at(double x) const {
  return extent_.start_ns + static_cast<std::int64_t>(std::floor(start_ + x * (span_ / width_)));
}

TimeRange TimelineView::visible() const {
  return {time_at(0), extent_.start_ns + static_cast<std::int64_t>(std::ceil(start_ + span_))};
}

void TimelineView::show(TimeRange range, double margin) {
  const double length = std::max(1.0, static_cast<double>(range.length_ns()));
  span_ = length * (1 + 2 * margin);
  start_ = static_cast<double>(range.start_ns - extent_.start_ns) - length * margin;
  clamp();
}

void TimelineView::pan(double pixels) {
  start_ += pixels * ns_per_pixel();
  clamp();
}

void TimelineView::zoom(double x, double factor) {
  if (!(factor > 0) || !std::isfinite(factor)) return;
  const double at = start_ + x * ns_per_pixel();
  const double most = static_cast<double>(extent_.length_ns()) * 1.2;
  span_ = std::clamp(span_ * factor, kLeastSpan, std::max(kLeastSpan, most));
  start_ = at - x * ns_per_pixel();
  clamp();
}

void TimelineView::reveal(TimeRange range) {
  const TimeRange seen = visible();
  if (range.start_ns >= seen.start_ns && range.end_ns <= seen.end_ns) return;
  const double middle = static_cast<double>(range.start_ns - extent_.start_ns) +
                        static_cast<double>(range.length_ns()) * 0.5;
  start_ = middle - span_ * 0.5;
  clamp();
}

void TimelineView::follow(const TimelineView& other) {
  span_ = other.span_;
  start_ = other.start_;
  clamp();
}

void TimelineView::clamp() {
  const auto length = static_cast<double>(extent_.length_ns());
  span_ = std::clamp(span_, kLeastSpan, std::max(kLeastSpan, length * 1.2));
  const double slack = std::max(span_ * kOverscroll, length * 0.02);
  // Something of the timeline always stays in view.
  start_ = std::clamp(start_, std::min(-slack, length - span_ - slack),
                      std::max(length - span_ + slack, -slack));
}

}  // namespace dscope::view_data
