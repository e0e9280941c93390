// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/hyper_connection/hyper_connection_config.h"
#include "kernels/hyper_connection/hyper_connection_finish.cuh"
#include "kernels/hyper_connection/hyper_connection_streams.cuh"

#include <cuda_fp16.h>

#include <cstdint>

// The transition between two sublayers, for tokens t, streams j, k < m, channels i < d:
//   X[t, k, i] = bf16(post[t, k] f[t, i] + sum_j mixing[t, j, k] X[t, j, i])     (if there was one)
//   mix[t, r]  = sum_ji fn[r, j d + i] X[t, j, i] / rms(X[t])     r < (2 + m) m, or m for the head
//   pre, post', mixing' = sigmoids and Sinkhorn of mix (hyper_connection.h)
//   y[t, i]    = sum_j pre_j X[t, j, i];   x[t] = bf16(y / rms(y) * weight)
//
// First part (mix), grid [slices of d, token tiles], 8 warps: a block updates its slice of all
// streams and keeps the result in shared memory as float32, [token][stream][channel]. For the
// products the slice is 4-channel items, item i = (stream, 4 channels), one a lane; warp w has rows
// w, w + 8, w + 16 of fn in registers, loaded before the previous kernel has ended, and goes
// through the block's tokens. Sums over the lanes go to the workspace: [token][slice][32] floats,
// rows first, the sum of squares at kHcSquares.
//
// Second part (finish), a launch of its own, one block a token: adds up the slices in order and
// forms the mixes in every warp; then all warps but the first form y, a column of 8 channels a
// thread and step, while warp 0 has post and Sinkhorn. The first part has read post and mixing
// before they are written anew, so old and new may be the same memory.
//
// Limited by latency for few tokens (fn is 1.6 MB for Flash, read by all SMs at once), by L2
// traffic of fn and X for many.
namespace dscope {

inline constexpr int kHcChunks = kHcSlice / 32;  // items of a lane

template <int Tokens>
struct HcMixSharedStorage {
  alignas(16) float x[Tokens][kMaxHcStreams * kHcSlice];
};

namespace device {

// Four neighbours of a row of fn.
__device__ __forceinline__ float4 load_fn(const WeightMatrix& fn, int row, int col) {
  const std::byte* const at = fn.data + row * fn.row_bytes;
  if (fn.format == WeightFormat::kF32) {
    return __ldg(reinterpret_cast<const float4*>(at) + col / 4);
  }
  const uint2 v = __ldg(reinterpret_cast<const uint2*>(at) + col / 4);
  if (fn.format == WeightFormat::kBf16) {
    return {low_bf16(v.x), high_bf16(v.x), low_bf16(v.y), high_bf16(v.y)};
  }
  const float2 low = __half22float2(reinterpret_cast<const __half2&>(v.x));
  const float2 high = __half22float2(reinterpret_cast<const __half2&>(v.y));
  return {low.x, low.y, high.x, high.y};
}

// Items of a block: 4 channels of a stream each, stream after stream.
struct HcItems {
  static constexpr int kPerStream = kHcSlice / 4;
  int count;  // streams * kPerStream
  int first;  // channel of the slice

  __device__ __forceinline__ int stream(int item) const { return item / kPerStream; }
  __device__ __forceinline__ int channel(int item) const { return first + item % kPerStream * 4; }
};

// This lane's part of the warp's rows of fn: items lane, lane + 32, ...; zeros where there is none.
__device__ __forceinline__ void load_fn_items(const HcArgs& args, const HcItems& items, int rows,
                                              float4 (&fn)[kHcChunks][kHcRowsPerWarp]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warp = static_cast<int>(threadIdx.x / 32);
#pragma unroll
  for (int c = 0; c < kHcChunks; ++c) {
    const int item = c * 32 + lane;
    const int channel = items.channel(item);
    const bool exists = item < items.count && channel < args.streams.hidden;
#pragma unroll
    for (int i = 0; i < kHcRowsPerWarp; ++i) {
      const int row = warp + i * kHcWarps;
      fn[c][i] = exists && row < rows
                     ? load_fn(args.fn, row, items.stream(item) * args.streams.hidden + channel)
                     : float4{0, 0, 0, 0};
    }
  }
}

// The tile's tokens in shared memory, as the items read them; zeros beyond the streams' end.
template <int Tokens>
__device__ __forceinline__ void stage_streams(const HcArgs& args,
                                              HcMixSharedStorage<Tokens>& shared, int first_token,
                                              int first_channel) {
  constexpr int kGroups = HcItems::kPerStream;
  for (int g = static_cast<int>(threadIdx.x); g < Tokens * kGroups; g += kHcThreads) {
    const int t = first_token + g / kGroups;
    const int channel = first_channel + g % kGroups * 4;
    HcFour x[kMaxHcStreams] = {};
    if (t < args.streams.tokens && channel < args.streams.hidden)
      update_streams(args.streams, t, channel, x);
    float* const row = shared.x[g / kGroups] + g % kGroups * 4;
#pragma unroll
    for (int j = 0; j < kMaxHcStreams; ++j) {
      *reinterpret_cast<float4*>(row + j * kHcSlice) = {x[j].v[0], x[j].v[1], x[j].v[2], x[j].v[3]};
    }
  }
}

// Sums four values over the warp with 6 exchanges instead of 20: each of the first steps also
// halves how many values a lane goes on with. Value n ends up in lanes 8 n .. 8 n + 7.
__device__ __forceinline__ float warp_sum_four(const float (&v)[4]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const bool upper = (lane & 16) != 0;
  float a = upper ? v[2] : v[0];
  float b = upper ? v[3] : v[1];
  a += __shfl_xor_sync(kAllLanes, upper ? v[0] : v[2], 16);
  b += __shfl_xor_sync(kAllLanes, upper ? v[1] : v[3], 16);
  const bool odd = (lane & 8) != 0;
  float sum = odd ? b : a;
  sum += __shfl_xor_sync(kAllLanes, odd ? a : b, 8);
#pragma unroll
  for (int offset = 4; offset > 0; offset /= 2) sum += __shfl_xor_sync(kAllLanes, sum, offset);
  return sum;
}

__device__ __forceinline__ float dot_four(float4 a, float4 b, float sum) {
  return fmaf(a.x, b.x, fmaf(a.y, b.y, fmaf(a.z, b.z, fmaf(a.w, b.w, sum))));
}

// The products of one token with the warp's rows and, from every warp, its sum of squares.
__device__ __forceinline__ float mix_token(const float* x,
                                           const float4 (&fn)[kHcChunks][kHcRowsPerWarp],
                                           int count) {
  static_assert(kHcRowsPerWarp == 3);
  float sums[4] = {};
#pragma unroll
  for (int c = 0; c < kHcChunks; ++c) {
    const int item = c * 32 + static_cast<int>(threadIdx.x % 32);
    const float4 v =
        item < count ? *reinterpret_cast<const float4*>(x + item * 4) : float4{0, 0, 0, 0};
#pragma unroll
    for (int i = 0; i < kHcRowsPerWarp; ++i) sums[i] = dot_four(fn[c][i], v, sums[i]);
    sums[3] = dot_four(v, v, sums[3]);
  }
  return warp_sum_four(sums);
}

// The first part, behind load_fn_items(). Leaves the block's sums in the workspace.
template <int Tokens>
__device__ __forceinline__ void mix_slice(HcMixSharedStorage<Tokens>& shared, const HcArgs& args,
                                          const HcItems& items,
                                          const float4 (&fn)[kHcChunks][kHcRowsPerWarp],
                                          int first_token) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int warp = static_cast<int>(threadIdx.x / 32);
  stage_streams(args, shared, first_token, items.first);
  __syncthreads();
  const int value = lane / 8;  // of the four, which this lane has the sum of
  const int row = warp + value * kHcWarps;
  const bool is_squares = value == kHcRowsPerWarp;
  const bool writes = lane % 8 == 0 && (is_squares ? warp == 0 : row < args.rows());
  for (int i = 0; i < Tokens; ++i) {
    const int t = first_token + i;
    if (t >= args.streams.tokens) break;
    const float sum = mix_token(shared.x[i], fn, items.count);
    const std::int64_t at = (static_cast<std::int64_t>(t) * args.slices + blockIdx.x) * kHcPartials;
    if (writes) args.partials[at + (is_squares ? kHcSquares : row)] = sum;
  }
}

}  // namespace device

// Two blocks an SM, so that a launch finds room beside the one before it.
template <int Tokens>
__global__ void __launch_bounds__(kHcThreads, 2) hc_mix_kernel(HcArgs args) {
  __shared__ HcMixSharedStorage<Tokens> shared;
  const device::HcItems items{args.streams.streams * device::HcItems::kPerStream,
                              static_cast<int>(blockIdx.x) * kHcSlice};
  float4 fn[kHcChunks][kHcRowsPerWarp];
  device::load_fn_items(args, items, args.rows(), fn);
  device::wait_for_previous();
  device::allow_next();
  device::mix_slice(shared, args, items, fn, static_cast<int>(blockIdx.y) * Tokens);
}

__global__ void __launch_bounds__(kHcThreads) hc_finish_kernel(HcArgs args) {
  __shared__ HcFinishSharedStorage shared;
  const device::HcAffine affine(args);
  device::prefetch_norm(args);
  device::wait_for_previous();
  device::allow_next();
  device::finish_token(shared, args, affine, static_cast<int>(blockIdx.x));
}

}  // namespace dscope
