// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/axes.h"
#include "model/configuration.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The axes of the model as controls: what the panel shows is decided here, and follows
// model::axes().
namespace dscope::view_data {

enum class ControlKind : std::uint8_t {
  kChoice,  // one of `choices`
  kSwitch,  // on or off
  kSlider,  // a number between axis->low and axis->high
};

struct ExploreControl {
  const model::Axis* axis = nullptr;  // of model::axes(), never null
  ControlKind kind = ControlKind::kChoice;
  std::vector<std::string> choices;  // of kChoice: values, as the axis takes them
  std::vector<std::string> labels;   // of kChoice: one for each of `choices`, for people
  std::string automatic;             // of kSlider: the value that is no number ("auto", "none")
  std::string value;                 // now, as on the command line
  std::string shown;                 // now, for people: "99 KiB", "RTX PRO 6000"
  std::optional<double> number;      // of kSlider, unless `value` is `automatic`
  bool on = false;                   // of kSwitch
  bool changed = false;              // against the reference configuration
  std::string help;                  // accepted forms and the reference's value
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

// A value for people: "99 KiB" for bytes, the label of a device, otherwise as it is.
[[nodiscard]] std::string shown_value(const model::Axis& axis, std::string_view value);

// Values to draw a curve over, in order: the choices of the axis, else at most `most` (>= 2) steps
// from low to high. The value that is no number and the configuration's own are among them.
[[nodiscard]] std::vector<std::string> axis_values(const model::Axis& axis,
                                                   const model::Configuration& now,
                                                   std::size_t most);

// All values of all axes, "NAME=VALUE", one a line: equal for configurations that only axes changed
// from a common origin. The key of caches, and what a session file keeps.
[[nodiscard]] std::string axis_key(const model::Configuration& configuration);

// Sets the values of an axis_key() on top of `configuration`, in the order of model::axes(); what
// cannot be set is left out. Derived values of a device follow from it unless they were changed.
[[nodiscard]] model::Configuration from_axis_key(model::Configuration configuration,
                                                 std::string_view key);

// What differs, "GPUs (TP) 8 to 4".
[[nodiscard]] std::vector<std::string> axis_differences(const model::Configuration& from,
                                                        const model::Configuration& to);

}  // namespace dscope::view_data
