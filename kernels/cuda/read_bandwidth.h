// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dscope {

// What this GPU reads from its memory in a plain pass over more bytes than its caches hold:
// decimal GB/s, median of several passes. The ceiling that floors and fractions refer to.
[[nodiscard]] double measure_device_read_gbps();

// The same out of L2: a quarter of what it holds, again and again, past the SMs' own caches.
[[nodiscard]] double measure_l2_read_gbps();

}  // namespace dscope
