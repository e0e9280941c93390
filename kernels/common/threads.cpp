// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/threads.h"

#include "workloads/base/error.h"

#include <omp.h>

namespace dscope {

void set_cpu_threads(int threads) {
  DSCOPE_REQUIRE(threads >= 1, "threads must be at least 1, got {}", threads);
  omp_set_num_threads(threads);
}

int cpu_threads() {
  return omp_get_max_threads();
}

}  // namespace dscope
