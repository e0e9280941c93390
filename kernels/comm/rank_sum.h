// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/stream.h"
#include "workloads/dtypes.h"

#include <cstdint>

namespace dscope {

// Up to so many bytes of a rank, an all-reduce through NCCL gathers the ranks' BF16 values and adds
// them in one kernel; beyond, it is NCCL's own. NCCL's ring rounds the partial sum to BF16 at every
// hop and passes 2 (N - 1) hops; gathering passes N - 1 and rounds once, but moves N / 2 times the
// bytes of a ring. At 64 KiB (8 tokens of 4096 values) the extra bytes of 8 ranks are 256 KiB: 5 us
// of a PCIe 5 x16 link, less than the hops that are saved there (some 3 us each through host
// memory).
inline constexpr std::int64_t kGatheredAllReduceBytes = 64 * 1024;

// out[i] = the sum of parts[r, i] over all ranks r, formed in float32 in the order of the ranks and
// rounded once: the same bits on every rank. parts [ranks, count] and out [count] in device memory;
// out may be none of the parts. Fastest where count is a multiple of 8 and both are 16-byte
// aligned.
void launch_rank_sum(const bf16_t* parts, int ranks, std::int64_t count, bf16_t* out,
                     Stream stream);

}  // namespace dscope
