// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dscope {

// Decimal GB/s, medians of several copies.
struct CopyBandwidth {
  double device_gbps = 0;     // within the device's memory, read and written bytes
  double to_device_gbps = 0;  // from pinned host memory
  double to_host_gbps = 0;    // into pinned host memory
};

// Of the current device; half a second. Throws Error{kUnavailable} without one.
[[nodiscard]] CopyBandwidth measure_copy_bandwidth();

}  // namespace dscope
