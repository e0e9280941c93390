// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// next[t] = the id with the largest logits[t, id] / temperature + noise (sampling.h); temperature
// 0: the largest logit.
//
//   logits [T, V] float32   workspace [T, ceil(V / 4096)]   next [T] int32
//
// Grid of the first kernel: one block a segment of 4096 ids and token; thread i looks at ids i,
// i + 256, ...: 16 loads in flight each. It leaves the segment's best in the workspace. The second
// kernel has one warp a token, which picks the best of the segments. Comparing (value, then lower
// id) has one result whatever the order, so the choice repeats. Shared memory holds the best of
// each warp; one barrier.
//
// Limited by latency at small T, then by the 64-bit multiplications of the noise.

#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/sampling/sampling.h"
#include "workloads/random.h"

#include <cstdint>

namespace dscope::sampling {

inline constexpr int kThreads = 256;
inline constexpr int kThreadIds = static_cast<int>(kSampleSegment) / kThreads;

// hash64(keys..., next) from hash64(keys...): the part that is the same for a whole row is formed
// once.
[[nodiscard]] __host__ __device__ constexpr std::uint64_t extend_hash(std::uint64_t hash,
                                                                      std::uint64_t next) {
  return mix64(hash ^ mix64(next + 0x9e3779b97f4a7c15ull));
}
static_assert(extend_hash(hash64(1, 2, 3), 4) == hash64(1, 2, 3, 4));

// -ln(-ln(u)) for u = unit_interval(bits) = odd / 2^53. Near 1 the logarithm is taken of 1 - u,
// which is exact as an integer, so float32 loses nothing but its own rounding.
__device__ __forceinline__ float gumbel_noise(std::uint64_t bits) {
  const std::uint64_t odd = 2 * (bits >> 12) + 1;
  constexpr std::uint64_t kOne = 1ull << 53;
  const float exponential = odd < kOne / 2 ? -logf(static_cast<float>(odd) * 0x1p-53f)
                                           : -log1pf(-static_cast<float>(kOne - odd) * 0x1p-53f);
  return -logf(exponential);
}

__device__ __forceinline__ SamplePartial better(const SamplePartial& a, const SamplePartial& b) {
  return b.value > a.value || (b.value == a.value && b.id < a.id) ? b : a;
}

// The best over the lanes of a warp, known to all.
__device__ __forceinline__ SamplePartial warp_best(SamplePartial best) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    const SamplePartial other{__shfl_xor_sync(device::kAllLanes, best.value, offset),
                              __shfl_xor_sync(device::kAllLanes, best.id, offset)};
    best = better(best, other);
  }
  return best;
}

// What nothing is worse than: rows without any number give id 0, as the reference does.
__device__ __forceinline__ SamplePartial nothing() {
  return {-INFINITY, 0};
}

__global__ void __launch_bounds__(kThreads)
    sample_segments_kernel(const __grid_constant__ SampleParams p) {
  __shared__ SamplePartial of_warp[kThreads / 32];
  device::wait_for_previous();
  device::allow_next();
  const int thread = static_cast<int>(threadIdx.x);
  const std::int64_t t = blockIdx.y;
  const std::int64_t first = blockIdx.x * kSampleSegment + thread;
  const float* logits = p.logits + t * p.vocab;
  float values[kThreadIds];
#pragma unroll
  for (int i = 0; i < kThreadIds; ++i) {
    const std::int64_t id = first + i * kThreads;
    values[i] = id < p.vocab ? logits[id] : -INFINITY;
  }
  const bool noisy = p.temperature > 0;
  const double factor = noisy ? 1 / p.temperature : 1;
  const std::uint64_t row_hash = noisy ? hash64(p.seed, static_cast<std::uint64_t>(p.streams[t]),
                                                static_cast<std::uint64_t>(p.positions[t]))
                                       : 0;
  SamplePartial best = nothing();
#pragma unroll
  for (int i = 0; i < kThreadIds; ++i) {
    const std::int64_t id = first + i * kThreads;
    double value = values[i];
    if (noisy) {
      value = value * factor + gumbel_noise(extend_hash(row_hash, static_cast<std::uint64_t>(id)));
    }
    // NaN compares false: it is never taken.
    if (value > best.value) best = {value, static_cast<std::int32_t>(id)};
  }
  best = warp_best(best);
  if (thread % 32 == 0) of_warp[thread / 32] = best;
  __syncthreads();
  if (thread >= 32) return;
  best = warp_best(thread < kThreads / 32 ? of_warp[thread] : nothing());
  if (thread == 0) p.workspace[t * gridDim.x + blockIdx.x] = best;
}

__global__ void __launch_bounds__(32) sample_merge_kernel(const __grid_constant__ SampleParams p) {
  device::wait_for_previous();
  device::allow_next();
  const int lane = static_cast<int>(threadIdx.x);
  const std::int64_t t = blockIdx.x;
  const auto segments = static_cast<int>(sample_segments(p.vocab));
  SamplePartial best = nothing();
  for (int i = lane; i < segments; i += 32) best = better(best, p.workspace[t * segments + i]);
  best = warp_best(best);
  if (lane == 0) p.next[t] = best.id;
}

}  // namespace dscope::sampling
