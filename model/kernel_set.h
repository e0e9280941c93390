// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// One constant of a kernel set; kernel_constants.h lists all there are. Values that nobody measured
// widen the interval of a prediction.
struct Constant {
  double value = 0;
  std::optional<double> low;  // interval of the value, low <= value <= high
  std::optional<double> high;
  std::string unit;
  std::string source;  // one of kConstantSourceIds
  std::string where;
  friend bool operator==(const Constant&, const Constant&) = default;
};

// "neutral": not in the file; the value of ideal kernels.
inline constexpr std::array<std::string_view, 5> kConstantSourceIds{"fitted", "measured", "derived",
                                                                    "assumed", "neutral"};

// How well a set of kernels uses the hardware, as a file of kernel_sets/ describes it: the
// constants that the terms of the model take, with where they come from. Constants of one set are
// never used for another.
struct KernelSet {
  std::string name;  // kebab-case: "roofline", "dscope", "sglang-24692"
  std::string label;
  std::string description;  // which kernels, and what is known of how they work
  std::map<std::string, Constant, std::less<>> constants;  // all of kernel_constants()
  std::map<std::string, bool, std::less<>> traits;         // all of kernel_traits()
  std::string calibration_id;  // of the calibration that gave them; may be empty

  // Throws Error{kInternal} for an unknown one.
  [[nodiscard]] double constant(std::string_view name) const;
  [[nodiscard]] bool trait(std::string_view name) const;
  friend bool operator==(const KernelSet&, const KernelSet&) = default;
};

// Reads one kernel set. Constants and traits that the file leaves out are neutral; unknown ones,
// other units and values out of bounds are refused. Throws Error{kInput} naming `source` and the
// JSON pointer.
[[nodiscard]] KernelSet kernel_set_from_json(const nlohmann::json& json, const std::string& source);
// The file form again, without what is neutral.
void to_json(nlohmann::json& json, const KernelSet& set);
// The same as a file of kernel_sets/ is laid out: a constant in two lines, in the order of
// kernel_constants(), values with four digits.
[[nodiscard]] std::string to_text(const KernelSet& set);
// Ideal kernels: the set "roofline".
[[nodiscard]] const KernelSet& roofline_kernel_set();

// The catalogue that is compiled in.
[[nodiscard]] const std::vector<KernelSet>& kernel_sets();
[[nodiscard]] std::vector<std::string> kernel_set_names();
// Of the catalogue by name, or from a file that ends with ".json". Throws like find_device().
[[nodiscard]] KernelSet find_kernel_set(std::string_view name);

}  // namespace dscope::model
