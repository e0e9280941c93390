// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/sampling/sampling.cuh"
#include "kernels/sampling/sampling.h"

#include <cmath>
#include <limits>

namespace dscope {

Support supports(const SampleParams& p) {
  constexpr std::int64_t kMostTokens = 65'535;
  constexpr std::int64_t kMostIds = std::numeric_limits<std::int32_t>::max() - kSampleSegment;
  if (p.tokens < 1 || p.tokens > kMostTokens) {
    return unsupported("tokens is {}, expected 1 to {}", p.tokens, kMostTokens);
  }
  if (p.vocab < 1 || p.vocab > kMostIds) return unsupported("vocab is {}", p.vocab);
  if (p.logits == nullptr) return unsupported("logits is null");
  if (!(p.temperature >= 0) || !std::isfinite(p.temperature)) {
    return unsupported("temperature is {}, expected 0 or more", p.temperature);
  }
  if (p.temperature > 0 && !std::isfinite(1 / p.temperature)) {
    return unsupported("temperature is {}, too small to divide by", p.temperature);
  }
  if (p.temperature > 0 && p.streams == nullptr) {
    return unsupported("streams is null with a temperature");
  }
  if (p.temperature > 0 && p.positions == nullptr) {
    return unsupported("positions is null with a temperature");
  }
  if (p.next == nullptr) return unsupported("next is null");
  if (p.workspace == nullptr) return unsupported("workspace is null");
  return {};
}

void launch_sample(const SampleParams& p, Stream stream) {
  require_supported("launch_sample", supports(p));
  const dim3 grid(static_cast<unsigned>(sample_segments(p.vocab)), static_cast<unsigned>(p.tokens));
  launch(sampling::sample_segments_kernel, {.grid = grid, .block = dim3(sampling::kThreads)},
         stream, p);
  launch(sampling::sample_merge_kernel,
         {.grid = dim3(static_cast<unsigned>(p.tokens)), .block = dim3(32)}, stream, p);
}

}  // namespace dscope
