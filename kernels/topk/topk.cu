// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device.h"
#include "kernels/cuda/launch.cuh"
#include "kernels/topk/topk.cuh"

namespace dscope {
namespace {

constexpr std::int64_t kArrivalBytes = kMaxTopKTokens * sizeof(unsigned);

template <TopKConfig Config>
void run(const TopKParams& p, Stream stream) {
  static_assert(sizeof(TopKSharedStorage<Config>) <= kSm120SharedPerBlock);
  const std::int64_t chunks = topk_chunks(Config, p.logits_stride);
  TopKArgs args{.params = p};
  if (chunks > 1) {
    args.arrivals = reinterpret_cast<unsigned*>(p.workspace);
    args.candidates = reinterpret_cast<TopKCandidate*>(p.workspace + kArrivalBytes);
  }
  const LaunchShape shape{
      .grid = dim3(static_cast<unsigned>(chunks), static_cast<unsigned>(p.tokens)),
      .block = dim3(Config.threads),
      .shared_bytes = sizeof(TopKSharedStorage<Config>),
      .least_shared_bytes = spreading_shared_bytes(chunks * p.tokens, device_limits())};
  launch(topk_kernel<Config.threads, Config.keys>, shape, stream, args);
}

Support supports_slots(const TopKParams& p) {
  if (p.slots == nullptr) return {};
  if (p.page_table == nullptr) return unsupported("page_table must be given with slots");
  if (p.page_entries < 1) {
    return unsupported("page_entries must be positive, got {}", p.page_entries);
  }
  if (p.page_table_stride * p.page_entries < p.logits_stride) {
    return unsupported("page_table_stride must hold the pages of {} logits, got {} pages of {}",
                       p.logits_stride, p.page_table_stride, p.page_entries);
  }
  return {};
}

}  // namespace

std::int64_t topk_workspace_bytes(std::int64_t tokens, std::int64_t k, std::int64_t logits_stride) {
  const std::int64_t chunks = topk_chunks(kTopKLong, logits_stride);
  if (chunks <= 1) return 0;
  return kArrivalBytes + tokens * chunks * k * static_cast<std::int64_t>(sizeof(TopKCandidate));
}

Support supports(const TopKParams& p) {
  if (p.tokens < 1 || p.tokens > kMaxTopKTokens) {
    return unsupported("tokens must be 1 to {}, got {}", kMaxTopKTokens, p.tokens);
  }
  if (p.k < 1 || p.k > kMaxTopK) return unsupported("k must be 1 to {}, got {}", kMaxTopK, p.k);
  if (p.logits_stride < 1 || p.logits_stride > kMaxTopKLogits) {
    return unsupported("logits_stride must be 1 to {}, got {}", kMaxTopKLogits, p.logits_stride);
  }
  if (p.logits == nullptr) return unsupported("logits must be given");
  if (p.entries == nullptr) return unsupported("entries must be given");
  if (p.selected == nullptr) return unsupported("selected must be given");
  if (p.workspace == nullptr && topk_workspace_bytes(p.tokens, p.k, p.logits_stride) > 0) {
    return unsupported("workspace must be given for rows of {} logits", p.logits_stride);
  }
  return supports_slots(p);
}

void launch_topk(const TopKParams& p, Stream stream) {
  require_supported("launch_topk", supports(p));
  if (pick_config(TopKProblem{.logits = p.logits_stride}, device_limits()).threads ==
      kTopKShort.threads) {
    run<kTopKShort>(p, stream);
  } else {
    run<kTopKLong>(p, stream);
  }
}

}  // namespace dscope
