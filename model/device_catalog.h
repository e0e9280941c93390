// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/device.h"

#include <string>
#include <string_view>
#include <vector>

namespace dscope::model {

// The catalogue that is compiled in, in the order in which `dscope devices` shows it. Read and
// checked once, at the first call.
[[nodiscard]] const std::vector<Device>& devices();

[[nodiscard]] std::vector<std::string> device_names();

// A device of the catalogue by name, or one from a file of the same form when `name` ends with
// ".json". Throws Error{kUsage} with the closest name and all names for an unknown one, and
// Error{kInput} for a wrong file.
[[nodiscard]] Device find_device(std::string_view name);

}  // namespace dscope::model
