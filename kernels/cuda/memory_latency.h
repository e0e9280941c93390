// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace dscope {

// ns from a load to its value, when nothing else is under way: one thread follows a chain of
// addresses in no order that hardware could foresee.
struct MemoryLatency {
  double l2_ns = 0;    // of lines that L2 holds
  double dram_ns = 0;  // of lines that it does not
};

// Of the current device; about a tenth of a second. Throws Error{kUnavailable} without one.
[[nodiscard]] MemoryLatency measure_memory_latency();

}  // namespace dscope
