// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

// The axes of plots: ranges, ticks and their labels, without a pixel in them.
namespace dscope::viewer {

struct AxisTick {
  double value = 0;
  double place = 0;  // 0 at the low end, 1 at the high end
  std::string text;  // empty for minor ticks
};

struct PlotAxis {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
  std::string title;
  std::vector<AxisTick> ticks;

  // Where a value lies, 0 to 1 inside the axis; clamped to a little outside of it, so that what
  // is far away stays drawable. Not finite or not on the axis (0 on a logarithmic one): -0.01.
  [[nodiscard]] double place(double value) const;
  [[nodiscard]] double value_at(double place) const;
};

using TickText = std::function<std::string(double)>;

// From low to high, both finite, else 0 to 1. About `wanted` ticks at 1, 2 or 5 times a power of
// ten. `text` empty: short_number().
[[nodiscard]] PlotAxis linear_axis(double low, double high, std::size_t wanted,
                                   const TickText& text = {});

// The same for time: ticks in the unit that fits, from 0.
[[nodiscard]] PlotAxis time_axis(double high_ns, std::size_t wanted);

// 0 to 1 as 0 % to 100 %.
[[nodiscard]] PlotAxis share_axis(std::size_t wanted);

// From the power of ten below low to the one above high where `round`, else just around them.
// Labels at powers of ten (and at 2 and 5 where the range is under two decades), minor ticks
// between. Values that have no logarithm give 1 to 10.
[[nodiscard]] PlotAxis log_axis(double low, double high, bool round = true,
                                const TickText& text = {});

// "0.25", "12", "1.5k", "64k", "2M": three significant digits at most, "-" if not finite.
[[nodiscard]] std::string short_number(double value);

}  // namespace dscope::viewer
