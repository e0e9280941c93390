// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/base/error.h"

#include <cuda_runtime.h>

// Throws Error{kFailure} with the expression, the CUDA error's name and text, and the place.
#define DSCOPE_CUDA_CHECK(expression) \
  ::dscope::detail::check_cuda((expression), #expression, __FILE__, __LINE__)

namespace dscope::detail {

void check_cuda(cudaError_t status, const char* expression, const char* file, int line);

}  // namespace dscope::detail
