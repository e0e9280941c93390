// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/cache_view.h"

#include "kernels/common/activation_quant.h"
#include "workloads/base/error.h"
#include "workloads/dtypes.h"
#include "workloads/formats.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dscope {
namespace {

void store_values(CacheFormat format, std::byte* at, const float* values, std::int64_t n) {
  if (format == CacheFormat::kF32) {
    std::memcpy(at, values, static_cast<std::size_t>(n) * 4);
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    const bf16_t rounded = bf16_from_float(values[i]);
    std::memcpy(at + 2 * i, &rounded, 2);
  }
}

void load_values(CacheFormat format, const std::byte* at, float* values, std::int64_t n) {
  if (format == CacheFormat::kF32) {
    std::memcpy(values, at, static_cast<std::size_t>(n) * 4);
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    bf16_t stored;
    std::memcpy(&stored, at + 2 * i, 2);
    values[i] = bf16_to_float(stored);
  }
}

float largest_magnitude(const float* values, std::int64_t n) {
  float largest = 0;
  for (std::int64_t i = 0; i < n; ++i) largest = std::max(largest, std::fabs(values[i]));
  return largest;
}

// The indexer's scale is a plain float32 quotient, not a power of two.
float index_scale(const float* values, std::int64_t n) {
  return std::max(largest_magnitude(values, n), 1e-4f) / kE4m3Max;
}

void store_e4m3(std::byte* at, const float* values, std::int64_t n, float scale) {
  for (std::int64_t i = 0; i < n; ++i) at[i] = std::byte{e4m3_from_float(values[i] / scale)};
}

void load_e4m3(const std::byte* at, float* values, std::int64_t n, float scale) {
  for (std::int64_t i = 0; i < n; ++i) {
    values[i] = kE4m3Table[std::to_integer<std::uint8_t>(at[i])] * scale;
  }
}

template <class View>
std::byte* page_of(const View& cache, std::int64_t slot) {
  return cache.data + slot / cache.page_entries * cache.page_stride;
}

template <class View>
std::byte* plain_entry(const View& cache, std::int64_t slot) {
  return page_of(cache, slot) + slot % cache.page_entries * cache.dim * element_bytes(cache.format);
}

}  // namespace

std::int64_t kv_page_stride(CacheFormat format, std::int64_t page_entries, std::int64_t dim) {
  if (format != CacheFormat::kFp8) return page_entries * dim * element_bytes(format);
  DSCOPE_REQUIRE(dim == KvPage::kHeadDim, "FP8 KV pages hold entries of 512 values, got {}", dim);
  return KvPage::stride(page_entries);
}

std::int64_t index_page_stride(CacheFormat format, std::int64_t page_entries, std::int64_t dim) {
  if (format != CacheFormat::kFp8) return page_entries * dim * element_bytes(format);
  DSCOPE_REQUIRE(dim == IndexPage::kDim && page_entries == IndexPage::kEntries,
                 "FP8 index pages hold 64 keys of 128 values, got {} of {}", page_entries, dim);
  return IndexPage::kStride;
}

void store_kv(const KvCacheView& cache, std::int64_t slot, const float* entry) {
  if (cache.format != CacheFormat::kFp8) {
    store_values(cache.format, plain_entry(cache, slot), entry, cache.dim);
    return;
  }
  std::byte* page = page_of(cache, slot);
  const std::int64_t token = slot % cache.page_entries;
  std::byte* data = page + KvPage::data_offset(token);
  std::byte* scales = page + KvPage::scale_offset(cache.page_entries, token);
  for (std::int64_t g = 0; g < KvPage::kScaleCount; ++g) {
    const float* group = entry + g * KvPage::kScaleGroup;
    const std::uint8_t scale = e4m3_scale_byte(largest_magnitude(group, KvPage::kScaleGroup));
    scales[g] = std::byte{scale};
    store_e4m3(data + g * KvPage::kScaleGroup, group, KvPage::kScaleGroup, e8m0_to_float(scale));
  }
  scales[KvPage::kScaleCount] = std::byte{0};
  store_values(CacheFormat::kBf16, page + KvPage::rope_offset(token), entry + KvPage::kNopeDim,
               KvPage::kRopeDim);
}

void load_kv(const KvCacheView& cache, std::int64_t slot, float* entry) {
  if (cache.format != CacheFormat::kFp8) {
    load_values(cache.format, plain_entry(cache, slot), entry, cache.dim);
    return;
  }
  const std::byte* page = page_of(cache, slot);
  const std::int64_t token = slot % cache.page_entries;
  const std::byte* data = page + KvPage::data_offset(token);
  const std::byte* scales = page + KvPage::scale_offset(cache.page_entries, token);
  for (std::int64_t g = 0; g < KvPage::kScaleCount; ++g) {
    load_e4m3(data + g * KvPage::kScaleGroup, entry + g * KvPage::kScaleGroup, KvPage::kScaleGroup,
              kE8m0Table[std::to_integer<std::uint8_t>(scales[g])]);
  }
  load_values(CacheFormat::kBf16, page + KvPage::rope_offset(token), entry + KvPage::kNopeDim,
              KvPage::kRopeDim);
}

void store_index_key(const IndexCacheView& cache, std::int64_t slot, const float* key) {
  if (cache.format != CacheFormat::kFp8) {
    store_values(cache.format, plain_entry(cache, slot), key, cache.dim);
    return;
  }
  std::byte* page = page_of(cache, slot);
  const std::int64_t entry = slot % cache.page_entries;
  const float scale = index_scale(key, cache.dim);
  store_e4m3(page + IndexPage::data_offset(entry), key, cache.dim, scale);
  std::memcpy(page + IndexPage::scale_offset(entry), &scale, sizeof(scale));
}

float load_index_key(const IndexCacheView& cache, std::int64_t slot, float* key) {
  if (cache.format != CacheFormat::kFp8) {
    load_values(cache.format, plain_entry(cache, slot), key, cache.dim);
    return 1.0f;
  }
  const std::byte* page = page_of(cache, slot);
  const std::int64_t entry = slot % cache.page_entries;
  load_e4m3(page + IndexPage::data_offset(entry), key, cache.dim, 1.0f);
  float scale = 0;
  std::memcpy(&scale, page + IndexPage::scale_offset(entry), sizeof(scale));
  return scale;
}

float store_index_query(const IndexQueryView& query, std::int64_t offset, const float* values,
                        std::int64_t n) {
  std::byte* at = query.data + offset * element_bytes(query.format);
  if (query.format != CacheFormat::kFp8) {
    store_values(query.format, at, values, n);
    return 1.0f;
  }
  const float scale = index_scale(values, n);
  store_e4m3(at, values, n, scale);
  return scale;
}

void load_index_query(const IndexQueryView& query, std::int64_t offset, float* values,
                      std::int64_t n) {
  const std::byte* at = query.data + offset * element_bytes(query.format);
  if (query.format != CacheFormat::kFp8) {
    load_values(query.format, at, values, n);
  } else {
    load_e4m3(at, values, n, 1.0f);
  }
}

}  // namespace dscope
