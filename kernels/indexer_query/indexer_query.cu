// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/indexer_query/indexer_query.cuh"

#include <cmath>

namespace dscope {
namespace {

constexpr std::int64_t kMaxTokens = 65'535;  // blocks along a grid's second dimension

static_assert(sizeof(IndexerQuerySharedStorage) <= 48 * 1024, "static shared memory");

Support supports_pointers(const IndexerQueryParams<bf16_t>& p) {
  if (p.q == nullptr) return unsupported("q must be given");
  if (p.w == nullptr) return unsupported("w must be given");
  if (p.positions == nullptr) return unsupported("positions must be given");
  if (p.rope.frequencies == nullptr) return unsupported("rope.frequencies must be given");
  if (p.out.data == nullptr) return unsupported("out.data must be given");
  if (p.head_weights == nullptr) return unsupported("head_weights must be given");
  return {};
}

template <int Dim>
void run(const IndexerQueryParams<bf16_t>& p, Stream stream) {
  const dim3 grid(static_cast<unsigned>(ceil_div(p.heads, kIndexerQueryWarps)),
                  static_cast<unsigned>(p.tokens));
  const double norm = 1 / std::sqrt(static_cast<double>(p.dim * p.heads));
  launch(indexer_query_kernel<Dim>, {.grid = grid, .block = dim3(kIndexerQueryWarps * 32)}, stream,
         p, norm);
}

}  // namespace

Support supports(const IndexerQueryParams<bf16_t>& p) {
  if (p.tokens < 1 || p.tokens > kMaxTokens) {
    return unsupported("tokens must be 1 to {}, got {}", kMaxTokens, p.tokens);
  }
  if (p.heads < 1) return unsupported("heads must be positive, got {}", p.heads);
  if (p.dim != 32 && p.dim != 64 && p.dim != 128) {
    return unsupported("dim must be 32, 64 or 128, got {}", p.dim);
  }
  if (p.rope_dim < 0 || p.rope_dim > p.dim || p.rope_dim % 2 != 0) {
    return unsupported("rope_dim must be even and at most dim {}, got {}", p.dim, p.rope_dim);
  }
  if (2 * p.rope.pairs != p.rope_dim) {
    return unsupported("rope.pairs must be half of rope_dim {}, got {}", p.rope_dim, p.rope.pairs);
  }
  if (p.out.format == CacheFormat::kF32) return unsupported("out.format must be BF16 or FP8");
  if (p.out.format == CacheFormat::kFp8 && p.dim != IndexPage::kDim) {
    return unsupported("dim must be {} for an FP8 query, got {}", IndexPage::kDim, p.dim);
  }
  return supports_pointers(p);
}

void launch_indexer_query(const IndexerQueryParams<bf16_t>& p, Stream stream) {
  require_supported("launch_indexer_query", supports(p));
  if (p.dim == 128) {
    run<128>(p, stream);
  } else if (p.dim == 64) {
    run<64>(p, stream);
  } else {
    run<32>(p, stream);
  }
}

}  // namespace dscope
