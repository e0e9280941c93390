// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace dscope::detail {

// Dynamic shared memory that a launch asks for: what it uses and, where that fits, the extra bytes
// of extra_shared.h.
[[nodiscard]] std::size_t padded_shared_bytes(const void* kernel, std::size_t dynamic_bytes);

}  // namespace dscope::detail
