// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/embed/embed.cuh"
#include "kernels/embed/embed.h"
#include "workloads/formats.h"

#include <limits>

namespace dscope {
namespace {

bool aligned(const void* p, std::int64_t bytes) {
  return reinterpret_cast<std::uintptr_t>(p) % static_cast<std::uintptr_t>(bytes) == 0;
}

Support check_table(const WeightMatrix& table) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (table.empty()) return unsupported("table.data is null");
  if (table.format == WeightFormat::kFp8 || table.format == WeightFormat::kMxfp4) {
    return unsupported("table.format is quantised, expected BF16, F16 or F32");
  }
  if (table.rows < 1 || table.rows > kMost) return unsupported("table.rows is {}", table.rows);
  if (table.cols < 1 || table.cols > kMost) return unsupported("table.cols is {}", table.cols);
  const std::int64_t element = table.format == WeightFormat::kF32 ? 4 : 2;
  if (table.row_bytes < table.cols * element || table.row_bytes % element != 0) {
    return unsupported("table.row_bytes is {} for {} columns of {} bytes", table.row_bytes,
                       table.cols, element);
  }
  if (!aligned(table.data, element)) {
    return unsupported("table.data is not a multiple of {} bytes", element);
  }
  return {};
}

}  // namespace

Support supports(const EmbedParams<bf16_t>& p) {
  constexpr std::int64_t kMostTokens = 65'535;
  if (p.tokens < 1 || p.tokens > kMostTokens) {
    return unsupported("tokens is {}, expected 1 to {}", p.tokens, kMostTokens);
  }
  if (p.ids == nullptr) return unsupported("ids is null");
  if (const Support table = check_table(p.table); !table.ok()) return table;
  if (p.vocab.size() != p.table.rows) {
    return unsupported("vocab has {} ids, table.rows is {}", p.vocab.size(), p.table.rows);
  }
  if (p.out == nullptr) return unsupported("out is null");
  return {};
}

void launch_embed(const EmbedParams<bf16_t>& p, Stream stream) {
  require_supported("launch_embed", supports(p));
  const bool pieces = p.table.format == WeightFormat::kBf16 && p.table.cols % 8 == 0 &&
                      aligned(p.table.data, 16) && p.table.row_bytes % 16 == 0 &&
                      aligned(p.out, 16);
  const dim3 grid(
      static_cast<unsigned>(ceil_div(p.table.cols, embed::kThreads * embed::kThreadValues)),
      static_cast<unsigned>(p.tokens));
  launch(pieces ? embed::embed_kernel<true> : embed::embed_kernel<false>,
         {.grid = grid, .block = dim3(embed::kThreads)}, stream, p);
}

}  // namespace dscope
