// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/trace_property.h"

#include <cstdint>

// An exception that leaves here ends the run and keeps the input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  dscope::fuzz::check_repaired_activity_file(std::as_bytes(std::span(data, size)));
  return 0;
}
