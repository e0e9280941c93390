// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/cache_view.h"
#include "kernels/device/convert.cuh"
#include "kernels/device/reduce.cuh"
#include "workloads/dtypes.h"
#include "workloads/formats.h"

#include <cstddef>
#include <cstdint>

// Writing cache entries: the same bytes as store_kv() and store_index_key() of
// kernels/common/cache_view.cpp give for the same float32 values. Layouts are in formats.h.
namespace dscope::device {

// The smallest power of two that brings `largest` into FP8 range, as an E8M0 byte.
__device__ __forceinline__ std::uint8_t e4m3_scale_byte(float largest) {
  return e8m0_ceil(fmaxf(largest, 1e-4f) / kE4m3Max);
}

// The indexer's scale is a plain float32 quotient, not a power of two.
__device__ __forceinline__ float index_scale(float largest) {
  return fmaxf(largest, 1e-4f) / kE4m3Max;
}

// Two neighbouring FP8 codes, the first in the low byte.
__device__ __forceinline__ std::uint32_t pack_e4m3(float low, float high) {
  return e4m3_from_float(low) | static_cast<std::uint32_t>(e4m3_from_float(high)) << 8;
}

// First byte of an entry in a plain (BF16) page.
template <class View>
__device__ __forceinline__ std::byte* plain_entry(const View& cache, std::int64_t slot) {
  return cache.data + slot / cache.page_entries * cache.page_stride +
         slot % cache.page_entries * cache.dim * 2;
}

// BF16 values [first, n) with steps of `step`.
__device__ __forceinline__ void store_bf16(std::byte* at, const float* values, std::int64_t n,
                                           int first, int step) {
  for (std::int64_t i = first; i < n; i += step) {
    reinterpret_cast<bf16_t*>(at)[i] = from_float<bf16_t>(values[i]);
  }
}

// Stores the `cache.dim` values at `entry` (shared memory, complete and visible to the callers) as
// entry `slot`. Called by `warps` whole warps, each with its number `warp`; nothing is
// synchronised. In FP8 pages a warp takes groups of 64 values, two a lane: seven are quantised, the
// eighth is the roped tail in BF16. Cache data and page strides are multiples of 4 bytes.
__device__ __forceinline__ void store_kv_entry(const KvCacheView& cache, std::int64_t slot,
                                               const float* entry, int warp, int warps) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  if (cache.format != CacheFormat::kFp8) {
    store_bf16(plain_entry(cache, slot), entry, cache.dim, warp * 32 + lane, warps * 32);
    return;
  }
  std::byte* const page = cache.data + slot / cache.page_entries * cache.page_stride;
  const std::int64_t token = slot % cache.page_entries;
  for (int g = warp; g <= KvPage::kScaleCount; g += warps) {
    const float x = entry[g * KvPage::kScaleGroup + 2 * lane];
    const float y = entry[g * KvPage::kScaleGroup + 2 * lane + 1];
    std::byte* const scale_at = page + KvPage::scale_offset(cache.page_entries, token) + g;
    if (g == KvPage::kScaleCount) {
      std::byte* const tail = page + KvPage::rope_offset(token);
      reinterpret_cast<std::uint32_t*>(tail)[lane] = pack_bf16(x, y);
      if (lane == 0) *scale_at = std::byte{0};  // the unused byte of the scale section
      continue;
    }
    const std::uint8_t scale = e4m3_scale_byte(warp_max(fmaxf(fabsf(x), fabsf(y))));
    // Multiplying by the inverse of a power of two rounds exactly as dividing by it.
    const float inverse = e8m0_to_float(static_cast<std::uint8_t>(254 - scale));
    std::byte* const codes = page + KvPage::data_offset(token) + g * KvPage::kScaleGroup;
    reinterpret_cast<std::uint16_t*>(codes)[lane] =
        static_cast<std::uint16_t>(pack_e4m3(x * inverse, y * inverse));
    if (lane == 0) *scale_at = std::byte{scale};
  }
}

// Stores the `cache.dim` values at `key` (shared memory, visible to the warp) as index key `slot`.
// Called by one whole warp; an FP8 key is 128 values, four a lane.
__device__ __forceinline__ void store_index_key_entry(const IndexCacheView& cache,
                                                      std::int64_t slot, const float* key) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  if (cache.format != CacheFormat::kFp8) {
    store_bf16(plain_entry(cache, slot), key, cache.dim, lane, 32);
    return;
  }
  std::byte* const page = cache.data + slot / cache.page_entries * cache.page_stride;
  const std::int64_t entry = slot % cache.page_entries;
  const float* const v = key + 4 * lane;
  const float largest = fmaxf(fmaxf(fabsf(v[0]), fabsf(v[1])), fmaxf(fabsf(v[2]), fabsf(v[3])));
  const float scale = index_scale(warp_max(largest));
  const std::uint32_t low = pack_e4m3(v[0] / scale, v[1] / scale);
  const std::uint32_t high = pack_e4m3(v[2] / scale, v[3] / scale);
  std::byte* const codes = page + IndexPage::data_offset(entry);
  reinterpret_cast<std::uint32_t*>(codes)[lane] = low | high << 16;
  if (lane == 0) *reinterpret_cast<float*>(page + IndexPage::scale_offset(entry)) = scale;
}

}  // namespace dscope::device
