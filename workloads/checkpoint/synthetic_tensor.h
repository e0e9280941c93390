// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/checkpoint/tensor_catalog.h"

#include <cstddef>
#include <cstdint>

namespace dscope {

// Made-up values of one tensor (synthetic_weights.h) in its official format.

// Bytes that the tensor takes, scales included; values and scales each start at a multiple of 64.
[[nodiscard]] std::int64_t synthetic_bytes(const TensorSlot& slot);

// Fills synthetic_bytes(slot) bytes at `memory` and the slot's view. Token tables are I32; their
// ids are uniform over `experts` and distinct within a row.
void make_synthetic(const TensorSlot& slot, std::uint64_t seed, std::int64_t experts,
                    std::byte* memory);

}  // namespace dscope
