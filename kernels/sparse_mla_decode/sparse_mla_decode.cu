// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/sparse_mla_decode/sparse_mla_decode.cuh"
#include "kernels/sparse_mla_decode/sparse_mla_decode.h"
#include "kernels/sparse_mla_decode/sparse_mla_decode_config.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace dscope {
namespace {

constexpr std::int64_t kMostGridRows = 65'535;  // of grid dimensions y and z
constexpr std::int64_t kMostWidth = 1 << 24;

bool aligned_16(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
}

Support check_cache(const char* set, const KvCacheView& cache, std::int64_t head_dim) {
  const bool fp8 = cache.format == CacheFormat::kFp8;
  if (!fp8 && cache.format != CacheFormat::kBf16) {
    return unsupported("{}.cache.format: FP8 or BF16 expected, the kernel takes no float32", set);
  }
  if (cache.dim != head_dim) {
    return unsupported("{}.cache.dim: {} expected (head_dim), got {}", set, head_dim, cache.dim);
  }
  if (fp8 && (cache.dim != KvPage::kHeadDim || cache.rope_dim != KvPage::kRopeDim)) {
    return unsupported("{}.cache.dim: FP8 pages hold 512 values, 64 of them roped; got {} and {}",
                       set, cache.dim, cache.rope_dim);
  }
  if (cache.page_entries < 1 || cache.page_entries > 65'536 ||
      !std::has_single_bit(static_cast<std::uint64_t>(cache.page_entries))) {
    return unsupported("{}.cache.page_entries: a power of two up to 65536 expected, got {}", set,
                       cache.page_entries);
  }
  const std::int64_t used = cache.page_entries * (fp8 ? KvPage::kTokenBytes : 2 * cache.dim);
  if (cache.page_stride < used || cache.page_stride % 16 != 0) {
    return unsupported("{}.cache.page_stride: a multiple of 16 from {} bytes on expected, got {}",
                       set, used, cache.page_stride);
  }
  if (cache.data == nullptr || !aligned_16(cache.data)) {
    return unsupported("{}.cache.data: null or not aligned to 16 bytes", set);
  }
  return {};
}

Support check_set(const char* name, const SparseSet& set, std::int64_t head_dim) {
  if (set.width < 0 || set.width > kMostWidth) {
    return unsupported("{}.width: 0 to {} expected, got {}", name, kMostWidth, set.width);
  }
  if (set.width == 0) return {};
  if (set.indices == nullptr) return unsupported("{}.indices: null", name);
  if (set.length == nullptr) return unsupported("{}.length: null", name);
  return check_cache(name, set.cache, head_dim);
}

Support check_pointers(const SparseMlaDecodeParams<bf16_t>& p) {
  if (p.q == nullptr || !aligned_16(p.q)) {
    return unsupported("q: null or not aligned to 16 bytes");
  }
  if (p.o == nullptr || !aligned_16(p.o)) {
    return unsupported("o: null or not aligned to 16 bytes");
  }
  if (p.workspace == nullptr || !aligned_16(p.workspace)) {
    return unsupported("workspace: null or not aligned to 16 bytes");
  }
  if (p.sink.empty()) return unsupported("sink: null");
  if (p.sink.size != p.heads) {
    return unsupported("sink.size: {} expected (heads), got {}", p.heads, p.sink.size);
  }
  if (p.sink.format != WeightFormat::kF32 && p.sink.format != WeightFormat::kF16 &&
      p.sink.format != WeightFormat::kBf16) {
    return unsupported("sink.format: F32, F16 or BF16 expected");
  }
  return {};
}

Support check_config(const SparseMlaDecodeParams<bf16_t>& p, const SparseMlaConfig& config) {
  if (config.rows != 16 && config.rows != 32) {
    return unsupported("config.rows: 16 or 32 expected, got {}", config.rows);
  }
  if (config.heads < 1 || config.heads > config.rows) {
    return unsupported("config.heads: 1 to {} (rows) expected, got {}", config.rows, config.heads);
  }
  const std::int64_t most = sparse_mla_max_splits(p.tokens, p.heads);
  if (config.splits < 1 || config.splits > most) {
    return unsupported("config.splits: 1 to {} expected, got {}", most, config.splits);
  }
  return {};
}

sparse_mla::Set as_set(const SparseSet& set) {
  if (set.width == 0) return {};
  return {set.cache.data,
          set.indices,
          set.length,
          set.cache.page_stride,
          static_cast<int>(set.width),
          std::countr_zero(static_cast<std::uint64_t>(set.cache.page_entries))};
}

sparse_mla::Args as_args(const SparseMlaDecodeParams<bf16_t>& p, const SparseMlaConfig& config) {
  const std::int64_t rows = p.tokens * p.heads * config.splits;
  std::byte* const sums = p.workspace + kSparseMlaCounterBytes;
  return {.q = p.q,
          .o = p.o,
          .lse = p.lse,
          .window = as_set(p.window),
          .compressed = as_set(p.compressed),
          .sink = p.sink,
          .counters = reinterpret_cast<std::uint32_t*>(p.workspace),
          .sums = reinterpret_cast<float2*>(sums),
          .partials = reinterpret_cast<float*>(sums + round_up(8 * rows, 16)),
          .heads = static_cast<int>(p.heads),
          .heads_per_block = config.heads,
          .dim = static_cast<int>(p.head_dim),
          .splits = config.splits,
          .scale_log2 = static_cast<float>(p.scale * 1.44269504088896340736)};
}

template <CacheFormat Format, int Rows>
void launch_kernel(const SparseMlaDecodeParams<bf16_t>& p, const SparseMlaConfig& config,
                   Stream stream) {
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(config.splits),
                                       static_cast<unsigned>(ceil_div(p.heads, config.heads)),
                                       static_cast<unsigned>(p.tokens)),
                          .block = dim3(static_cast<unsigned>(p.head_dim / kSparseMlaSlice * 32)),
                          .shared_bytes = sizeof(sparse_mla::SharedStorage<Rows>)};
  launch(sparse_mla::sparse_mla_decode_kernel<Format, Rows>, shape, stream, as_args(p, config));
}

template <CacheFormat Format>
void launch_format(const SparseMlaDecodeParams<bf16_t>& p, const SparseMlaConfig& config,
                   Stream stream) {
  if (config.rows == 16) {
    launch_kernel<Format, 16>(p, config, stream);
  } else {
    launch_kernel<Format, 32>(p, config, stream);
  }
}

// What was measured to be best on this device, else what is expected to be.
SparseMlaConfig choose_config(const SparseMlaDecodeParams<bf16_t>& p) {
  const SparseMlaProblem problem{.tokens = p.tokens,
                                 .heads = p.heads,
                                 .head_dim = p.head_dim,
                                 .tiles = sparse_mla_tiles(p.window.width, p.compressed.width)};
  const auto tuned = tuned_config("sparse_mla", tuning_shape(problem), sparse_mla_choices());
  if (tuned && check_config(p, sparse_mla_choice(*tuned)).ok()) return sparse_mla_choice(*tuned);
  return pick_config(problem, device_limits());
}

}  // namespace

Support supports(const SparseMlaDecodeParams<bf16_t>& p) {
  if (p.tokens < 1 || p.tokens > kMostGridRows) {
    return unsupported("tokens: 1 to {} expected, got {}", kMostGridRows, p.tokens);
  }
  if (p.heads < 1 || p.heads > kMostGridRows) {
    return unsupported("heads: 1 to {} expected, got {}", kMostGridRows, p.heads);
  }
  if (p.head_dim < kSparseMlaSlice || p.head_dim % kSparseMlaSlice != 0 ||
      p.head_dim > kSparseMlaSlice * kSparseMlaMaxWarps) {
    return unsupported("head_dim: a multiple of 64 up to 512 expected, got {}", p.head_dim);
  }
  if (!std::isfinite(p.scale)) return unsupported("scale: a finite number expected");
  if (p.window.width == 0) return unsupported("window.width: at least 1 expected, got 0");
  if (const Support s = check_pointers(p); !s.ok()) return s;
  if (const Support s = check_set("window", p.window, p.head_dim); !s.ok()) return s;
  if (const Support s = check_set("compressed", p.compressed, p.head_dim); !s.ok()) return s;
  if (p.compressed.width != 0 && p.compressed.cache.format != p.window.cache.format) {
    return unsupported("compressed.cache.format: differs from the window's");
  }
  return {};
}

std::int64_t sparse_mla_workspace_bytes(std::int64_t tokens, std::int64_t heads,
                                        std::int64_t head_dim) {
  const std::int64_t rows = std::min(kSparseMlaPartialRows, tokens * heads * kSparseMlaMaxSplits);
  return kSparseMlaCounterBytes + round_up(8 * rows, 16) + 4 * rows * head_dim;
}

void launch_sparse_mla_decode(const SparseMlaDecodeParams<bf16_t>& p, Stream stream,
                              const SparseMlaConfig* config) {
  require_supported("launch_sparse_mla_decode", supports(p));
  const SparseMlaConfig chosen = config != nullptr ? *config : choose_config(p);
  require_supported("launch_sparse_mla_decode", check_config(p, chosen));
  if (p.window.cache.format == CacheFormat::kFp8) {
    launch_format<CacheFormat::kFp8>(p, chosen, stream);
  } else {
    launch_format<CacheFormat::kBf16>(p, chosen, stream);
  }
}

}  // namespace dscope
