// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_check.cuh"

namespace dscope::detail {

void check_cuda(cudaError_t status, const char* expression, const char* file, int line) {
  if (status == cudaSuccess) return;
  // Reported once: a sticky error will be met again by the next check anyway.
  (void)cudaGetLastError();
  const bool no_memory = status == cudaErrorMemoryAllocation;
  throw Error(no_memory ? ErrorKind::kUnavailable : ErrorKind::kInternal,
              fmt::format("{}:{}: {} failed: {} ({})", file, line, expression,
                          cudaGetErrorName(status), cudaGetErrorString(status)));
}

}  // namespace dscope::detail
