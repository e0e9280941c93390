// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/stream.h"
#include "workloads/dtypes.h"

#include <cstdint>

namespace dscope {

// An all-reduce through NCCL gathers the ranks' parts and adds them in one kernel as long as the
// gathered parts of all ranks are no more than so many bytes; beyond, it is NCCL's own. That one
// passes on 2 (N - 1) / N times the vector and rounds the partial sum to BF16 at every hop; a
// gather passes on N - 1 times the vector and rounds once. As measured among 4 H200
// (MEASUREMENTS.md), up to 64 KiB gathered the two differ by less than a microsecond over NVLink,
// and through host memory the gather is faster; beyond, its bytes begin to tell there.
inline constexpr std::int64_t kGatheredAllReduceBytes = 64 * 1024;

// out[i] = the sum of parts[r, i] over all ranks r, formed in float32 in the order of the ranks and
// rounded once: the same bits on every rank. parts [ranks, count] and out [count] in device memory;
// out may be none of the parts. Fastest where count is a multiple of 8 and both are 16-byte
// aligned.
void launch_rank_sum(const bf16_t* parts, int ranks, std::int64_t count, bf16_t* out,
                     Stream stream);
void launch_rank_sum(const float* parts, int ranks, std::int64_t count, bf16_t* out, Stream stream);

}  // namespace dscope
