// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/norm_rope_cache/checks.h"
#include "kernels/norm_rope_cache/norm_rope_cache.cuh"
#include "kernels/norm_rope_cache/norm_rope_cache.h"
#include "workloads/formats.h"

#include <cstdint>

namespace dscope {
namespace {

using namespace norm_rope_cache;

constexpr std::int64_t kMostDim = 8'192;  // of an entry: 32 KiB of shared memory

// The fields that queries and output share.
template <class Params>
Support check_rows(const Params& p) {
  if (const Support s = check_tokens(p.tokens); !s.ok()) return s;
  if (p.heads < 1 || p.heads > 65'536) {
    return unsupported("heads: 1 to 65536 expected, got {}", p.heads);
  }
  if (p.head_dim < 1 || p.head_dim > kMostDim) {
    return unsupported("head_dim: 1 to {} expected, got {}", kMostDim, p.head_dim);
  }
  if (p.tokens * p.heads > std::int64_t{1} << 31) {
    return unsupported("tokens * heads: up to 2^31 expected, got {}", p.tokens * p.heads);
  }
  if (p.positions == nullptr) return unsupported("positions: null");
  return check_rope(p.rope, p.rope_dim, p.head_dim);
}

template <class In, class Params>
void launch_rows(const Params& p, const In* x, bf16_t* y, float eps, Stream stream) {
  const HeadRowsArgs<In> args{.x = x,
                              .y = y,
                              .positions = p.positions,
                              .rope = p.rope,
                              .rows = p.tokens * p.heads,
                              .heads = static_cast<int>(p.heads),
                              .dim = static_cast<int>(p.head_dim),
                              .eps = eps};
  const bool by_eight = p.head_dim % kEight == 0 && p.head_dim <= kMostRowDim &&
                        p.rope_dim % kEight == 0 && p.rope.pairs <= kMostRowPairs &&
                        aligned(x, 16) && aligned(y, 16);
  const std::int64_t blocks = ceil_div(args.rows, kRowThreads / 32);
  launch(by_eight ? head_rows_kernel<In> : head_rows_any_kernel<In>,
         {.grid = dim3(static_cast<unsigned>(blocks)), .block = dim3(kRowThreads)}, stream, args);
}

Support check_cache(const KvCacheView& cache) {
  const bool fp8 = cache.format == CacheFormat::kFp8;
  if (!fp8 && cache.format != CacheFormat::kBf16) {
    return unsupported("cache.format: FP8 or BF16 expected, the kernel writes no float32");
  }
  if (cache.dim < 2 || cache.dim % 2 != 0 || cache.dim > kMostDim) {
    return unsupported("cache.dim: an even number up to {} expected, got {}", kMostDim, cache.dim);
  }
  if (fp8 && (cache.dim != KvPage::kHeadDim || cache.rope_dim != KvPage::kRopeDim)) {
    return unsupported("cache.dim: FP8 pages hold 512 values, 64 of them roped; got {} and {}",
                       cache.dim, cache.rope_dim);
  }
  if (cache.page_entries < 1) {
    return unsupported("cache.page_entries: at least 1 expected, got {}", cache.page_entries);
  }
  const std::int64_t used = cache.page_entries * (fp8 ? KvPage::kTokenBytes : 2 * cache.dim);
  if (cache.page_stride < used || cache.page_stride % 4 != 0) {
    return unsupported("cache.page_stride: a multiple of 4 from {} bytes on expected, got {}", used,
                       cache.page_stride);
  }
  if (cache.data == nullptr || !aligned(cache.data, 4)) {
    return unsupported("cache.data: null or not aligned to 4 bytes");
  }
  return {};
}

}  // namespace

Support supports(const QNormRopeParams<bf16_t>& p) {
  if (const Support s = check_rows(p); !s.ok()) return s;
  if (p.q == nullptr) return unsupported("q: null");
  return check_eps(p.eps);
}

void launch_q_norm_rope(const QNormRopeParams<bf16_t>& p, Stream stream) {
  require_supported("launch_q_norm_rope", supports(p));
  launch_rows<bf16_t>(p, p.q, p.q, static_cast<float>(p.eps), stream);
}

Support supports(const InverseRopeParams<bf16_t>& p) {
  if (const Support s = check_rows(p); !s.ok()) return s;
  if (p.x == nullptr) return unsupported("x: null");
  if (p.o == nullptr) return unsupported("o: null");
  return {};
}

void launch_inverse_rope(const InverseRopeParams<bf16_t>& p, Stream stream) {
  require_supported("launch_inverse_rope", supports(p));
  launch_rows<float>(p, p.x, p.o, 0, stream);
}

Support supports(const KvNormRopeStoreParams<bf16_t>& p) {
  if (const Support s = check_tokens(p.tokens); !s.ok()) return s;
  if (const Support s = check_cache(p.cache); !s.ok()) return s;
  if (p.kv == nullptr) return unsupported("kv: null");
  if (p.kv_stride < p.cache.dim) {
    return unsupported("kv_stride: at least {} expected, got {}", p.cache.dim, p.kv_stride);
  }
  if (const Support s = check_weight(p.weight, p.cache.dim); !s.ok()) return s;
  if (p.positions == nullptr) return unsupported("positions: null");
  if (p.slots == nullptr) return unsupported("slots: null");
  if (const Support s = check_rope(p.rope, p.cache.rope_dim, p.cache.dim); !s.ok()) return s;
  return check_eps(p.eps);
}

void launch_kv_norm_rope_store(const KvNormRopeStoreParams<bf16_t>& p, Stream stream) {
  require_supported("launch_kv_norm_rope_store", supports(p));
  const KvStoreArgs args{.kv = p.kv,
                         .kv_stride = p.kv_stride,
                         .weight = p.weight,
                         .positions = p.positions,
                         .slots = p.slots,
                         .rope = p.rope,
                         .cache = p.cache,
                         .eps = static_cast<float>(p.eps)};
  launch(kv_norm_rope_store_kernel,
         {.grid = dim3(static_cast<unsigned>(p.tokens)),
          .block = dim3(kEntryThreads),
          .shared_bytes = static_cast<std::size_t>(p.cache.dim) * sizeof(float)},
         stream, args);
}

}  // namespace dscope
