// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workloads/numerics.h"

#include <cstddef>
#include <cstdint>

namespace dscope {

// How cache entries are stored: float32 in `exact`, BF16 in `bf16`, FP8 pages (formats.h) in the
// serving modes.
enum class CacheFormat : std::uint8_t { kF32, kBf16, kFp8 };

[[nodiscard]] constexpr CacheFormat cache_format(Numerics numerics) {
  switch (numerics) {
    case Numerics::kExact:
      return CacheFormat::kF32;
    case Numerics::kBf16:
      return CacheFormat::kBf16;
    default:
      return CacheFormat::kFp8;
  }
}

// A paged cache of KV entries, each one vector of `dim` values whose last `rope_dim` are roped.
// An entry's slot is page * page_entries + offset within the page. F32 and BF16 pages are plain
// [page_entries, dim]; FP8 pages have the split layout of KvPage, which fixes dim at 512 and
// rope_dim at 64. Owns nothing.
struct KvCacheView {
  std::byte* data = nullptr;
  CacheFormat format = CacheFormat::kFp8;
  std::int64_t dim = 512;
  std::int64_t rope_dim = 64;
  std::int64_t page_entries = 256;
  std::int64_t page_stride = 0;  // bytes
};

// Bytes between pages of a KV cache.
[[nodiscard]] std::int64_t kv_page_stride(CacheFormat format, std::int64_t page_entries,
                                          std::int64_t dim);

// Writes or reads one entry of `dim` values. Writing to FP8 quantises groups of 64 with
// power-of-two scales and keeps the roped tail in BF16.
void store_kv(const KvCacheView& cache, std::int64_t slot, const float* entry);
void load_kv(const KvCacheView& cache, std::int64_t slot, float* entry);

// A paged cache of index keys [dim]. FP8 pages (IndexPage) carry one float32 scale per key, not a
// power of two, and fix dim at 128 and page_entries at 64.
struct IndexCacheView {
  std::byte* data = nullptr;
  CacheFormat format = CacheFormat::kFp8;
  std::int64_t dim = 128;
  std::int64_t page_entries = 64;
  std::int64_t page_stride = 0;  // bytes
};

[[nodiscard]] std::int64_t index_page_stride(CacheFormat format, std::int64_t page_entries,
                                             std::int64_t dim);

void store_index_key(const IndexCacheView& cache, std::int64_t slot, const float* key);

// Reads the stored values without their scale and returns the scale (1 unless FP8), so that a
// caller can apply it once to the finished score, as the kernels do.
float load_index_key(const IndexCacheView& cache, std::int64_t slot, float* key);

// Index queries [T, index_heads, index_dim], contiguous, in the format of the index cache. FP8
// codes carry no scale of their own: it is folded into the head weights.
struct IndexQueryView {
  std::byte* data = nullptr;
  CacheFormat format = CacheFormat::kFp8;
};

[[nodiscard]] constexpr std::int64_t element_bytes(CacheFormat format) {
  return format == CacheFormat::kF32 ? 4 : format == CacheFormat::kBf16 ? 2 : 1;
}

// Stores `n` values from element `offset` on. FP8 divides by s = max(|x|max, 1e-4) / 448 first and
// returns s; the other formats return 1.
float store_index_query(const IndexQueryView& query, std::int64_t offset, const float* values,
                        std::int64_t n);
void load_index_query(const IndexQueryView& query, std::int64_t offset, float* values,
                      std::int64_t n);

}  // namespace dscope
