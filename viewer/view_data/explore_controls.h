// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/axes.h"
#include "model/configuration.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The axes of the model as controls: what the panel shows is decided here, and follows
// model::axes().
namespace dscope::view_data {

struct ExploreControl {
  const model::Axis* axis = nullptr;  // of model::axes(), never null
  std::string text;                   // the value now, as on the command line
  std::optional<double> number;       // of kInteger and kReal, where `text` begins with one
  bool on = false;                    // of kBool
  bool changed = false;               // against the reference configuration
  std::string was;                    // the reference's value, where it differs
  std::string tooltip;                // accepted forms, unit, the reference's value
};

struct ExploreSection {
  std::string title;
  std::vector<ExploreControl> controls;
};

// All axes by section. `reference` is what "changed" is said against.
[[nodiscard]] std::vector<ExploreSection> explore_controls(const model::Configuration& now,
                                                           const model::Configuration& reference);

// Sets an axis. Returns why it could not, an empty string when it could; `configuration` is left
// alone then. Never throws for text of any kind.
[[nodiscard]] std::string try_set(model::Configuration& configuration, const model::Axis& axis,
                                  std::string_view value);

// A slider's position as a value in the form that the axis takes.
[[nodiscard]] std::string slider_value(const model::Axis& axis, double number);

// Values to draw a curve over, in order, at most `most` (>= 2): the axis's own choices, else steps
// from low to high. The configuration's own value is among them.
[[nodiscard]] std::vector<std::string> axis_values(const model::Axis& axis,
                                                   const model::Configuration& now,
                                                   std::size_t most);

// All values of all axes, "tp=8 batch=1 ...": equal for equal configurations as far as axes can
// tell. The key of caches, and what a session file keeps.
[[nodiscard]] std::string axis_key(const model::Configuration& configuration);

// What differs, "tp 8 -> 4".
[[nodiscard]] std::vector<std::string> axis_differences(const model::Configuration& from,
                                                        const model::Configuration& to);

// The number that a text begins with ("96 KiB" is 96, "gen5" none).
[[nodiscard]] std::optional<double> leading_number(std::string_view text);

}  // namespace dscope::view_data
