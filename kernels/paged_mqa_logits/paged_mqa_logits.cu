// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/paged_mqa_logits/paged_mqa_logits.cuh"

namespace dscope {
namespace {

template <WeightFormat Format, int Dim>
void run(const PagedMqaLogitsParams& p, Stream stream) {
  static_assert(sizeof(MqaSharedStorage<MqaShape<Format, Dim>>) <= 48 * 1024,
                "static shared memory");
  const PagedMqaLogitsConfig config = pick_config(
      PagedMqaLogitsProblem{.tokens = p.tokens, .capacity = p.logits_stride}, device_limits());
  launch(paged_mqa_logits_kernel<Format, Dim>,
         {.grid = dim3(static_cast<unsigned>(config.blocks)), .block = dim3(kMqaWarps * 32)},
         stream, p);
}

Support supports_cache(const PagedMqaLogitsParams& p) {
  const IndexCacheView& cache = p.cache;
  if (cache.data == nullptr) return unsupported("cache.data must be given");
  if (cache.format == CacheFormat::kF32) return unsupported("cache.format must be BF16 or FP8");
  if (p.q.format != cache.format) return unsupported("q.format must be that of the cache");
  if (cache.page_stride < 1 || cache.page_stride % 16 != 0) {
    return unsupported("cache.page_stride must be a multiple of 16 bytes, got {}",
                       cache.page_stride);
  }
  if (cache.format == CacheFormat::kFp8) {
    if (cache.dim == IndexPage::kDim && cache.page_entries == IndexPage::kEntries) return {};
    return unsupported("cache.dim and page_entries of FP8 pages must be {} and {}, got {} and {}",
                       IndexPage::kDim, IndexPage::kEntries, cache.dim, cache.page_entries);
  }
  if (cache.dim != 32 && cache.dim != 64 && cache.dim != 128) {
    return unsupported("cache.dim must be 32, 64 or 128, got {}", cache.dim);
  }
  if (cache.page_entries < kMqaGroup || cache.page_entries % kMqaGroup != 0) {
    return unsupported("cache.page_entries must be a multiple of {}, got {}", kMqaGroup,
                       cache.page_entries);
  }
  return {};
}

}  // namespace

Support supports(const PagedMqaLogitsParams& p) {
  if (p.tokens < 1 || p.tokens > kMaxMqaTokens) {
    return unsupported("tokens must be 1 to {}, got {}", kMaxMqaTokens, p.tokens);
  }
  if (p.heads < 1 || p.heads > kMaxMqaHeads) {
    return unsupported("heads must be 1 to {}, got {}", kMaxMqaHeads, p.heads);
  }
  if (const Support support = supports_cache(p); !support.ok()) return support;
  if (p.q.data == nullptr) return unsupported("q.data must be given");
  if (p.head_weights == nullptr) return unsupported("head_weights must be given");
  if (p.page_table == nullptr) return unsupported("page_table must be given");
  if (p.entries == nullptr) return unsupported("entries must be given");
  if (p.logits == nullptr) return unsupported("logits must be given");
  if (p.logits_stride < 1) {
    return unsupported("logits_stride must be positive, got {}", p.logits_stride);
  }
  if (p.page_table_stride * p.cache.page_entries < p.logits_stride) {
    return unsupported("page_table_stride must hold the pages of {} logits, got {} pages of {}",
                       p.logits_stride, p.page_table_stride, p.cache.page_entries);
  }
  return {};
}

void launch_paged_mqa_logits(const PagedMqaLogitsParams& p, Stream stream) {
  require_supported("launch_paged_mqa_logits", supports(p));
  if (p.cache.format == CacheFormat::kFp8) {
    run<WeightFormat::kFp8, 128>(p, stream);
  } else if (p.cache.dim == 128) {
    run<WeightFormat::kBf16, 128>(p, stream);
  } else if (p.cache.dim == 64) {
    run<WeightFormat::kBf16, 64>(p, stream);
  } else {
    run<WeightFormat::kBf16, 32>(p, stream);
  }
}

}  // namespace dscope
