// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace dscope::fuzz {

// What must hold for any bytes: they are refused with Error{kInput}, or the tensors found in them
// cover the data section exactly. Returns whether they were accepted; throws std::logic_error when
// the property does not hold.
bool check_safetensors(std::span<const std::byte> file);

}  // namespace dscope::fuzz
