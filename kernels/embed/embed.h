// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"
#include "workloads/parallel_layout.h"
#include "workloads/weight_matrix.h"

#include <cstdint>

namespace dscope {

// out[t, :] = table[ids[t] - vocab.begin, :] when the id is in this rank's slice, else 0: the
// all-reduce behind it completes the row.
template <Activation Act>
struct EmbedParams {
  std::int64_t tokens = 0;            // T
  const std::int32_t* ids = nullptr;  // [T]
  WeightMatrix table;                 // [vocab.size(), d]: this rank's rows
  Slice vocab;                        // the ids they belong to
  Act* out = nullptr;                 // [T, d]
};

template <Activation Act>
void reference_embed(const EmbedParams<Act>& p);

// The CUDA kernel: all pointers are device pointers; the table is BF16, F16 or F32.
[[nodiscard]] Support supports(const EmbedParams<bf16_t>& p);
void launch_embed(const EmbedParams<bf16_t>& p, Stream stream);

}  // namespace dscope
