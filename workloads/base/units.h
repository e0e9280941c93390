// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

// Quantities for people. Documents and JSON carry raw numbers with the unit in the key; these
// functions are for tables and messages only.
namespace dscope {

// "812 ns", "43.1 us", "97.50 ms", "12.3 s": four significant digits at most.
[[nodiscard]] std::string format_ns(double ns);

// Decimal units, as memory bandwidth is quoted: "584 B", "8.19 kB", "12.65 GB".
[[nodiscard]] std::string format_bytes(double bytes);

// Decimal: "1.45 GFLOP".
[[nodiscard]] std::string format_flops(double flops);

// bytes per nanosecond is GB/s (decimal); 0 when no time passed.
[[nodiscard]] double gbps(double bytes, double ns);

}  // namespace dscope
