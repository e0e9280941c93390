// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/bench_support.h"
#include "kernels/cuda/device.h"

namespace dscope::bench {

Support register_gpu_cases() {
  return cuda_available();
}

std::int64_t tune(const std::string&, const std::function<void(const std::string&)>&,
                  const std::function<bool()>&) {
  throw unavailable_error("tuning measures CUDA kernels: {}", cuda_available().reason);
}

}  // namespace dscope::bench
