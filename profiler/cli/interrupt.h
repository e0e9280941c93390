// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace dscope::cli {

// After this, the first Ctrl-C (or SIGTERM) sets the flag, so that long work can stop between steps
// and keep its results; a second one ends the process at once.
void install_interrupt_handler();

[[nodiscard]] const std::atomic<bool>& interrupted();

}  // namespace dscope::cli
