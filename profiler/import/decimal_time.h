// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dscope::importer {

// Nanoseconds of a JSON number of microseconds ("4609133070834.080", "2.5e3"), read digit by digit:
// a double has not enough of them for the time of a trace. More than three decimals are rounded to
// the nearest nanosecond. Empty for what is no JSON number or does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_microseconds(std::string_view text);

}  // namespace dscope::importer
