// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/safetensors.h"

#include <string_view>

namespace dscope::detail {

// The header's JSON text as it is written: structure and types are checked, duplicate names too;
// whether sizes and offsets make sense is not. Tensors come in the order of the text. Throws
// Error{kInput}; byte offsets in messages count from the start of the file.
[[nodiscard]] SafetensorsHeader read_safetensors_header(std::string_view json,
                                                        std::string_view source);

}  // namespace dscope::detail
