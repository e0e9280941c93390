// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/axis_values.h"
#include "model/kernel_constants.h"
#include "model/sweep.h"
#include "workloads/base/error.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

namespace dscope::model {
namespace {

constexpr std::size_t kMostValues = 100'000;

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// "hot:16:0.5" is a routing, not a range.
bool takes_ranges(const Axis* axis) {
  return axis == nullptr || axis->kind == Axis::Kind::kInteger || axis->kind == Axis::Kind::kReal;
}

// LOW:HIGH[:STEP], STEP a number to add or xFACTOR to multiply by.
std::vector<std::string> range(const std::string& name, const std::vector<std::string>& parts,
                               const Axis* axis) {
  const bool whole = axis != nullptr && axis->kind == Axis::Kind::kInteger;
  const auto value = [&](const std::string& text) {
    return whole ? static_cast<double>(parse_tokens(name, text)) : parse_real(name, text);
  };
  const double low = value(parts[0]);
  const double high = value(parts[1]);
  std::optional<double> add;
  std::optional<double> multiply;
  if (parts.size() == 3 && parts[2].starts_with('x')) {
    multiply = parse_real(name, std::string_view(parts[2]).substr(1));
  } else if (parts.size() == 3) {
    add = value(parts[2]);
  } else if (axis != nullptr && axis->logarithmic) {
    multiply = 2;
  } else {
    add = 1;
  }
  const bool moves = multiply ? *multiply > 1 && low > 0 : *add > 0;
  if (!(low <= high) || !moves) {
    throw usage_error("{}: expected LOW:HIGH[:STEP] that rises, got \"{}\"", name,
                      fmt::join(parts, ":"));
  }
  std::vector<std::string> values;
  constexpr double kSlack = 1e-9;
  for (double v = low; v <= high * (1 + kSlack); v = multiply ? v * *multiply : v + *add) {
    if (values.size() == kMostValues) {
      throw usage_error("{}: more than {} values", name, kMostValues);
    }
    values.push_back(whole ? fmt::format("{:.0f}", v) : fmt::format("{:.6g}", v));
  }
  return values;
}

}  // namespace

SweepAxis parse_sweep_axis(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals + 1 == text.size()) {
    throw usage_error("axis: expected NAME=VALUE,VALUE,... or NAME=LOW:HIGH[:STEP], got \"{}\"",
                      text);
  }
  SweepAxis result{.name = std::string(text.substr(0, equals))};
  const bool constant = find_kernel_constant(result.name) != nullptr;
  const Axis* axis = constant ? nullptr : &find_axis(result.name);
  const std::string_view values = text.substr(equals + 1);
  if (values == "all" && axis != nullptr && axis->kind != Axis::Kind::kInteger) {
    result.values = axis->choices;
    return result;
  }
  for (const std::string& part : split(values, ',')) {
    const std::vector<std::string> bounds = split(part, ':');
    if (takes_ranges(axis) && (bounds.size() == 2 || bounds.size() == 3)) {
      for (std::string& value : range(result.name, bounds, axis)) {
        result.values.push_back(std::move(value));
      }
    } else {
      result.values.push_back(part);
    }
  }
  return result;
}

}  // namespace dscope::model
