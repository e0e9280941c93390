// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/comm/communicator.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dscope {

// Time of one all-reduce over NCCL, captured in a CUDA graph as a decode step has it.
struct AllReduceTime {
  std::string algorithm;           // "ncclAllReduce", or "gather+sum" (rank_sum.h)
  std::int64_t payload_bytes = 0;  // of a rank's vector
  double ns = 0;                   // of one, the slowest rank's median
};

// Both algorithms for every payload (8 KiB to 1 MiB), among all ranks of `bootstrap`, each with its
// GPU current; every rank gets the same list. Every sum is checked. Throws Error{kUnavailable}
// without CUDA, GPU or NCCL, Error{kInternal} for a wrong sum.
[[nodiscard]] std::vector<AllReduceTime> measure_all_reduce(Communicator& bootstrap);

}  // namespace dscope
