// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/configuration.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// What can be varied: by `--what-if NAME=VALUE`, by the axes of `dscope sweep` and by the sliders
// of the viewer. One list for all three.
struct Axis {
  enum class Kind { kChoice, kInteger, kReal, kBool };
  std::string name;  // "tp", "batch", "device", "smem", "p2p", "pcie", "dram", "moe_stages", ...
  std::string label;
  std::string unit;  // "GB/s", "tokens"; may be empty
  std::string help;  // accepted forms
  Kind kind = Kind::kInteger;
  std::vector<std::string> choices;  // of kChoice, and useful values of the others
  double low = 0;                    // range of sliders
  double high = 0;
  bool logarithmic = false;
  bool of_launches = false;  // how kernels are launched: documents of predictions keep it
  // `value` as on the command line: "227KiB", "gen4", "off", "+10%". Throws Error{kUsage} with what
  // was expected.
  std::function<void(Configuration&, std::string_view value)> set;
  std::function<std::string(const Configuration&)> get;
};

[[nodiscard]] const std::vector<Axis>& axes();

// Throws Error{kUsage} with the closest name and all names for an unknown one.
[[nodiscard]] const Axis& find_axis(std::string_view name);

// "NAME=VALUE" applied to a copy.
[[nodiscard]] Configuration with(const Configuration& configuration, std::string_view assignment);

}  // namespace dscope::model
