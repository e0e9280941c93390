// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device/convert.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/device/hadamard.cuh"
#include "kernels/device/kv_entry.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/device/rope.cuh"
#include "kernels/indexer_query/indexer_query.h"

#include <cstdint>

// Per token t and index head h, with x = q[t, h, 0 .. dim):
//   x = hadamard(rope(x)); s = max(|x|, 1e-4) / 448; out = e4m3(x / s) or bf16(x), then s = 1
//   W[t, h] = w[t, h] * norm * s, with norm = (dim * heads)^-0.5
//
// Grid [ceil(heads / 8), T], one warp a head. Lane l holds the dim / 32 neighbours from l * dim /
// 32 on: rope pairs lie in one lane (for dim 32 in two neighbours), and the first steps of the
// Hadamard turn need no exchange. The rotations of a position are the same for all heads, and take
// double precision to form: a block forms them once, in shared memory, behind its only barrier.
//
// Limited by latency: a token has 16 KiB of queries.
namespace dscope {

inline constexpr int kIndexerQueryWarps = 8;
inline constexpr int kMaxIndexDim = 128;

struct IndexerQuerySharedStorage {
  float2 rotations[kMaxIndexDim / 2];
};

namespace device {

// `Values` neighbouring BF16 values as floats, and the converse: one access a lane.
template <int Values>
struct QueryLane;

template <>
struct QueryLane<4> {
  static __device__ __forceinline__ void load(const bf16_t* at, float (&x)[4]) {
    const uint2 v = *reinterpret_cast<const uint2*>(at);
    x[0] = low_bf16(v.x);
    x[1] = high_bf16(v.x);
    x[2] = low_bf16(v.y);
    x[3] = high_bf16(v.y);
  }
  static __device__ __forceinline__ void store_bf16(std::byte* at, const float (&x)[4]) {
    *reinterpret_cast<uint2*>(at) = {pack_bf16(x[0], x[1]), pack_bf16(x[2], x[3])};
  }
};
template <>
struct QueryLane<2> {
  static __device__ __forceinline__ void load(const bf16_t* at, float (&x)[2]) {
    const auto v = *reinterpret_cast<const std::uint32_t*>(at);
    x[0] = low_bf16(v);
    x[1] = high_bf16(v);
  }
  static __device__ __forceinline__ void store_bf16(std::byte* at, const float (&x)[2]) {
    *reinterpret_cast<std::uint32_t*>(at) = pack_bf16(x[0], x[1]);
  }
};
template <>
struct QueryLane<1> {
  static __device__ __forceinline__ void load(const bf16_t* at, float (&x)[1]) {
    x[0] = device::to_float(*at);
  }
  static __device__ __forceinline__ void store_bf16(std::byte* at, const float (&x)[1]) {
    *reinterpret_cast<bf16_t*>(at) = from_float<bf16_t>(x[0]);
  }
};

// Turns the pairs that start at channel `first_roped` or behind it.
template <int Values>
__device__ __forceinline__ void rope_lane(float (&x)[Values], int first_roped,
                                          const float2* rotations) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  if constexpr (Values == 1) {
    const float other = __shfl_xor_sync(kAllLanes, x[0], 1);
    if (lane < first_roped) return;
    const float2 rotation = rotations[(lane - first_roped) / 2];
    const bool odd = lane % 2 != 0;  // as is the channel's place in its pair: first_roped is even
    const float2 turned = odd ? rotate({other, x[0]}, rotation) : rotate({x[0], other}, rotation);
    x[0] = odd ? turned.y : turned.x;
  } else {
#pragma unroll
    for (int i = 0; i < Values; i += 2) {
      const int channel = lane * Values + i;
      if (channel < first_roped) continue;
      const float2 turned = rotate({x[i], x[i + 1]}, rotations[(channel - first_roped) / 2]);
      x[i] = turned.x;
      x[i + 1] = turned.y;
    }
  }
}

// Stores a warp's query in the cache's format and returns its scale. FP8 queries are 128 wide.
template <int Values>
__device__ __forceinline__ float store_query(const IndexQueryView& out, std::int64_t offset,
                                             const float (&x)[Values]) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  const std::int64_t first = offset + lane * Values;
  if constexpr (Values == 4) {
    if (out.format == CacheFormat::kFp8) {
      const float largest = fmaxf(fmaxf(fabsf(x[0]), fabsf(x[1])), fmaxf(fabsf(x[2]), fabsf(x[3])));
      const float scale = index_scale(warp_max(largest));
      *reinterpret_cast<std::uint32_t*>(out.data + first) =
          pack_e4m3(x[0] / scale, x[1] / scale) | pack_e4m3(x[2] / scale, x[3] / scale) << 16;
      return scale;
    }
  }
  QueryLane<Values>::store_bf16(out.data + 2 * first, x);
  return 1.0f;
}

}  // namespace device

template <int Dim>
__global__ void __launch_bounds__(kIndexerQueryWarps * 32)
    indexer_query_kernel(IndexerQueryParams<bf16_t> p, double norm) {
  constexpr int kValues = Dim / 32;
  __shared__ IndexerQuerySharedStorage shared;
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t t = blockIdx.y;
  for (int i = static_cast<int>(threadIdx.x); i < p.rope.pairs; i += kIndexerQueryWarps * 32) {
    shared.rotations[i] = device::rope_rotation(p.rope, p.positions[t], i);
  }
  __syncthreads();
  const std::int64_t h = blockIdx.x * kIndexerQueryWarps + threadIdx.x / 32;
  if (h >= p.heads) return;
  const std::int64_t head = t * p.heads + h;
  const int lane = static_cast<int>(threadIdx.x % 32);
  float x[kValues];
  device::QueryLane<kValues>::load(p.q + head * Dim + lane * kValues, x);
  device::rope_lane(x, Dim - static_cast<int>(p.rope_dim), shared.rotations);
  device::warp_hadamard(x);
  const float scale = device::store_query(p.out, head * Dim, x);
  if (lane != 0) return;
  p.head_weights[head] = static_cast<float>(device::to_float(p.w[head]) * norm * scale);
}

}  // namespace dscope
