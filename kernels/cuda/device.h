// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/device_limits.h"
#include "kernels/common/support.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace dscope {

struct CudaDevice {
  std::string name;
  int major = 0;
  int minor = 0;
  DeviceLimits limits;
  std::int64_t memory_bytes = 0;
  std::int64_t free_bytes = 0;  // when asked
};

// Whether this process can run our kernels: a driver, a device, and one this build has code for.
// The reason says what is missing and how to get it. Never throws.
[[nodiscard]] Support cuda_available();

// Makes the `index`-th device of this process current, counted round where there are fewer.
void select_device(int index);

// The current device. Throws Error{kUnavailable} with the reason of cuda_available().
[[nodiscard]] CudaDevice current_device();

// Limits of the current device, asked once: launchers choose configurations by them.
[[nodiscard]] const DeviceLimits& device_limits();

// What process_tuning() has for the current device: an index below `count`, or empty.
[[nodiscard]] std::optional<std::size_t> tuned_config(const char* op, const std::string& shape,
                                                      std::size_t count);

}  // namespace dscope
