// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dscope::collect {

// How fast `threads` threads of this machine read memory together, in GB/s (decimal): the best of
// several passes over a buffer larger than the caches. Takes about a third of a second; the figure
// that floors of CPU runs refer to.
[[nodiscard]] double measure_read_bandwidth_gbps(int threads);

}  // namespace dscope::collect
