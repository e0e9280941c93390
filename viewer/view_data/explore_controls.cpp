// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/view_data/explore_controls.h"

#include "model/device_catalog.h"
#include "model/interconnect.h"
#include "model/kernel_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <exception>

namespace dscope::view_data {
namespace {

using model::Axis;
using model::Configuration;

struct SectionOf {
  std::string_view title;
  std::string_view axes;  // separated by one space
};

// Where an axis stands. One that is not listed comes last, so that none is ever missing.
constexpr std::array<SectionOf, 6> kSections{{
    {"Hardware", "device smem dram sms clock l2 dram_latency power"},
    {"GPUs and links", "tp ep interconnect p2p pcie link hop allreduce collectives"},
    {"Workload", "model batch context captured layers routing numerics wo_a_bf16"},
    {"Kernels", "kernel_set graph"},
    {"Tiles",
     "moe_stages moe_warps mla_heads mla_splits moe_config mla_config linear_config padding"},
    {"Speculation", "depth acceptance draft"},
}};
constexpr std::string_view kOtherSection = "More";

bool lists(std::string_view axes, std::string_view name) {
  while (!axes.empty()) {
    const std::size_t space = std::min(axes.find(' '), axes.size());
    if (axes.substr(0, space) == name) return true;
    axes.remove_prefix(std::min(space + 1, axes.size()));
  }
  return false;
}

// The number that a text is ("16" and "1e3", not "gen5" nor "8 GB").
std::optional<double> number_of(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  const bool whole = !copy.empty() && end == copy.c_str() + copy.size();
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

template <class Entry>
std::string label_among(const std::vector<Entry>& list, std::string_view name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Entry& e) { return e.name == name; });
  return found == list.end() ? std::string(name) : found->label;
}

bool is_number(const Axis& axis) {
  return axis.kind == Axis::Kind::kInteger || axis.kind == Axis::Kind::kReal;
}

// Several useful numbers are a list to choose from.
bool lists_numbers(const Axis& axis) {
  return std::count_if(axis.choices.begin(), axis.choices.end(),
                       [](const std::string& choice) { return number_of(choice).has_value(); }) > 1;
}

bool is_slider(const Axis& axis) {
  return is_number(axis) && axis.low < axis.high && !lists_numbers(axis);
}

std::string automatic_of(const Axis& axis) {
  for (const std::string& choice : axis.choices) {
    if (choice == "auto" || choice == "none") return choice;
  }
  return "";
}

void insert_in_order(std::vector<std::string>& values, const std::string& value) {
  if (std::find(values.begin(), values.end(), value) != values.end()) return;
  const std::optional<double> number = number_of(value);
  const auto place = std::find_if(values.begin(), values.end(), [&](const std::string& other) {
    const std::optional<double> n = number_of(other);
    return n && number && *n > *number;
  });
  values.insert(number ? place : values.begin(), value);
}

std::string help_of(const Axis& axis, bool changed, const std::string& reference) {
  std::string text = axis.help;
  if (changed) text += fmt::format("\nreference: {}", reference);
  return text;
}

ExploreControl control_of(const Axis& axis, const Configuration& now,
                          const Configuration& reference) {
  ExploreControl control;
  control.axis = &axis;
  control.value = axis.get(now);
  control.shown = shown_value(axis, control.value);
  if (axis.kind == Axis::Kind::kBool) {
    control.kind = ControlKind::kSwitch;
    control.on = control.value == "on";
  } else if (is_slider(axis)) {
    control.kind = ControlKind::kSlider;
    control.automatic = automatic_of(axis);
    control.number = number_of(control.value);
  } else {
    control.choices = axis.choices;
    // A value that came from elsewhere (a file, "zipf:0.9") is a choice, too.
    insert_in_order(control.choices, control.value);
    for (const std::string& choice : control.choices) {
      control.labels.push_back(shown_value(axis, choice));
    }
  }
  const std::string was = axis.get(reference);
  control.changed = was != control.value;
  control.help = help_of(axis, control.changed, shown_value(axis, was));
  return control;
}

std::vector<std::string> steps_of(const Axis& axis, std::size_t most) {
  std::vector<std::string> values;
  const double count = static_cast<double>(most) - 1;
  const bool by_two = axis.logarithmic && axis.low > 0;
  if (by_two) {
    // Powers of two are what people set; as many between two of them as are left out.
    const double doublings = std::floor(std::log2(axis.high / axis.low));
    const double stride = std::max(1.0, std::ceil(doublings / count));
    for (double power = 0; power <= doublings; power += stride) {
      values.push_back(slider_value(axis, axis.low * std::exp2(power)));
    }
    return values;
  }
  const bool whole = axis.kind == Axis::Kind::kInteger;
  const double range = axis.high - axis.low;
  const double stride = whole ? std::max(1.0, std::ceil(range / count)) : range / count;
  for (double at = 0; at <= range * (1 + 1e-9); at += stride) {
    values.push_back(slider_value(axis, axis.low + at));
  }
  return values;
}

}  // namespace

std::vector<ExploreSection> explore_controls(const Configuration& now,
                                             const Configuration& reference) {
  std::vector<ExploreSection> sections;
  for (const SectionOf& section : kSections) sections.push_back({std::string(section.title), {}});
  sections.push_back({std::string(kOtherSection), {}});
  for (const Axis& axis : model::axes()) {
    const auto found = std::find_if(kSections.begin(), kSections.end(),
                                    [&](const SectionOf& s) { return lists(s.axes, axis.name); });
    sections[static_cast<std::size_t>(found - kSections.begin())].controls.push_back(
        control_of(axis, now, reference));
  }
  std::erase_if(sections, [](const ExploreSection& s) { return s.controls.empty(); });
  return sections;
}

std::string try_set(Configuration& configuration, const Axis& axis, std::string_view value) {
  Configuration changed = configuration;
  try {
    axis.set(changed, value);
  } catch (const std::exception& error) {
    return error.what();
  }
  configuration = std::move(changed);
  return "";
}

std::string slider_value(const Axis& axis, double number) {
  if (!std::isfinite(number)) number = axis.low;
  number = std::clamp(number, axis.low, axis.high);
  if (axis.kind == Axis::Kind::kInteger || axis.unit == "B") {
    return fmt::format("{:.0f}", number);
  }
  return fmt::format("{:.4g}", number);
}

std::string shown_value(const Axis& axis, std::string_view value) {
  if (axis.name == "device") return label_among(model::devices(), value);
  if (axis.name == "interconnect") return label_among(model::interconnects(), value);
  if (axis.name == "kernel_set") return label_among(model::kernel_sets(), value);
  const std::optional<double> number = number_of(value);
  if (!number) return std::string(value);
  if (axis.unit == "B") {
    constexpr double kKib = 1024;
    return *number >= 4096 * kKib ? fmt::format("{:.4g} MiB", *number / kKib / kKib)
                                  : fmt::format("{:.4g} KiB", *number / kKib);
  }
  const bool counted = axis.unit.empty() || axis.unit == "sequences" || axis.unit == "tokens" ||
                       axis.unit == "share";
  return counted ? std::string(value) : fmt::format("{} {}", value, axis.unit);
}

std::vector<std::string> axis_values(const Axis& axis, const Configuration& now, std::size_t most) {
  std::vector<std::string> values = axis.choices;
  // Of a slider "auto" alone is no range.
  if (is_slider(axis)) {
    values = steps_of(axis, most);
    if (const std::string automatic = automatic_of(axis); !automatic.empty()) {
      values.insert(values.begin(), automatic);
    }
  }
  insert_in_order(values, axis.get(now));
  return values;
}

std::string axis_key(const Configuration& configuration) {
  std::string key;
  for (const Axis& axis : model::axes()) {
    key += fmt::format("{}{}={}", key.empty() ? "" : "\n", axis.name, axis.get(configuration));
  }
  return key;
}

Configuration from_axis_key(Configuration configuration, std::string_view key) {
  for (const Axis& axis : model::axes()) {
    const std::string name = axis.name + "=";
    std::size_t at = key.starts_with(name) ? 0 : key.find("\n" + name);
    if (at == std::string_view::npos) continue;
    at += (at == 0 ? 0 : 1) + name.size();
    const std::string_view value = key.substr(at, key.find('\n', at) - at);
    // What is so already may hold more than its text says.
    if (axis.get(configuration) != value) (void)try_set(configuration, axis, value);
  }
  return configuration;
}

std::vector<std::string> axis_differences(const Configuration& from, const Configuration& to) {
  std::vector<std::string> list;
  for (const Axis& axis : model::axes()) {
    const std::string a = axis.get(from);
    const std::string b = axis.get(to);
    if (a == b) continue;
    list.push_back(
        fmt::format("{}: {} to {}", axis.label, shown_value(axis, a), shown_value(axis, b)));
  }
  return list;
}

}  // namespace dscope::view_data
