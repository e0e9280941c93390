// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/op.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// What a kernel set may say about itself. The neutral value is that of ideal kernels: with nothing
// but neutral values a prediction is the roofline. Bounds are what files and calibrations must
// keep to.
struct ConstantInfo {
  std::string name;
  std::string unit;  // "ns", "cycles", "share", "1"
  double neutral = 0;
  double lowest = 0;
  double highest = 0;
  std::string help;
};

// Every constant there is, in the order of tables: general ones, then "launches.OP" for every op
// outside collectives.
[[nodiscard]] const std::vector<ConstantInfo>& kernel_constants();
[[nodiscard]] const ConstantInfo* find_kernel_constant(std::string_view name);  // null: unknown

// The name under which the kernels that one op launches in one layer are counted.
[[nodiscard]] const std::string& launches_constant(Op op);

// Structural facts, all false for ideal kernels.
struct TraitInfo {
  std::string_view name;
  std::string_view help;
};
[[nodiscard]] const std::vector<TraitInfo>& kernel_traits();

}  // namespace dscope::model
