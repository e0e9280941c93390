// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// One constant of a kernel set. Values that nobody measured widen the interval of a prediction.
struct Constant {
  double value = 0;
  std::optional<double> low;  // interval of the value
  std::optional<double> high;
  std::string unit;
  std::string source;  // "fitted", "measured", "derived", "assumed"
  std::string where;
};

// How well a set of kernels uses the hardware, as a file of kernel_sets/ describes it: the
// constants that the terms of the model take, with where they come from. Constants of one set are
// never used for another.
struct KernelSet {
  std::string name;  // kebab-case: "roofline", "dscope", "sglang-24692"
  std::string label;
  std::string description;                    // which kernels, and what is known of how they work
  std::map<std::string, Constant> constants;  // by name: kernel_sets/README.md lists them
  std::map<std::string, bool> traits;  // structural facts, e.g. "attention_not_divided_by_tp"
  std::string calibration_id;          // of the calibration that gave them; may be empty

  // Throws Error{kInternal} for one that the reader should have required.
  [[nodiscard]] double constant(std::string_view name) const;
  [[nodiscard]] bool trait(std::string_view name) const;  // false when it is not there
};

[[nodiscard]] KernelSet kernel_set_from_json(const nlohmann::json& json, const std::string& source);

[[nodiscard]] const std::vector<KernelSet>& kernel_sets();
// Of the catalogue by name, or from a file that ends with ".json". Throws like find_device().
[[nodiscard]] KernelSet find_kernel_set(std::string_view name);

}  // namespace dscope::model
