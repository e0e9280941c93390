// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace dscope::fuzz {

// What must hold for any bytes that somebody calls a trace: they are refused with Error{kInput}, or
// the trace keeps its contract (names exist, nothing ends before it starts, every lane has a
// track). Returns whether they were accepted; throws std::logic_error when the property does not
// hold.
bool check_trace(std::span<const std::byte> file);

// The same of a file of our own with its checksums made right, so that changes get behind them.
bool check_repaired_activity_file(std::span<const std::byte> file);

}  // namespace dscope::fuzz
