// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

// Scales, ticks and texts of axes. No drawing.
namespace dscope::view_data {

enum class Unit : std::uint8_t {
  kNone,     // "12.5", "1.2k"
  kNs,       // values in nanoseconds: "43.1 us"
  kBytes,    // "8.19 kB"
  kFlops,    // "1.45 GFLOP"
  kGbps,     // "812 GB/s"
  kGflops,   // GFLOP/s
  kTokS,     // "31.4 tok/s"
  kPercent,  // values are shares: 0.452 is "45.2 %"
  kWatts,    // "287 W"
  kMhz,      // "1980 MHz"
  kCount,    // whole numbers
};

enum class Scale : std::uint8_t { kLinear, kLog };

// A value with its unit, for people. A value that is not finite is a dash.
[[nodiscard]] std::string format_value(double value, Unit unit);

struct Tick {
  double value = 0;
  std::string text;  // empty: a line without text
};

// At most about `most` ticks at round values inside [low, high] (1, 2 or 5 times a power of ten;
// powers of two for bytes would not be what bandwidth is quoted in). All texts of one axis share
// their number of decimals. Needs low < high, both finite; log needs low > 0; otherwise empty.
[[nodiscard]] std::vector<Tick> make_ticks(double low, double high, int most, Unit unit,
                                           Scale scale = Scale::kLinear);

// Where a value stands in [low, high], 0..1 inside; not clamped. 0 for an empty range.
[[nodiscard]] double position(double value, double low, double high, Scale scale);
[[nodiscard]] double value_at(double position, double low, double high, Scale scale);

// The smallest round number that is not below `value`; 1 for values <= 0: the end of an axis that
// begins at 0.
[[nodiscard]] double round_up(double value);

}  // namespace dscope::view_data
