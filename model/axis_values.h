// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

// How the values of axes are written on the command line. All of these throw Error{kUsage} naming
// the axis, what was expected and what came.
namespace dscope::model {

[[nodiscard]] std::int64_t parse_whole(std::string_view axis, std::string_view text);
[[nodiscard]] double parse_real(std::string_view axis, std::string_view text);
[[nodiscard]] bool parse_switch(std::string_view axis, std::string_view text);  // on, off, ...
// "227KiB", "99 KiB", "101376", "1.5MiB", "8k" (thousands): bytes.
[[nodiscard]] double parse_bytes(std::string_view axis, std::string_view text);
// "8k", "64K", "1M" are 8192, 65536 and 2^20 tokens.
[[nodiscard]] std::int64_t parse_tokens(std::string_view axis, std::string_view text);
// A new value outright ("1800"), or relative to `now`: "+10%", "-5%", "x2". Positive and finite.
[[nodiscard]] double parse_change(std::string_view axis, std::string_view text, double now);

}  // namespace dscope::model
