// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/device/dependent_launch.cuh"
#include "kernels/sampling/join_vocab.h"

#include <algorithm>

namespace dscope {
namespace {

constexpr int kThreads = 256;

// Blocks (x over the vocabulary, y over tokens); neighbouring threads read and write neighbours.
__global__ void join_vocab_kernel(JoinVocabParams p) {
  device::wait_for_previous();
  device::allow_next();
  const std::int64_t t = blockIdx.y;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t v = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; v < p.vocab;
       v += step) {
    p.logits[t * p.vocab + v] = p.parts[(v / p.chunk * p.tokens + t) * p.chunk + v % p.chunk];
  }
}

}  // namespace

Support supports(const JoinVocabParams& p) {
  if (p.tokens < 1) return unsupported("tokens: expected at least 1, got {}", p.tokens);
  if (p.ranks < 1 || p.chunk < 1 || p.vocab < 1 || p.vocab > p.ranks * p.chunk) {
    return unsupported("vocab: expected 1 to ranks * chunk = {} * {}, got {}", p.ranks, p.chunk,
                       p.vocab);
  }
  if (p.parts == nullptr || p.logits == nullptr) return unsupported("parts or logits is null");
  return {};
}

void launch_join_vocab(const JoinVocabParams& p, Stream stream) {
  require_supported("launch_join_vocab", supports(p));
  const std::int64_t blocks = std::min<std::int64_t>(256, (p.vocab + kThreads - 1) / kThreads);
  launch(join_vocab_kernel,
         {dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(p.tokens)), dim3(kThreads)},
         stream, p);
}

}  // namespace dscope
