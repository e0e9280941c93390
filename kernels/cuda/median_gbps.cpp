// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/median_gbps.h"

#include "kernels/cuda/graph.h"

#include <algorithm>
#include <array>

namespace dscope {

double median_gbps(std::int64_t bytes, const std::function<void(Stream)>& pass) {
  const CudaStream stream;
  CudaTimer timer;
  std::array<double, 11> gbps{};
  for (double& one : gbps) {
    timer.start(stream.get());
    pass(stream.get());
    timer.stop(stream.get());
    one = static_cast<double>(bytes) / timer.elapsed_ns();
  }
  const auto middle = gbps.begin() + gbps.size() / 2;
  std::nth_element(gbps.begin(), middle, gbps.end());
  return *middle;
}

}  // namespace dscope
