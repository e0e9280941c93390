// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/compressor/compressor.cuh"
#include "kernels/cuda/launch.cuh"

namespace dscope {
namespace {

static_assert(sizeof(CompressorSharedStorage) <= 48 * 1024, "static shared memory");

Support supports_cache(const CompressorParams<bf16_t>& p) {
  if ((p.kv_cache.data != nullptr) == (p.index_cache.data != nullptr)) {
    return unsupported("exactly one of kv_cache and index_cache must be given");
  }
  const bool keys = p.index_cache.data != nullptr;
  const char* name = keys ? "index_cache" : "kv_cache";
  const CacheFormat format = keys ? p.index_cache.format : p.kv_cache.format;
  const std::int64_t dim = keys ? p.index_cache.dim : p.kv_cache.dim;
  const std::int64_t page_entries = keys ? p.index_cache.page_entries : p.kv_cache.page_entries;
  if (format == CacheFormat::kF32) return unsupported("{}.format must be BF16 or FP8", name);
  if (dim != p.dim) return unsupported("{}.dim must be dim {}, got {}", name, p.dim, dim);
  if (page_entries < 1) {
    return unsupported("{}.page_entries must be positive, got {}", name, page_entries);
  }
  if (keys && p.dim != 32 && p.dim != 64 && p.dim != 128) {
    return unsupported("dim of index keys must be 32, 64 or 128, got {}", p.dim);
  }
  const std::int64_t fp8_dim = keys ? IndexPage::kDim : KvPage::kHeadDim;
  if (format == CacheFormat::kFp8 && p.dim != fp8_dim) {
    return unsupported("dim must be {} in an FP8 {}, got {}", fp8_dim, name, p.dim);
  }
  if (format == CacheFormat::kFp8 && keys && page_entries != IndexPage::kEntries) {
    return unsupported("index_cache.page_entries must be {}, got {}", IndexPage::kEntries,
                       page_entries);
  }
  return {};
}

Support supports_weights(const CompressorParams<bf16_t>& p) {
  const std::int64_t channels = compressor_channels(p.ratio, p.dim);
  if (p.ape.empty() || p.ape.rows != p.ratio || p.ape.cols != channels) {
    return unsupported("ape must be [{}, {}], got [{}, {}]", p.ratio, channels, p.ape.rows,
                       p.ape.cols);
  }
  if (p.ape.format == WeightFormat::kFp8 || p.ape.format == WeightFormat::kMxfp4) {
    return unsupported("ape must be F32, F16 or BF16");
  }
  if (p.norm.empty() || p.norm.size != p.dim) {
    return unsupported("norm must have {} values, got {}", p.dim, p.norm.size);
  }
  return {};
}

Support supports_pointers(const CompressorParams<bf16_t>& p) {
  if (p.kv == nullptr) return unsupported("kv must be given");
  if (p.score == nullptr) return unsupported("score must be given");
  if (p.rope.frequencies == nullptr) return unsupported("rope.frequencies must be given");
  if (p.positions == nullptr) return unsupported("positions must be given");
  if (p.state_slots == nullptr) return unsupported("state_slots must be given");
  if (p.state == nullptr) return unsupported("state must be given");
  if (p.entry_slots == nullptr) return unsupported("entry_slots must be given");
  return {};
}

}  // namespace

Support supports(const CompressorParams<bf16_t>& p) {
  if (p.tokens < 1) return unsupported("tokens must be positive, got {}", p.tokens);
  if (p.ratio != 4 && p.ratio != 128) {
    return unsupported("ratio must be 4 or 128, got {}", p.ratio);
  }
  if (p.dim < 4 || p.dim > kMaxEntryDim || p.dim % 4 != 0) {
    return unsupported("dim must be a multiple of 4 up to {}, got {}", kMaxEntryDim, p.dim);
  }
  if (p.rope_dim < 0 || p.rope_dim > p.dim || 2 * p.rope.pairs != p.rope_dim) {
    return unsupported("rope_dim must be at most dim {} and twice rope.pairs {}, got {}", p.dim,
                       p.rope.pairs, p.rope_dim);
  }
  for (const Support& part : {supports_pointers(p), supports_weights(p)}) {
    if (!part.ok()) return part;
  }
  return supports_cache(p);
}

void launch_compressor(const CompressorParams<bf16_t>& p, Stream stream) {
  require_supported("launch_compressor", supports(p));
  launch(compressor_kernel,
         {.grid = dim3(static_cast<unsigned>(p.tokens)), .block = dim3(kCompressorThreads)}, stream,
         p);
}

}  // namespace dscope
