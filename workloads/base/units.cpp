// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/base/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>

namespace dscope {
namespace {

// Three or four digits that matter: 9.876, 98.76, 987.6 become 9.88, 98.8, 988.
std::string scaled(double value, const char* unit) {
  const double magnitude = std::fabs(value);
  const int decimals = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2;
  return fmt::format("{:.{}f} {}", value, decimals, unit);
}

template <std::size_t N>
std::string decimal(double value, const std::array<const char*, N>& units) {
  std::size_t step = 0;
  // 999.5 and more would print as "1000": move to the next unit first.
  while (step + 1 < N && std::fabs(value) >= 999.5) {
    value /= 1000;
    ++step;
  }
  if (step == 0) return fmt::format("{:.0f} {}", value, units[0]);
  return scaled(value, units[step]);
}

}  // namespace

std::string format_ns(double ns) {
  return decimal(ns, std::array{"ns", "us", "ms", "s"});
}

std::string format_bytes(double bytes) {
  return decimal(bytes, std::array{"B", "kB", "MB", "GB", "TB"});
}

std::string format_flops(double flops) {
  return decimal(flops, std::array{"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP"});
}

double gbps(double bytes, double ns) {
  return ns > 0 ? bytes / ns : 0;
}

}  // namespace dscope
