// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/axis.h"

#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dscope::view_data {
namespace {

struct Prefix {
  double factor;
  const char* text;
};

constexpr Prefix kTime[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
constexpr Prefix kByte[] = {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}};
constexpr Prefix kFlop[] = {{1e15, "PFLOP"}, {1e12, "TFLOP"}, {1e9, "GFLOP"},
                            {1e6, "MFLOP"},  {1e3, "kFLOP"},  {1, "FLOP"}};
constexpr Prefix kBandwidth[] = {{1e3, "TB/s"}, {1, "GB/s"}, {1e-3, "MB/s"}};
constexpr Prefix kFlopRate[] = {{1e6, "PFLOP/s"}, {1e3, "TFLOP/s"}, {1, "GFLOP/s"}};
constexpr Prefix kPlain[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}};

template <std::size_t N>
Prefix prefix_for(const Prefix (&table)[N], double largest) {
  for (const Prefix& prefix : table) {
    if (largest >= prefix.factor * (1 - 1e-9)) return prefix;
  }
  return table[N - 1];
}

// One factor and suffix for a whole axis, so that its texts can be compared at a glance.
Prefix axis_prefix(double largest, Unit unit) {
  switch (unit) {
    case Unit::kNs:
      return prefix_for(kTime, largest);
    case Unit::kBytes:
      return prefix_for(kByte, largest);
    case Unit::kFlops:
      return prefix_for(kFlop, largest);
    case Unit::kGbps:
      return prefix_for(kBandwidth, largest);
    case Unit::kGflops:
      return prefix_for(kFlopRate, largest);
    case Unit::kTokS:
      return {1, "tok/s"};
    case Unit::kPercent:
      return {0.01, "%"};
    case Unit::kWatts:
      return {1, "W"};
    case Unit::kMhz:
      return {1, "MHz"};
    case Unit::kNone:
    case Unit::kCount:
      return largest < 1e4 ? Prefix{1, ""} : prefix_for(kPlain, largest);
  }
  return {1, ""};
}

std::string with_suffix(const std::string& number, const char* suffix, Unit unit) {
  const bool glued = unit == Unit::kNone || unit == Unit::kCount;
  return *suffix == 0 ? number : number + (glued ? "" : " ") + suffix;
}

// Three significant digits, no exponent.
std::string three_digits(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size >= 1e15 || size < 1e-4) return fmt::format("{:.3g}", value);
  return fmt::format("{:.{}f}", value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : size < 0.1 ? 4 : 2);
}

std::string tick_text(double value, double step, const Prefix& prefix, Unit unit) {
  const double in_units = step / prefix.factor;
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(in_units) - 1e-9)), 0, 9);
  const double number = value / prefix.factor;
  // No "-0".
  return with_suffix(
      fmt::format("{:.{}f}", std::abs(number) < in_units * 1e-6 ? 0.0 : number, decimals),
      prefix.text, unit);
}

double round_step(double rough) {
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double digit = rough / power;
  return power * (digit <= 1.0 + 1e-9 ? 1 : digit <= 2.0 + 1e-9 ? 2 : digit <= 5.0 + 1e-9 ? 5 : 10);
}

std::vector<Tick> linear_ticks(double low, double high, int most, Unit unit) {
  double step = round_step((high - low) / most);
  if (unit == Unit::kCount) step = std::max(1.0, step);
  const Prefix prefix = axis_prefix(std::max(std::abs(low), std::abs(high)), unit);
  std::vector<Tick> ticks;
  const double first = std::ceil(low / step - 1e-9) * step;
  for (int i = 0; i <= 2 * most + 2; ++i) {
    const double value = first + i * step;
    if (value > high + step * 1e-6) break;
    ticks.push_back({value, tick_text(value, step, prefix, unit)});
  }
  return ticks;
}

std::vector<Tick> log_ticks(double low, double high, int most, Unit unit) {
  const double decades = std::log10(high / low);
  if (decades < 1) {  // too few powers of ten
    return linear_ticks(low, high, most, unit);
  }
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / most)));
  std::vector<Tick> ticks;
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  for (int power = static_cast<int>(std::ceil(std::log10(low) - 1e-9)); power <= last; ++power) {
    const double value = std::pow(10.0, power);
    const bool named = power % stride == 0;
    ticks.push_back({value, named ? format_value(value, unit) : std::string()});
  }
  return ticks;
}

}  // namespace

std::string format_value(double value, Unit unit) {
  if (!std::isfinite(value)) return "-";
  switch (unit) {
    case Unit::kNs:
      return format_ns(value);
    case Unit::kBytes:
      return format_bytes(value);
    case Unit::kFlops:
      return format_flops(value);
    case Unit::kCount:
      return fmt::format("{:.0f}", value);
    case Unit::kPercent:
      return fmt::format("{:.1f} %", value * 100);
    default:
      break;
  }
  const Prefix prefix = axis_prefix(std::abs(value), unit);
  return with_suffix(three_digits(value / prefix.factor), prefix.text, unit);
}

std::vector<Tick> make_ticks(double low, double high, int most, Unit unit, Scale scale) {
  if (!std::isfinite(low) || !std::isfinite(high) || low >= high || most < 1) return {};
  // Doubles cannot count in steps this small.
  if ((high - low) < 1e-12 * std::max(std::abs(low), std::abs(high))) return {};
  if (!std::isfinite(high - low)) return {};
  if (scale == Scale::kLog) {
    return low > 0 ? log_ticks(low, high, most, unit) : std::vector<Tick>{};
  }
  return linear_ticks(low, high, most, unit);
}

double position(double value, double low, double high, Scale scale) {
  if (!(low < high)) return 0;
  if (scale == Scale::kLog) {
    if (low <= 0 || value <= 0) return 0;
    return std::log(value / low) / std::log(high / low);
  }
  return (value - low) / (high - low);
}

double value_at(double position, double low, double high, Scale scale) {
  if (scale == Scale::kLog && low > 0 && high > low) return low * std::pow(high / low, position);
  return low + (high - low) * position;
}

double round_up(double value) {
  if (!(value > 0) || !std::isfinite(value)) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(value)));
  for (const double digit : {1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0}) {
    if (value <= digit * power * (1 + 1e-12)) return digit * power;
  }
  return 10 * power;
}

}  // namespace dscope::view_data
