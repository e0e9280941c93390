// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/stream.h"

#include <cstdint>
#include <functional>

namespace dscope {

// Decimal GB/s of a pass that moves `bytes`, enqueued on a stream of its own: the median of eleven,
// so that a first one that warms up does not count.
[[nodiscard]] double median_gbps(std::int64_t bytes, const std::function<void(Stream)>& pass);

}  // namespace dscope
