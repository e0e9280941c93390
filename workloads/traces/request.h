// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dscope::traces {

// Larger numbers in a trace are taken for damage, not for requests.
inline constexpr std::int64_t kMaxRequestTokens = 1'000'000'000;
inline constexpr double kMaxArrivalS = 1e10;

// One request of a recorded trace.
struct Request {
  // Seconds since the origin of the trace, which is the format's business (see the readers). Later
  // lines may arrive earlier, and then even before the origin: readers report what is written.
  double arrival_s = 0;
  std::int64_t input_tokens = 0;   // prompt: 0 .. kMaxRequestTokens
  std::int64_t output_tokens = 0;  // 0 .. kMaxRequestTokens
  std::int64_t line = 0;           // 1-based line of the file
};

}  // namespace dscope::traces
