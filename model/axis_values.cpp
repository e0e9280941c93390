// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/axis_values.h"

#include "workloads/base/error.h"
#include "workloads/base/parse_number.h"

#include <array>
#include <cmath>
#include <optional>
#include <string>

namespace dscope::model {
namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return parse_number<Number>(text);
}

[[noreturn]] void fail(std::string_view axis, std::string_view expected, std::string_view text) {
  throw usage_error("{}: expected {}, got \"{}\"", axis, expected, text);
}

struct Unit {
  std::string_view suffix;
  double factor;
};

// Number and unit, with or without a space between them. The longest suffix first.
template <std::size_t kSize>
std::optional<double> with_unit(std::string_view text, const std::array<Unit, kSize>& units) {
  for (const Unit& unit : units) {
    if (!text.ends_with(unit.suffix)) continue;
    std::string_view amount = text.substr(0, text.size() - unit.suffix.size());
    while (amount.ends_with(' ')) amount.remove_suffix(1);
    const auto value = number<double>(amount);
    if (value) return *value * unit.factor;
  }
  return number<double>(text);
}

}  // namespace

std::int64_t parse_whole(std::string_view axis, std::string_view text) {
  const auto value = number<std::int64_t>(text);
  if (!value) fail(axis, "a whole number", text);
  return *value;
}

double parse_real(std::string_view axis, std::string_view text) {
  const auto value = number<double>(text);
  if (!value) fail(axis, "a number", text);
  return *value;
}

bool parse_switch(std::string_view axis, std::string_view text) {
  for (const std::string_view yes : {"on", "yes", "true", "1"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"off", "no", "false", "0"}) {
    if (text == no) return false;
  }
  fail(axis, "on or off", text);
}

double parse_bytes(std::string_view axis, std::string_view text) {
  constexpr double kKib = 1024;
  static constexpr std::array kUnits{Unit{"KiB", kKib}, Unit{"MiB", kKib * kKib}, Unit{"kB", 1000},
                                     Unit{"KB", kKib},  Unit{"K", kKib},          Unit{"B", 1}};
  const auto value = with_unit(text, kUnits);
  if (!value || *value < 0) fail(axis, "bytes such as 227KiB or 101376", text);
  return *value;
}

std::int64_t parse_tokens(std::string_view axis, std::string_view text) {
  constexpr double kThousand = 1024;
  static constexpr std::array kUnits{Unit{"k", kThousand}, Unit{"K", kThousand},
                                     Unit{"M", kThousand * kThousand}};
  const auto value = with_unit(text, kUnits);
  constexpr double kMost = 1e15;
  if (!value || *value != std::floor(*value) || std::abs(*value) > kMost) {
    fail(axis, "tokens such as 8192 or 8k", text);
  }
  return static_cast<std::int64_t>(*value);
}

double parse_change(std::string_view axis, std::string_view text, double now) {
  std::optional<double> value;
  constexpr double kPercent = 100;
  if (text.ends_with('%')) {
    const auto percent = number<double>(text.substr(0, text.size() - 1));
    if (percent) value = now * (1 + *percent / kPercent);
  } else if (text.starts_with('x')) {
    const auto factor = number<double>(text.substr(1));
    if (factor) value = now * *factor;
  } else {
    value = number<double>(text);
  }
  if (!value || !(*value > 0)) fail(axis, "a positive number, +10%, -5% or x2", text);
  return *value;
}

}  // namespace dscope::model
