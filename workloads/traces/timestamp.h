// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dscope::traces {

// Nanoseconds since 1970-01-01 00:00:00 UTC of a time such as
//   2023-11-16 18:17:03.9799600      2024-05-10 00:00:00.009930+00:00      2024-05-10T02:00:00Z
// One to nine digits of fraction, or none; the zone is Z, +HH:MM, +HHMM or +HH (also -), and UTC
// where none is written. Years 1970 to 2200; no leap seconds. Nothing for anything else.
[[nodiscard]] std::optional<std::int64_t> parse_timestamp_ns(std::string_view text);

}  // namespace dscope::traces
