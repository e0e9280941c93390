// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/common/activation.h"
#include "kernels/common/support.h"
#include "kernels/cuda/stream.h"
#include "kernels/moe/expert_bank.h"
#include "workloads/checkpoint/weights.h"

#include <cstddef>
#include <cstdint>

namespace dscope {

struct MoeConfig;  // moe_config.h

// The mixture of experts. An expert is SwiGLU with clamps in front of the activation:
//   g = min(w1 . x, limit), u = clip(w3 . x, -limit, limit), h = silu(g) * u, y = w2 . h
// g and u stay in full precision, h is rounded to the activation type.
//   out[t] = sum_k weights[t, k] * expert_{ids[t, k]}(x[t]) + shared(x[t])
// Ids of -1 (owned by another rank) contribute exactly nothing and read nothing. Tokens that share
// an expert read its weights once.
template <Activation Act>
struct MoeParams {
  std::int64_t tokens = 0;             // T
  std::int64_t hidden = 0;             // d
  std::int64_t experts_per_token = 0;  // k
  const Act* x = nullptr;              // [T, d]
  const std::int32_t* ids = nullptr;   // [T, k] indices into `experts`, or -1
  const float* weights = nullptr;      // [T, k], routed_scaling included
  // The experts of this rank, sliced along I. The CPU reads `experts`, views of which those that no
  // id names may be null; the GPU reads `bank`.
  std::int64_t first_expert = 0;  // GPU only: what this rank's first expert is called in `ids`
  std::int64_t expert_count = 0;
  const ExpertWeights* const* experts = nullptr;  // [expert_count]
  ExpertBank bank;
  const ExpertWeights* shared = nullptr;  // sliced along I
  double swiglu_limit = 0;                // 0: no clamp
  bool quantise_activations = false;      // round x and h to FP8 first (`serving-a8`)
  float* routed = nullptr;         // [T, d] sum over routed experts; CPU only, between the two
  std::byte* workspace = nullptr;  // GPU only: moe_workspace_bytes()
  Act* out = nullptr;              // [T, d]
  // GPU only: [T, d], written instead of `out` where given, without rounding: a rank's part of a
  // sum.
  float* partial = nullptr;
};

// Fills p.routed.
template <Activation Act>
void reference_moe_routed(const MoeParams<Act>& p);

// out = p.routed + shared expert.
template <Activation Act>
void reference_moe_shared(const MoeParams<Act>& p);

// Both on the GPU, routed and shared in the same waves; pointers are device memory, those inside
// `shared` too. Ids outside [first_expert, first_expert + expert_count) are experts of other ranks
// and read nothing, whatever their weights are. Sums are formed in float32, in an order that the
// shapes, the ids and the device decide.
[[nodiscard]] Support supports(const MoeParams<bf16_t>& p);

// Bytes that `workspace` needs, 128-byte aligned; enough for fewer tokens too. `intermediate` is
// the larger of the routed and the shared expert's on this rank.
[[nodiscard]] std::int64_t moe_workspace_bytes(std::int64_t tokens, std::int64_t experts_per_token,
                                               std::int64_t hidden, std::int64_t intermediate);

// `config`, made of kMoeGateUpStreams and kMoeDownStreams, replaces the choice of pick_config.
void launch_moe(const MoeParams<bf16_t>& p, Stream stream, const MoeConfig* config = nullptr);

}  // namespace dscope
