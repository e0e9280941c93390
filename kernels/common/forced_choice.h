// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dscope {

// In an array of forced choices (experts of a router, entries of an indexer), a row that begins
// with this is not forced: the model chooses. It lets one captured graph serve both.
inline constexpr std::int32_t kNotForced = -2;

}  // namespace dscope
