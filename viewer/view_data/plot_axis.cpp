// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/plot_axis.h"

#include "viewer/view_data/finite.h"
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace dscope::viewer {
namespace {

constexpr double kOutside = 0.01;  // how far outside of the axis a place may be
constexpr std::size_t kMostTicks = 200;

// 1, 2 or 5 times a power of ten, near range / wanted.
double nice_step(double range, std::size_t wanted) {
  const double rough = range / static_cast<double>(std::max<std::size_t>(1, wanted));
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double times = rough / power;
  return power * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
}

void add_tick(PlotAxis& axis, double value, std::string text) {
  axis.ticks.push_back({value, axis.place(value), std::move(text)});
}

// Two decades or more are labelled at powers of ten only.
bool has_label(int digit, double decades) {
  return digit == 1 || (decades < 2 && (digit == 2 || digit == 5));
}

}  // namespace

double PlotAxis::place(double value) const {
  const bool on_axis = logarithmic ? has_logarithm(value) : std::isfinite(value);
  if (!on_axis) return -kOutside;
  const double share =
      logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return std::clamp(share, -kOutside, 1 + kOutside);
}

double PlotAxis::value_at(double place) const {
  return logarithmic ? low * std::pow(high / low, place) : low + (high - low) * place;
}

PlotAxis linear_axis(double low, double high, std::size_t wanted, const TickText& text) {
  PlotAxis axis;
  const bool usable = std::isfinite(low) && std::isfinite(high) && std::isfinite(high - low);
  axis.low = usable ? std::min(low, high) : 0;
  axis.high = usable ? std::max(low, high) : 1;
  // A range below the resolution of the numbers cannot be divided.
  const double least = std::max(std::fabs(axis.low), std::fabs(axis.high)) * 1e-12;
  if (!(axis.high - axis.low > least)) axis.high = axis.low + std::max(1.0, least * 1e3);
  const double step = nice_step(axis.high - axis.low, wanted);
  const double first = std::ceil(axis.low / step - 1e-9);
  for (std::size_t i = 0; i < kMostTicks; ++i) {
    const double value = (first + static_cast<double>(i)) * step;
    if (value > axis.high + 1e-9 * step) break;
    add_tick(axis, value, text ? text(value) : short_number(value));
  }
  return axis;
}

PlotAxis time_axis(double high_ns, std::size_t wanted) {
  return linear_axis(0, drawable(high_ns), wanted,
                     [](double ns) { return ns > 0 ? format_ns(ns) : std::string("0"); });
}

PlotAxis share_axis(std::size_t wanted) {
  return linear_axis(0, 1, wanted,
                     [](double share) { return fmt::format("{:.0f} %", share * 100); });
}

PlotAxis log_axis(double low, double high, bool round, const TickText& text) {
  PlotAxis axis;
  axis.logarithmic = true;
  const bool usable = has_logarithm(low) && has_logarithm(high);
  axis.low = usable ? std::min(low, high) : 1;
  axis.high = usable ? std::max(low, high) : 10;
  if (round) {
    axis.low = std::pow(10, std::floor(std::log10(axis.low) + 1e-9));
    axis.high = std::pow(10, std::ceil(std::log10(axis.high) - 1e-9));
  }
  if (!(axis.high > axis.low * 1.001)) axis.high = axis.low * 10;
  const double decades = std::log10(axis.high / axis.low);
  const int first = static_cast<int>(std::floor(std::log10(axis.low) + 1e-9));
  for (int power = first; axis.ticks.size() < kMostTicks; ++power) {
    if (std::pow(10, power) > axis.high * (1 + 1e-9)) break;
    for (const int digit : {1, 2, 3, 4, 5, 6, 7, 8, 9}) {
      const double value = digit * std::pow(10, power);
      if (value < axis.low * (1 - 1e-9) || value > axis.high * (1 + 1e-9)) continue;
      if (digit > 1 && decades > 8) continue;
      const bool label = has_label(digit, decades);
      add_tick(axis, value, label ? (text ? text(value) : short_number(value)) : "");
    }
  }
  return axis;
}

std::string short_number(double value) {
  static constexpr std::array<const char*, 5> kUnits{"", "k", "M", "G", "T"};
  if (!std::isfinite(value)) return "-";
  std::size_t unit = 0;
  // 999.5 would be printed with four digits.
  while (std::fabs(value) >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g}{}", value, kUnits[unit]);
}

}  // namespace dscope::viewer
