// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
// The second half of a gathered all-reduce: N values become one, in the order of the ranks.
//
// Mapping: 8 values a thread where they begin on 16 bytes, else one; up to 8 ranks' values are on
// their way at a time. Limited by latency: a launch and one trip to L2, where the gather left them.
#include "kernels/comm/rank_sum.cuh"
#include "kernels/comm/rank_sum.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "workloads/formats.h"

namespace dscope {
namespace {

using device::kRankSumVector;

constexpr int kThreads = 128;
constexpr int kInFlight = 8;

__global__ void __launch_bounds__(kThreads)
    rank_sum_kernel(const bf16_t* parts, int ranks, std::int64_t count, bf16_t* out) {
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t i =
      (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x) * kRankSumVector;
  if (i >= count) return;
  float sum[kRankSumVector] = {};
  for (int first = 0; first < ranks; first += kInFlight) {
    uint4 part[kInFlight];
#pragma unroll
    for (int r = 0; r < kInFlight; ++r) {
      if (first + r < ranks) {
        part[r] = *reinterpret_cast<const uint4*>(parts + (first + r) * count + i);
      }
    }
#pragma unroll
    for (int r = 0; r < kInFlight; ++r) {
      if (first + r < ranks) device::add_eight(sum, part[r]);
    }
  }
  *reinterpret_cast<uint4*>(out + i) = device::round_eight(sum);
}

// The same, a value a thread: for float32 parts, and for any count and alignment.
template <class Part>
__global__ void __launch_bounds__(kThreads)
    rank_sum_plain_kernel(const Part* parts, int ranks, std::int64_t count, bf16_t* out) {
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  float sum = 0;
  for (int first = 0; first < ranks; first += kInFlight) {
    Part part[kInFlight];
#pragma unroll
    for (int r = 0; r < kInFlight; ++r) {
      if (first + r < ranks) part[r] = parts[(first + r) * count + i];
    }
#pragma unroll
    for (int r = 0; r < kInFlight; ++r) {
      if (first + r < ranks) sum += device::to_float(part[r]);
    }
  }
  out[i] = device::from_float<bf16_t>(sum);
}

template <class Part>
void launch_sum(void (*kernel)(const Part*, int, std::int64_t, bf16_t*), std::int64_t threads,
                const Part* parts, int ranks, std::int64_t count, bf16_t* out, Stream stream) {
  launch(
      kernel,
      {.grid = dim3(static_cast<unsigned>(ceil_div(threads, kThreads))), .block = dim3(kThreads)},
      stream, parts, ranks, count, out);
}

bool aligned(const bf16_t* values) {
  return reinterpret_cast<std::uintptr_t>(values) % (2 * kRankSumVector) == 0;
}

}  // namespace

void launch_rank_sum(const bf16_t* parts, int ranks, std::int64_t count, bf16_t* out,
                     Stream stream) {
  DSCOPE_REQUIRE(ranks >= 1 && count >= 1, "a sum of {} values over {} ranks", count, ranks);
  const bool vectors = count % kRankSumVector == 0 && aligned(parts) && aligned(out);
  launch_sum(vectors ? rank_sum_kernel : rank_sum_plain_kernel<bf16_t>,
             vectors ? count / kRankSumVector : count, parts, ranks, count, out, stream);
}

void launch_rank_sum(const float* parts, int ranks, std::int64_t count, bf16_t* out,
                     Stream stream) {
  DSCOPE_REQUIRE(ranks >= 1 && count >= 1, "a sum of {} values over {} ranks", count, ranks);
  launch_sum(rank_sum_plain_kernel<float>, count, parts, ranks, count, out, stream);
}

}  // namespace dscope
