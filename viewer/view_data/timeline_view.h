// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "viewer/view_data/timeline.h"

#include <cstdint>
#include <optional>

namespace dscope::view_data {

// Which part of a timeline is on the screen. Times are kept relative to the beginning of the
// timeline: a double tells nanoseconds apart over months then, and not at all in Unix time.
class TimelineView {
 public:
  // Shows all of `extent`. An empty one is shown as one millisecond. The ruler counts from
  // `origin`; without one, from the beginning.
  void reset(TimeRange extent, std::optional<std::int64_t> origin_ns = std::nullopt);
  // Another extent, of the same origin: what is visible stays, or all of it is shown if it was.
  void set_extent(TimeRange extent);
  void set_width(double pixels);  // > 0

  [[nodiscard]] double x_of(std::int64_t time_ns) const;  // pixels from the left edge
  [[nodiscard]] std::int64_t time_at(double x) const;
  [[nodiscard]] double ns_per_pixel() const { return span_ / width_; }
  [[nodiscard]] double pixels(std::int64_t length_ns) const;
  [[nodiscard]] TimeRange visible() const;
  [[nodiscard]] TimeRange extent() const { return extent_; }
  [[nodiscard]] std::int64_t origin_ns() const { return origin_ns_; }
  [[nodiscard]] double width() const { return width_; }

  void fit() { show(extent_); }
  void show(TimeRange range, double margin = 0.02);  // with a margin of that share on either side
  void pan(double pixels);                           // > 0: later times come into view
  // What is at `x` stays there. factor < 1 zooms in; down to 20 ns over the whole width.
  void zoom(double x, double factor);
  // Brings a range into view without changing the zoom, when it is not in view already.
  void reveal(TimeRange range);
  // The same part, seen from the beginning of its own extent.
  void follow(const TimelineView& other);

  [[nodiscard]] bool operator==(const TimelineView&) const = default;

 private:
  void clamp();

  TimeRange extent_;
  std::int64_t origin_ns_ = 0;
  double start_ = 0;  // ns from extent_.start_ns
  double span_ = 1e6;
  double width_ = 1;
};

}  // namespace dscope::view_data
