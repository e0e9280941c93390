// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/cache_view.h"
#include "kernels/device/load_if.cuh"
#include "kernels/device/reduce.cuh"
#include "kernels/device/weight_fragment.cuh"
#include "kernels/sparse_mla_decode/sparse_mla_decode_config.h"
#include "kernels/sparse_mla_decode/sparse_mla_merge.cuh"
#include "workloads/formats.h"

#include <cstddef>
#include <cstdint>

// Cache entries and queries on their way from global memory to the operands of mma.m16n8k16
// (mma.cuh). With g = lane / 4 and q = lane % 4, a lane loads for each of the entries g, 8 + g, ..
// of a tile the 16 values of its warp's 64 that are its own, 16 bytes at a time:
//
//   FP8    values 16 q .. 16 q + 15; word s of the 16 bytes gives operand B of step s, the even
//          values in its first register and the odd ones in its second (weight_fragment.cuh)
//   BF16   values 8 q .. 8 q + 7 of the lower 32 (steps 0, 1) and of the upper 32 (steps 2, 3)
//
// Queries are loaded and permuted to the same order along the values, as operand A. The output of
// P x V has in lane q the very values that the lane loaded, so it is written 16 bytes at a time.
namespace dscope::sparse_mla {

inline constexpr int kTile = kSparseMlaTile;
inline constexpr int kGroups = kTile / 8;            // of eight entries: operand B is 8 wide
inline constexpr int kSteps = kSparseMlaSlice / 16;  // products along a warp's dims
inline constexpr int kWords = kSparseMlaSlice / 8;   // BF16 pairs of an entry that a lane holds

// Where a warp and lane stand.
struct Place {
  int warp;
  int lane;
  int g;     // row of operand A, column of B
  int q;     // which quarter of a slice this lane loads
  bool fp8;  // this warp's slice is FP8 codes; warp-uniform
};

template <CacheFormat Format>
__device__ __forceinline__ Place place() {
  const int warp = static_cast<int>(threadIdx.x / 32);
  const int lane = static_cast<int>(threadIdx.x % 32);
  return {warp, lane, lane / 4, lane % 4, Format == CacheFormat::kFp8 && warp != 7};
}

// First dim, of the four that lane q holds as float4 number `step` of a result. FP8 lanes hold 16
// neighbouring dims; BF16 lanes 8 of each half of the slice.
__device__ __forceinline__ int first_dim(const Place& at, int step) {
  const int in_slice = at.fp8 ? 16 * at.q + 4 * step : 32 * (step / 2) + 8 * at.q + 4 * (step % 2);
  return at.warp * kSparseMlaSlice + in_slice;
}

// A lane's bytes of a tile as they come from memory: FP8 slices fill the first half.
struct Raw {
  uint4 data[kGroups][2];
  std::uint32_t scale;  // of entry `lane` (E8M0), not of the lane's data
};

template <CacheFormat Format>
__device__ __forceinline__ void load_entries(Raw& raw, const Args& args, bool window, int index,
                                             const Place& at) {
  const std::byte* data = window ? args.window.data : args.compressed.data;
  const std::int64_t page_stride = window ? args.window.page_stride : args.compressed.page_stride;
  const int shift = window ? args.window.page_shift : args.compressed.page_shift;
  const int mask = (1 << shift) - 1;
  constexpr bool kPagesFp8 = Format == CacheFormat::kFp8;
  const int entry_bytes = kPagesFp8 ? static_cast<int>(KvPage::kDataBytes) : 2 * args.dim;
  const int slice = at.warp * (kPagesFp8 ? 64 : 128) + 16 * at.q;  // FP8: 7 * 64 is the tail
#pragma unroll
  for (int n = 0; n < kGroups; ++n) {
    const int entry = __shfl_sync(device::kAllLanes, index, 8 * n + at.g);
    const std::byte* from =
        data + (entry >> shift) * page_stride + (entry & mask) * entry_bytes + slice;
    raw.data[n][0] = device::load_streaming_if(from, entry >= 0);
    if (!at.fp8) raw.data[n][1] = device::load_streaming_if(from + 64, entry >= 0);
  }
  raw.scale = 127;
  if (at.fp8 && index >= 0) {
    const std::byte* page = data + (index >> shift) * page_stride;
    const int offset = (mask + 1) * static_cast<int>(KvPage::kDataBytes) +
                       (index & mask) * static_cast<int>(KvPage::kScaleBytes) + at.warp;
    raw.scale = reinterpret_cast<const std::uint8_t*>(page)[offset];
  }
}

// Entries as operand B: words 2 s and 2 s + 1 of group n are its registers of step s.
using Entries = std::uint32_t[kGroups][kWords];

__device__ __forceinline__ void decode_entries(Entries& entries, const Raw& raw, const Place& at) {
  constexpr WeightFormat kFp8 = WeightFormat::kFp8;
#pragma unroll
  for (int n = 0; n < kGroups; ++n) {
    const uint4 first = raw.data[n][0];
    const uint4 second = raw.data[n][1];
    if (at.fp8) {
      const std::uint32_t scale = __shfl_sync(device::kAllLanes, raw.scale, 8 * n + at.g);
      const std::uint32_t multiplier = device::scale_multiplier<kFp8>(scale);
      device::decode_word<kFp8>(first.x, multiplier, &entries[n][0]);
      device::decode_word<kFp8>(first.y, multiplier, &entries[n][2]);
      device::decode_word<kFp8>(first.z, multiplier, &entries[n][4]);
      device::decode_word<kFp8>(first.w, multiplier, &entries[n][6]);
    } else {
      entries[n][0] = first.x, entries[n][1] = first.y;
      entries[n][2] = first.z, entries[n][3] = first.w;
      entries[n][4] = second.x, entries[n][5] = second.y;
      entries[n][6] = second.z, entries[n][7] = second.w;
    }
  }
}

// Queries as operand A, this warp's dims, in the order of the entries.
template <int Rows>
struct Queries {
  std::uint32_t a[Rows / 16][kSteps][4];
};

template <int Rows>
__device__ __forceinline__ void load_queries(Queries<Rows>& queries, const Args& args,
                                             std::int64_t row, int valid, const Place& at) {
#pragma unroll
  for (int half = 0; half < Rows / 8; ++half) {
    const int r = 8 * half + at.g;
    uint4 v[2] = {};
    if (r < valid) {
      const bf16_t* from = args.q + (row + r) * args.dim;
      v[0] = *reinterpret_cast<const uint4*>(from + first_dim(at, 0));
      v[1] = *reinterpret_cast<const uint4*>(from + first_dim(at, 2));
    }
    if (at.fp8) {
      v[0] = device::permute_staged<WeightFormat::kFp8>(v[0]);
      v[1] = device::permute_staged<WeightFormat::kFp8>(v[1]);
    }
    std::uint32_t(&a)[kSteps][4] = queries.a[half / 2];
    a[0][half % 2] = v[0].x, a[0][half % 2 + 2] = v[0].y;
    a[1][half % 2] = v[0].z, a[1][half % 2 + 2] = v[0].w;
    a[2][half % 2] = v[1].x, a[2][half % 2 + 2] = v[1].y;
    a[3][half % 2] = v[1].z, a[3][half % 2 + 2] = v[1].w;
  }
}

}  // namespace dscope::sparse_mla
